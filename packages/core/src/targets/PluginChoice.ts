/** Which plugins are responsible: of an authority, and for an object. */
import type { ListenerObject } from "../changes/ListenerObject.js"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import type { DeletionLimit } from "./DeletionLimit.js"
import { say } from "./Findings.js"
import type { Plugin } from "./Plugin.js"

/** Objects that no plugin of an authority handles are delivered by this one. */
export const fallback = "kelvin"

/** What is to be known of a plugin to choose among several. */
type Choosable = Pick<Plugin, "name" | "handles">

/** The plugins that an authority uses: those named in `plugins`, in that order, or the fallback. Unknown names are passed over. */
export const ofAuthority = <P extends Choosable>(
  plugins: ReadonlyArray<P>,
  authority: SchoolAuthority
): ReadonlyArray<P> => {
  const named = authority.plugins.flatMap((name) => plugins.filter((plugin) => plugin.name === name))
  return named.length > 0 ? named : plugins.filter((plugin) => plugin.name === fallback)
}

/** Names in `plugins` of an authority that no plugin has. */
export const missing = (
  plugins: ReadonlyArray<Pick<Plugin, "name">>,
  authority: SchoolAuthority
): ReadonlyArray<string> => authority.plugins.filter((name) => !plugins.some((plugin) => plugin.name === name))

/** What is to be said of a name in `plugins` that no plugin has. */
export const describeMissing = (plugins: ReadonlyArray<Pick<Plugin, "name">>, name: string): string =>
  `plugins: ${say("plugin_missing", { plugin: name, known: plugins.map((plugin) => plugin.name).join(", ") }).text}`

/** The plugins of an authority that deliver an object; when none of them handles it, the fallback if it does. */
export const forObject = <P extends Choosable>(
  plugins: ReadonlyArray<P>,
  authority: SchoolAuthority,
  object: ListenerObject
): ReadonlyArray<P> => {
  const willing = ofAuthority(plugins, authority).filter((plugin) => plugin.handles(object))
  return willing.length > 0 ? willing : plugins.filter((plugin) => plugin.name === fallback && plugin.handles(object))
}

/** The most that all plugins of an authority can bear. */
export const concurrencyOf = (plugins: ReadonlyArray<Plugin>, authority: SchoolAuthority): number =>
  Math.min(...ofAuthority(plugins, authority).map((plugin) => plugin.concurrency(authority)), 32)

/** The strictest limit of all plugins of an authority, or null when none of them sets one. */
export const deletionLimitOf = (plugins: ReadonlyArray<Plugin>, authority: SchoolAuthority): DeletionLimit | null => {
  const limits = ofAuthority(plugins, authority).flatMap((plugin) => {
    const limit = plugin.deletionLimit(authority)
    return limit === null ? [] : [limit]
  })
  return limits.length === 0
    ? null
    : {
        deletions: Math.min(...limits.map(({ deletions }) => deletions)),
        percent: Math.min(...limits.map(({ percent }) => percent))
      }
}
