/** Turns listener files into what the storage takes over: previous state and hashes attached, preprocessed, distributed. */
import { Clock, Duration, Effect } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import * as PreviousState from "../../changes/PreviousState.js"
import type { Configuration } from "../../config/ConfigStore.js"
import { Directory } from "../../directory/Directory.js"
import { type ConnectorEvent, subjectOf } from "../../events/ConnectorEvent.js"
import type { HistoryEntry } from "../../history/HistoryEntry.js"
import { KeepsHistory } from "../../history/HistoryOutbox.js"
import * as Distribution from "../../mapping/Distribution.js"
import { SourceDomain } from "../../schools/SourceDomain.js"
import { PreviousStateStore } from "../PreviousStateStore.js"
import { type Arrival, QueueStore, type Remember, type SourceFile } from "../QueueStore.js"
import type { Change, PluginHooks } from "./PluginHooks.js"
import * as Preparation from "./Preparation.js"
import type { Bad, Good } from "./Reading.js"

/** In the order of the files: a later change of a batch has the state after an earlier one as its previous state. */
export const make = Effect.fnUntraced(function* (hooks: PluginHooks) {
  const states = yield* PreviousStateStore
  const store = yield* QueueStore
  const directory = yield* Directory
  const { layout } = yield* SourceDomain
  const keepsHistory = yield* KeepsHistory

  /** `scheduled`: by entryUUID in lower case. */
  return Effect.fnUntraced(function* (
    good: ReadonlyArray<Good>,
    configuration: Configuration,
    scheduled: ReadonlyMap<string, unknown>
  ) {
    const now = yield* Clock.currentTimeMillis
    const fresh = good.filter(({ file }) => !isPreprocessed(file))
    const known = new Map(yield* states.get([...new Set(fresh.map(({ object }) => object.id.toLowerCase()))]))
    const usernames = fresh.flatMap(({ object }) => (object._tag === "ChangedUser" ? [object.username] : []))
    const hashes = usernames.length === 0 ? new Map() : yield* directory.passwordHashes([...new Set(usernames)])
    const authorities = Distribution.byName(configuration.authorities)
    const removed = good.flatMap(({ object }) => (isRemoved(object) ? [ListenerObject.objectKey(object)] : []))
    const concerned = removed.length === 0 ? new Map<string, never>() : yield* store.concerned([...new Set(removed)])
    const arrivals: Array<Arrival> = []
    const bad: Array<Bad> = []
    const events: Array<ConnectorEvent> = []
    const changes: Array<Change & { readonly text: string; readonly remember: Remember }> = []
    for (const { file, object: read, text } of good) {
      const attached = isPreprocessed(file) ? read : Preparation.attach(read, known, hashes)
      if (attached._tag === "RemovedUser" && attached.former !== null && attached.previous === null) {
        bad.push({ _tag: "Bad", name: file.name, reasons: attached.former })
        continue
      }
      const remember = rememberOf(attached, now)
      if (remember._tag === "State") known.set(attached.id.toLowerCase(), remember.state)
      changes.push({ file, object: attached, text, remember })
    }
    const seen = yield* hooks.see(changes, configuration)
    for (const { file, object: attached, remember, text } of changes) {
      const hooked = seen.changes.get(file.name)
      if (hooked === undefined) continue
      const { added, object } = hooked
      const distribution = Distribution.distribute(object, {
        authorities,
        mapping: configuration.mapping,
        layout,
        added,
        concerned: concerned.get(ListenerObject.objectKey(object)) ?? []
      })
      const recipients = distribution.recipients.map(({ authority }) => authority)
      arrivals.push({
        file,
        fate: recipients.length === 0 ? "trash" : "remove",
        object,
        text: object === attached ? text : null,
        recipients,
        sendAgain: scheduled.has(object.id.toLowerCase()),
        remember,
        ...(keepsHistory ? { entry: entryOf(file, object, distribution, now) } : {})
      })
      events.push(...eventsOf(file, object, distribution))
    }
    return { arrivals, bad, events, heldBack: seen.heldBack }
  })
})

/** Files that the Python connector has preprocessed are taken as they are. */
const isPreprocessed = (file: SourceFile): boolean => file.name.endsWith("_ready.json")

const keepAfterRemoval = Duration.toMillis(PreviousState.keepAfterRemoval)

const isRemoved = ({ _tag }: ListenerObject.ListenerObject): boolean =>
  _tag === "RemovedUser" || _tag === "RemovedGroup"

const rememberOf = (object: ListenerObject.ListenerObject, now: number): Remember => {
  // Its end must not end the pupil whose record UID it has.
  if (ListenerObject.isUser(object) && ListenerObject.isExamAccount(object)) return { _tag: "Nothing" }
  switch (object._tag) {
    case "ChangedUser":
      return { _tag: "State", state: ListenerObject.userState(object) }
    case "ChangedGroup":
      return { _tag: "State", state: ListenerObject.groupState(object) }
    case "RemovedUser":
    case "RemovedGroup":
      return { _tag: "ExpireAt", at: now + keepAfterRemoval }
  }
}

const changeOf = ({ _tag }: ListenerObject.ListenerObject) =>
  _tag === "ChangedUser" || _tag === "ChangedGroup" ? "changed" : "removed"

const entryOf = (
  { name: file }: SourceFile,
  object: ListenerObject.ListenerObject,
  { ignored, recipients }: Distribution.Distribution,
  at: number
): HistoryEntry => ({
  _tag: "Decided",
  at,
  ...subjectOf(object),
  objectKey: ListenerObject.objectKey(object),
  file,
  change: changeOf(object),
  recipients,
  ignored
})

const eventsOf = (
  { name: file }: SourceFile,
  object: ListenerObject.ListenerObject,
  distribution: Distribution.Distribution
): ReadonlyArray<ConnectorEvent> => {
  const subject = subjectOf(object)
  return [
    ...Preparation.problemsOf(object).map((problem) => ({ _tag: "DataProblem", file, subject, problem }) as const),
    { _tag: "ChangeAccepted", file, subject, change: changeOf(object), distribution }
  ]
}
