/**
 * Plugins have a look at changes before these are distributed. A hook that fails, or takes its time, holds back the files of that
 * object, in their order; those of other objects go on.
 */
import { Array as Arr, Duration, Effect, Fiber } from "effect"
import * as ListenerObject from "../../changes/ListenerObject.js"
import type { Configuration } from "../../config/ConfigStore.js"
import { subjectOf } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import type { PluginFailed } from "../../targets/DeliveryError.js"
import { Plugins } from "../../targets/Plugin.js"
import * as MonotonicClock from "../MonotonicClock.js"
import type { SourceFile } from "../QueueStore.js"
import * as Reasons from "../Reasons.js"
import * as Preparation from "./Preparation.js"

/** A change that the hooks are to see. */
export interface Change {
  readonly file: SourceFile
  readonly object: ListenerObject.ListenerObject
}

/** A file that stays until the plugin is well again. */
export interface HeldBack {
  readonly name: string
  readonly reason: string
}

export interface Seen {
  /** What became of each change that goes on, by the name of its file. */
  readonly changes: ReadonlyMap<string, Preparation.Hooked>
  readonly heldBack: ReadonlyArray<HeldBack>
}

export interface PluginHooks {
  /** Of changes in their order. */
  readonly see: (changes: ReadonlyArray<Change>, configuration: Configuration) => Effect.Effect<Seen>
  /** In so many milliseconds a change that is held back is to be looked at again; null: none is. */
  readonly again: Effect.Effect<number | null>
}

/** Others wait so long at most for hooks that take their time. */
const patience = Duration.seconds(1)

/** What is still at work is looked at again after so many milliseconds. */
const atWorkAgain = 1_000

/** Between two tries of the same object, in milliseconds: doubles up to ten minutes. */
const backOff = (failures: number): number => Math.min(600_000, 5_000 * 2 ** Math.min(failures - 1, 20))

/** Objects at the same time. */
const concurrency = 64

/** What is known of an object whose files are held back. */
interface Held {
  readonly failures: number
  readonly reason: string
  /** Monotonic, in milliseconds; null: its hooks are at work. */
  readonly until: number | null
}

const versionOf = ({ digest, name }: SourceFile): string => `${digest} ${name}`

/** To be made in a scope: hooks that are at work when it closes are interrupted. */
export const make = Effect.gen(function* () {
  const plugins = yield* Plugins
  const events = yield* Events
  const scope = yield* Effect.scope
  const hasHooks = plugins.some(({ distribute, preprocess }) => distribute !== undefined || preprocess !== undefined)
  const held = new Map<string, Held>()
  /** Of files whose hooks have ended: they are asked for once. */
  const done = new Map<string, Preparation.Hooked>()

  const failed = (key: string, { file, object }: Change, { message }: PluginFailed) =>
    Effect.gen(function* () {
      const failures = (held.get(key)?.failures ?? 0) + 1
      const after = backOff(failures)
      held.set(key, { failures, reason: message, until: (yield* MonotonicClock.currentTimeMillis) + after })
      yield* events.publish({
        _tag: "FileHeldBack",
        file: file.name,
        subject: subjectOf(object),
        reason: message,
        after
      })
    })

  /** The changes of one object, one after the other, until a hook fails. */
  const ofObject = (key: string, changes: ReadonlyArray<Change>, configuration: Configuration) =>
    Effect.gen(function* () {
      for (const change of changes) {
        const version = versionOf(change.file)
        if (done.has(version)) continue
        const hooked = yield* Effect.either(Preparation.throughPlugins(change.object, plugins, configuration))
        if (hooked._tag === "Left") return yield* failed(key, change, hooked.left)
        done.set(version, hooked.right)
      }
      held.delete(key)
    })

  const see = (changes: ReadonlyArray<Change>, configuration: Configuration) =>
    Effect.gen(function* () {
      const byObject = Object.entries(Arr.groupBy(changes, ({ object }) => ListenerObject.objectKey(object)))
      const now = yield* MonotonicClock.currentTimeMillis
      const mayBegin = (key: string) => {
        const known = held.get(key)
        return known === undefined || (known.until !== null && known.until <= now)
      }
      const due = byObject.filter(([key]) => mayBegin(key))
      for (const [key] of due) {
        const before = held.get(key)
        held.set(key, {
          failures: before?.failures ?? 0,
          reason: before?.reason ?? Reasons.say("plugin_at_work").text,
          until: null
        })
      }
      const work = Effect.forEach(due, ([key, its]) => ofObject(key, its, configuration), {
        concurrency,
        discard: true
      })
      yield* Effect.timeoutOption(Fiber.await(yield* Effect.forkIn(work, scope)), patience)
      const passed = new Map<string, Preparation.Hooked>()
      const heldBack: Array<HeldBack> = []
      for (const [key, its] of byObject) {
        for (const { file } of its) {
          const version = versionOf(file)
          const hooked = done.get(version)
          if (hooked === undefined) heldBack.push({ name: file.name, reason: held.get(key)?.reason ?? "" })
          else passed.set(file.name, hooked)
          done.delete(version)
        }
      }
      return { changes: passed, heldBack }
    })

  const nothing = ({ object }: Change): Preparation.Hooked => ({ object, added: [] })

  const hooks: PluginHooks = {
    see: hasHooks
      ? see
      : (changes) =>
          Effect.succeed({ changes: new Map(changes.map((one) => [one.file.name, nothing(one)])), heldBack: [] }),
    again: Effect.map(MonotonicClock.currentTimeMillis, (now) => {
      const times = [...held.values()].map(({ until }) => (until === null ? atWorkAgain : Math.max(1, until - now)))
      return times.length === 0 ? null : Math.min(...times)
    })
  }
  return hooks
})
