/**
 * What a change would lead to if it came now: which school authorities are concerned and why, and what would be sent to each.
 * Takes the ways of a real change, from the preprocessing to the plugins, and writes nothing anywhere.
 */
import { Effect, Either, Option, Schema } from "effect"
import * as ListenerObject from "./changes/ListenerObject.js"
import { ConfigStore } from "./config/ConfigStore.js"
import { Directory, ObjectUnknown } from "./directory/Directory.js"
import * as Distribution from "./mapping/Distribution.js"
import * as Coalescing from "./queue/Coalescing.js"
import * as Preparation from "./queue/in/Preparation.js"
import * as Receipts from "./queue/out/Receipts.js"
import { PreviousStateStore } from "./queue/PreviousStateStore.js"
import { QueueStore } from "./queue/QueueStore.js"
import { persistently } from "./queue/Supervision.js"
import type { AuthorityName, SchoolAuthority } from "./schools/SchoolAuthority.js"
import { SourceDomain } from "./schools/SourceDomain.js"
import * as Plugin from "./targets/Plugin.js"
import * as PluginChoice from "./targets/PluginChoice.js"

/** What a plugin would do, or why it could not. */
export interface PluginPreview {
  readonly plugin: string
  readonly result: Either.Either<Plugin.Preview, string>
}

/** What the change would lead to at one school authority. */
export interface AuthorityPreview {
  readonly authority: AuthorityName
  readonly active: boolean
  /** Why the authority is concerned; empty when it is not. */
  readonly because: ReadonlyArray<string>
  /** The same as values. */
  readonly reasons: ReadonlyArray<Distribution.Because>
  /** An undelivered change of the object waits there already: the two would be delivered as one. */
  readonly isWaiting: boolean
  readonly plugins: ReadonlyArray<PluginPreview>
}

export interface Preview {
  /** After preprocessing. */
  readonly object: ListenerObject.ListenerObject
  /** What is not in order about the data. */
  readonly problems: ReadonlyArray<string>
  /** What would have made an authority concerned, and does not. */
  readonly ignored: ReadonlyArray<string>
  /** The same as values. */
  readonly ignoredReasons: ReadonlyArray<Distribution.Ignored>
  /** All that are configured, by name. */
  readonly authorities: ReadonlyArray<AuthorityPreview>
}

/** What the directory says cannot be a listener object. */
export class ObjectUnfit extends Schema.TaggedError<ObjectUnfit>()("ObjectUnfit", {
  reasons: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.reasons.join("; ")
  }
}

/** The object of that name as the source directory has it now. */
export const lookUp = (kind: "user" | "group", name: string) =>
  Effect.gen(function* () {
    const directory = yield* Directory
    const found = yield* directory.listenerObject(kind, name)
    if (Option.isNone(found)) return yield* new ObjectUnknown({ kind, name })
    return yield* Either.mapLeft(ListenerObject.decode(found.value), (reasons) => new ObjectUnfit({ reasons }))
  })

/** `only`: ask no other authority's target. */
export const preview = Effect.fn("Preview.preview")(function* (
  read: ListenerObject.ListenerObject,
  only: string | null = null
) {
  const configuration = yield* (yield* ConfigStore).current
  const plugins = yield* Plugin.Plugins
  const { layout } = yield* SourceDomain
  const states = yield* (yield* PreviousStateStore).get([read.id.toLowerCase()])
  const hashes =
    read._tag === "ChangedUser" ? yield* (yield* Directory).passwordHashes([read.username]) : new Map<string, never>()
  const attached = Preparation.attach(read, states, hashes)
  const { added, object } = yield* Preparation.throughPlugins(attached, plugins, configuration)
  const concerned = yield* (yield* QueueStore).concerned([ListenerObject.objectKey(object)])
  const { ignored, recipients } = Distribution.distribute(object, {
    authorities: Distribution.byName(configuration.authorities),
    mapping: configuration.mapping,
    layout,
    added,
    concerned: concerned.get(ListenerObject.objectKey(object)) ?? []
  })
  const result: Preview = {
    object,
    problems: Preparation.problemsOf(object),
    ignored: ignored.map(Distribution.describeIgnored),
    ignoredReasons: ignored,
    authorities: yield* Effect.forEach(
      configuration.authorities,
      (authority) => {
        const because = recipients.find((recipient) => recipient.authority === authority.name)?.because ?? []
        const isAsked = because.length > 0 && (only === null || only === authority.name)
        return Effect.map(
          isAsked ? atTarget(authority, object) : Effect.succeed({ isWaiting: false, plugins: [] }),
          (there): AuthorityPreview => ({
            authority: authority.name,
            active: authority.active,
            because: because.map(Distribution.describeBecause),
            reasons: because,
            ...there
          })
        )
      },
      { concurrency: 4 }
    )
  }
  return result
})

/** What its plugins would do at the target of an authority, on connections of their own. */
const atTarget = (authority: SchoolAuthority, object: ListenerObject.ListenerObject) =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const key = ListenerObject.objectKey(object)
    const [waiting] = yield* store.list(authority.name, { object: key, limit: 1 })
    const single = Coalescing.single(object)
    const desired = waiting === undefined ? single : Coalescing.merge(waiting, single)
    const othersWith = (recordUid: string) => persistently(store.othersWith(authority.name, recordUid, key))
    const receipts = Receipts.decode(yield* store.receipt(authority.name, key))
    const plugins = yield* Effect.forEach(
      PluginChoice.forObject(yield* Plugin.Plugins, authority, desired.object),
      (plugin): Effect.Effect<PluginPreview> =>
        Effect.scoped(
          Effect.flatMap(plugin.handler(authority), (handler) =>
            handler.preview({ ...desired, othersWith, receipt: Receipts.of(receipts, plugin) })
          )
        ).pipe(
          Effect.mapError(({ message }) => message),
          Effect.either,
          Effect.map((result) => ({ plugin: plugin.name, result }))
        )
    )
    return { isWaiting: waiting !== undefined, plugins }
  })
