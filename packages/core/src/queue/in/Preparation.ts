/** What the connector adds to a change before it is distributed, and what is to be said about it. */
import { Effect } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import * as PreviousState from "../../changes/PreviousState.js"
import type { Configuration } from "../../config/ConfigStore.js"
import type { PasswordHashes } from "../../directory/PasswordHashes.js"
import type { PluginFailed } from "../../targets/DeliveryError.js"
import type { Plugin } from "../../targets/Plugin.js"

/** With previous state and password hashes. Both are looked for by lower-case names. */
export const attach = (
  object: ListenerObject.ListenerObject,
  known: ReadonlyMap<string, PreviousState.PreviousState>,
  hashes: ReadonlyMap<string, PasswordHashes>
): ListenerObject.ListenerObject => {
  const state = known.get(object.id.toLowerCase())
  switch (object._tag) {
    case "ChangedUser":
      return { ...object, previous: userState(state), hashes: hashes.get(object.username.toLowerCase()) ?? null }
    case "RemovedUser":
      return { ...object, previous: userState(state) }
    case "ChangedGroup":
    case "RemovedGroup":
      return { ...object, previous: state !== undefined && !PreviousState.isUser(state) ? state : null }
  }
}

const userState = (state: PreviousState.PreviousState | undefined) =>
  state !== undefined && PreviousState.isUser(state) ? state : null

/** A change after the hooks of the plugins. */
export interface Hooked {
  readonly object: ListenerObject.ListenerObject
  /** Authorities that plugins find concerned. */
  readonly added: ReadonlyArray<{ readonly plugin: string; readonly authority: string }>
}

/** What plugins make of it, one after the other, and then whom they add. */
export const throughPlugins = (
  before: ListenerObject.ListenerObject,
  plugins: ReadonlyArray<Plugin>,
  configuration: Configuration
): Effect.Effect<Hooked, PluginFailed> =>
  Effect.gen(function* () {
    let object = before
    for (const { preprocess } of plugins) if (preprocess !== undefined) object = yield* preprocess(object)
    const added: Array<{ readonly plugin: string; readonly authority: string }> = []
    for (const { distribute, name: plugin } of plugins) {
      const names = distribute === undefined ? [] : yield* distribute(object, configuration)
      for (const authority of names) added.push({ plugin, authority })
    }
    return { object, added }
  })

/** Nothing wrong where the source directory is not to know anybody. */
export const noHashes = "the source directory has no password hashes of the user"

/** What is not in order about the data, though the change is accepted. */
export const problemsOf = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => {
  if (ListenerObject.isUser(object) && ListenerObject.isExamAccount(object)) return []
  if (object._tag === "RemovedUser" && object.previous === null) {
    return [
      `no previous state is known of ${object.dn} (entryUUID ${object.id}): the user can't be removed at the school authorities`
    ]
  }
  if (object._tag !== "ChangedUser") return []
  const problems: Array<string> = []
  if (object.hashes === null) problems.push(noHashes)
  const primary = ListenerObject.primarySchool(object)
  if (!primary.fromDn) {
    problems.push(
      `the school in the DN ${object.dn} is none of the user's schools: ${primary.school} is taken as the primary school`
    )
  }
  return problems
}
