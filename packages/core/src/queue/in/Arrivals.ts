/** Turns listener files into what the storage takes over: previous state and hashes attached, preprocessed, distributed. */
import { Clock, Duration, Effect } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import * as PreviousState from "../../changes/PreviousState.js"
import type { Configuration } from "../../config/ConfigStore.js"
import { Directory } from "../../directory/Directory.js"
import { type ConnectorEvent, subjectOf } from "../../events/ConnectorEvent.js"
import * as Distribution from "../../mapping/Distribution.js"
import { SourceDomain } from "../../schools/SourceDomain.js"
import { Plugins } from "../../targets/Plugin.js"
import { PreviousStateStore } from "../PreviousStateStore.js"
import type { Arrival, Remember, SourceFile } from "../QueueStore.js"
import * as Preparation from "./Preparation.js"
import type { Good } from "./Reading.js"

/** In the order of the files: a later change of a batch has the state after an earlier one as its previous state. */
export const make = Effect.gen(function* () {
  const states = yield* PreviousStateStore
  const directory = yield* Directory
  const plugins = yield* Plugins
  const { layout } = yield* SourceDomain
  const preprocessing = plugins.filter((plugin) => plugin.preprocess !== undefined)

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
    const arrivals: Array<Arrival> = []
    const events: Array<ConnectorEvent> = []
    for (const { file, object: read, text } of good) {
      const attached = isPreprocessed(file) ? read : Preparation.attach(read, known, hashes)
      const remember = rememberOf(attached, now)
      if (remember._tag === "State") known.set(attached.id.toLowerCase(), remember.state)
      const object = preprocessing.length === 0 ? attached : yield* Preparation.preprocess(attached, preprocessing)
      const distribution = Distribution.distribute(object, {
        authorities,
        mapping: configuration.mapping,
        layout,
        added: Preparation.addedByPlugins(object, plugins, configuration)
      })
      const recipients = distribution.recipients.map(({ authority }) => authority)
      arrivals.push({
        file,
        fate: recipients.length === 0 ? "trash" : "remove",
        object,
        text: object === attached ? text : null,
        recipients,
        sendAgain: scheduled.has(object.id.toLowerCase()),
        remember
      })
      events.push(...eventsOf(file, object, distribution))
    }
    return { arrivals, events }
  })
})

/** Files that the Python connector has preprocessed are taken as they are. */
const isPreprocessed = (file: SourceFile): boolean => file.name.endsWith("_ready.json")

const keepAfterRemoval = Duration.toMillis(PreviousState.keepAfterRemoval)

const rememberOf = (object: ListenerObject.ListenerObject, now: number): Remember => {
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

const eventsOf = (
  { name: file }: SourceFile,
  object: ListenerObject.ListenerObject,
  distribution: Distribution.Distribution
): ReadonlyArray<ConnectorEvent> => {
  const subject = subjectOf(object)
  const change = object._tag === "ChangedUser" || object._tag === "ChangedGroup" ? "changed" : "removed"
  return [
    ...Preparation.problemsOf(object).map((problem) => ({ _tag: "DataProblem", file, subject, problem }) as const),
    { _tag: "ChangeAccepted", file, subject, change, distribution }
  ]
}
