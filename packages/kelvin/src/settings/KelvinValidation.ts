/**
 * What is wrong with the configuration of the Kelvin plugins at a school authority, found without asking the target. What
 * keeps deliveries from working is a warning, too: such an authority may be saved, and completed later.
 */

import * as Problems from "@id-connector/core/input/Problems"
import * as Similar from "@id-connector/core/input/Similar"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import { say } from "@id-connector/core/targets/Findings"
import type { Findings } from "@id-connector/core/targets/Plugin"
import { Either, Option, Schema } from "effect"
import * as KelvinSettings from "./KelvinSettings.js"

/** Keys that the plugin has functions of its own for. */
export interface Provided {
  readonly users: ReadonlyArray<string>
  readonly classes: ReadonlyArray<string>
}

export const check = (
  authority: SchoolAuthority,
  plugin: string,
  provided: Provided = { users: [], classes: [] }
): Findings => {
  const unusable = KelvinSettings.decodeEither(authority, plugin)
  return {
    errors: guardianProblems(authority, plugin),
    warnings: [
      ...(Either.isLeft(unusable) ? unusable.left : []),
      ...unknownKeys(authority, plugin),
      ...incomplete(authority, plugin),
      ...unused(authority, plugin, provided)
    ]
  }
}

/** What every user of the Kelvin REST API has to have. */
const requiredOfUsers = ["name", "firstname", "lastname", "school", "schools", "roles", "record_uid", "source_uid"]

const Mappings = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})
const decodeMappings = Schema.decodeUnknownOption(Mappings)

/** The mappings of a configuration that may not be checked yet. */
const mappingsOf = (authority: SchoolAuthority, plugin: string) =>
  Option.getOrNull(decodeMappings(authority.plugin_configs[plugin]?.mapping))

/**
 * Guardians are mapped for students exactly if wards are mapped for guardians: the target keeps both directions in step, and
 * would undo one-sided changes.
 */
const guardianProblems = (authority: SchoolAuthority, plugin: string): ReadonlyArray<string> => {
  const mappings = mappingsOf(authority, plugin)
  if (mappings === null) return []
  const students = mappings.users_student ?? mappings.users ?? {}
  const guardians = mappings.users_legal_guardian ?? mappings.users ?? {}
  const hasGuardians = "ucsschoolLegalGuardian" in students
  const hasWards = "ucsschoolLegalWard" in guardians
  if (hasGuardians === hasWards) return []
  const path = `plugin_configs.${plugin}.mapping`
  return [`${path}: ${say(hasGuardians ? "wards_not_mapped" : "guardians_not_mapped").text}`]
}

/** `lastname (is it meant by "lastnam"?)` */
const meantBy = (attribute: string, targets: ReadonlySet<unknown>): string => {
  const near = Similar.nearest(
    attribute,
    [...targets].filter((target) => typeof target === "string" && !requiredOfUsers.includes(target)).map(String)
  )
  return near === null ? attribute : `${attribute} (is it meant by ${JSON.stringify(near)}?)`
}

/** What the mappings lack. */
const incomplete = (authority: SchoolAuthority, plugin: string): ReadonlyArray<string> => {
  const mappings = mappingsOf(authority, plugin)
  if (mappings === null) return []
  const path = `plugin_configs.${plugin}.mapping`
  const ofUsers = Object.entries(mappings).filter(
    ([name]) => name !== "school_classes" && KelvinSettings.keys.mapping.includes(name)
  )
  const warnings = ofUsers.flatMap(([name, mapping]) => {
    const targets = new Set(Object.values(mapping))
    const missing = requiredOfUsers.filter((attribute) => !targets.has(attribute))
    const attributes = missing.map((attribute) => meantBy(attribute, targets)).join(", ")
    return missing.length === 0 ? [] : [`${path}.${name}: ${say("mapping_incomplete", { attributes }).text}`]
  })
  if (!("users" in mappings)) {
    warnings.push(`${path}.users: ${say("users_not_mapped").text}`)
  }
  if (!("school_classes" in mappings)) {
    warnings.push(`${path}.school_classes: ${say("classes_not_mapped").text}`)
  }
  return warnings
}

/** Functions that no mapping asks for. */
const unused = (authority: SchoolAuthority, plugin: string, { classes, users }: Provided): ReadonlyArray<string> => {
  const mappings = mappingsOf(authority, plugin)
  if (mappings === null) return []
  const mapped = (isMeant: (name: string) => boolean) =>
    new Set(Object.entries(mappings).flatMap(([name, mapping]) => (isMeant(name) ? Object.keys(mapping) : [])))
  const ofUsers = mapped((name) => name !== "school_classes")
  const ofClasses = mapped((name) => name === "school_classes")
  const unmapped = (where: string, key: string) =>
    `plugin_configs.${plugin}.mapping${where}: ${say("function_unused", { key }).text}`
  return [
    ...users.filter((key) => !ofUsers.has(key)).map((key) => unmapped("", key)),
    ...classes.filter((key) => !ofClasses.has(key)).map((key) => unmapped(".school_classes", key))
  ]
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Keys that nobody reads, mostly misspelt. */
const unknownKeys = (authority: SchoolAuthority, plugin: string): ReadonlyArray<string> => {
  const config = authority.plugin_configs[plugin]
  if (config === undefined) return []
  const path = `plugin_configs.${plugin}`
  return [
    ...unknownIn(path, config, KelvinSettings.keys.config),
    ...unknownIn(`${path}.mapping`, config.mapping, KelvinSettings.keys.mapping),
    ...unknownIn(`${path}.ssl_context`, config.ssl_context, KelvinSettings.keys.sslContext),
    ...unknownIn(`${path}.deletion_protection`, config.deletion_protection, KelvinSettings.keys.deletionProtection)
  ]
}

const unknownIn = (path: string, value: unknown, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  isObject(value)
    ? Object.keys(value)
        .filter((key) => !known.includes(key))
        .map((key) => `${path}.${Problems.cut(key)}: ${say("key_without_effect", { known: known.join(", ") }).text}`)
    : []
