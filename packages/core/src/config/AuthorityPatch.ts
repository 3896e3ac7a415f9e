/**
 * Changes of a school authority as they come from outside: objects are merged deep, lists are replaced, and what is missing or
 * null stays as it was. A secret that comes back masked stays as it was, too.
 */
import { Redacted, Schema } from "effect"
import { mask, originOf, type PluginConfig, SchoolAuthority, secretKeys } from "../schools/SchoolAuthority.js"

const encode = Schema.encodeSync(SchoolAuthority)

type Json = { readonly [key: string]: unknown }

/** The authority as its file has it, secrets in clear: never show it. */
export const toFile = (authority: SchoolAuthority): Json => encode(authority)

/** The authority as people may see it. */
export const masked = (authority: SchoolAuthority): typeof SchoolAuthority.Encoded => ({
  ...authority,
  plugin_configs: Object.fromEntries(
    Object.entries(authority.plugin_configs).map(([plugin, config]) => [plugin, maskedConfig(config)])
  )
})

const maskedConfig = (config: PluginConfig): PluginConfig =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      secretKeys.has(key) && (Redacted.isRedacted(value) || (value !== null && value !== undefined)) ? mask : value
    ])
  )

/** What the authority's file is to be after a patch. It is not checked yet. */
export const apply = (authority: SchoolAuthority, patch: Json): Json => merge(toFile(authority), patch)

/**
 * The secrets that a patch has to give again, as paths: all that are stored, when it leads to another server. They were meant for
 * the old one, and whoever may change the URL need not know them.
 */
export const secretsToGiveAgain = (authority: SchoolAuthority, patch: Json): ReadonlyArray<string> => {
  const origin = typeof patch.url === "string" ? originOf(patch.url) : null
  if (origin === null || origin === originOf(authority.url)) return []
  return Object.entries(authority.plugin_configs).flatMap(([plugin, config]) =>
    Object.entries(config)
      .filter(([key, value]) => secretKeys.has(key) && value !== null && value !== undefined)
      .filter(([key]) => !isGiven(at(at(at(patch, "plugin_configs"), plugin), key)))
      .map(([key]) => `plugin_configs.${plugin}.${key}`)
  )
}

const isGiven = (value: unknown) => value !== null && value !== undefined && value !== mask

const at = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const merge = (old: Json, patch: Json): Json => {
  const merged = new Map(Object.entries(old))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) continue
    if (secretKeys.has(key) && value === mask && merged.has(key)) continue
    const before = merged.get(key)
    merged.set(key, isObject(value) ? merge(isObject(before) ? before : {}, value) : value)
  }
  // From entries a key like __proto__ is a key like any other.
  return Object.fromEntries(merged)
}
