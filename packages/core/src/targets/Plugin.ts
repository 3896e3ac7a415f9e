/**
 * A plugin knows a kind of target. It may add authorities to the distribution, add its own preprocessing, and delivers
 * objects: `handler` is made once per authority that uses the plugin and lives as long as the authority's queue.
 */
import { Context, Effect, type Scope } from "effect"
import type { Aside } from "../changes/Aside.js"
import type { Belonging } from "../changes/Belonging.js"
import type { ListenerObject } from "../changes/ListenerObject.js"
import type { PreviousUser } from "../changes/PreviousState.js"
import type { Configuration } from "../config/ConfigStore.js"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import { type DeletionLimit, defaultDeletionLimit } from "./DeletionLimit.js"
import type { ConfigurationUnusable, DeletionHeldBack, DeliveryError } from "./DeliveryError.js"

/** What is to be brought to the target, and what is known about earlier deliveries of it. */
export interface Undelivered {
  readonly object: ListenerObject
  /** Identities the target may hold, besides the previous and the current one. */
  readonly aliases: ReadonlyArray<PreviousUser>
  /** See `DesiredState.hadValues`. */
  readonly hadValues: ReadonlyArray<string>
  /** What can't be compared with what the target has is to be sent, whatever the receipt says. */
  readonly sendAgain: boolean
  /**
   * The source UIDs of the accounts with this record UID under which other objects than this one were delivered last: null where
   * it is the connector's own. Such an account is not this object's any more.
   */
  readonly othersWith: (recordUid: string) => Effect.Effect<ReadonlyArray<string | null>>
  /** What {@link Delivered.receipt} was at the last successful delivery of this object to this authority. */
  readonly receipt: string | null
}

export interface Delivery extends Undelivered {
  /**
   * To be asked right before anything is deleted at the target, whatever for: fails when too many objects were deleted lately.
   */
  readonly mayDelete: Effect.Effect<void, DeletionHeldBack>
  /**
   * Not null: the object is not to be delivered now, but to give up what others need, if the target has it (outcome
   * `stepped aside`). It is delivered after them, found under what it has by then.
   */
  readonly aside: Aside | null
  /**
   * What the object needs and another object of the source may have at the target still, since its change could not be
   * delivered: what the target has of that is the other one's.
   */
  readonly contested: ReadonlySet<Belonging["kind"]>
}

/** What was done at the target. `absent`: it was to be removed and is not there; `ignored`: the target does not want it. */
export type Outcome = "created" | "modified" | "unchanged" | "removed" | "absent" | "ignored" | "stepped aside"

export interface Delivered {
  readonly outcome: Outcome
  /** Why, where that is not plain: `no school of the user exists at the target`. */
  readonly detail: string | null
  /** For the log: nothing that keeps the object from being delivered. */
  readonly warnings: ReadonlyArray<string>
  /** Remembered and given to the next delivery of this object. Must hold no secret. */
  readonly receipt: string | null
}

/** What a delivery would do, found out without writing anything. For people: secrets in it are masked. */
export interface Preview {
  readonly outcome: Exclude<Outcome, "stepped aside">
  /** Why, where that is not plain. */
  readonly detail: string | null
  /** The mapping that is used, and why that one; null where none is. */
  readonly mapping: { readonly name: string; readonly because: string } | null
  /** What the target is to have, by the names of its attributes. */
  readonly attributes: { readonly [attribute: string]: unknown }
  /** What differs at the target. Everything, when the object is not there. */
  readonly differences: ReadonlyArray<Difference>
  /** What would be sent, in that order. */
  readonly requests: ReadonlyArray<{ readonly method: string; readonly path: string; readonly body: unknown }>
  readonly warnings: ReadonlyArray<string>
}

export interface Difference {
  readonly attribute: string
  /** Null: nothing. */
  readonly current: unknown
  readonly wanted: unknown
}

/** Something that was found out about a target. */
export interface Finding {
  readonly severity: "ok" | "warning" | "error"
  /** What it is about: `login`, `roles`, `schools`, or a path in the configuration. */
  readonly about: string
  readonly text: string
}

export interface Handler {
  /** Asks the target for something harmless that needs a login: whether deliveries can begin. */
  readonly ping: Effect.Effect<void, DeliveryError>
  /** Brings one object to the target. Repeating it is harmless. */
  readonly deliver: (delivery: Delivery) => Effect.Effect<Delivered, DeliveryError>
  /** What {@link deliver} would do now. Writes nothing. */
  readonly preview: (undelivered: Undelivered) => Effect.Effect<Preview, DeliveryError>
  /** Looks thoroughly at whether deliveries will go well. Writes nothing. */
  readonly check: Effect.Effect<ReadonlyArray<Finding>>
}

/** What is wrong with a configuration. Texts begin with the path they are about: `plugin_configs.kelvin.mapping.users: ...`. */
export interface Findings {
  /** What keeps it from being saved. */
  readonly errors: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

export interface Plugin<R = never> {
  /** As named in `plugins` and `plugin_configs` of a school authority. */
  readonly name: string
  /**
   * Plugins that bring the same objects to the same kind of target may keep their receipts under one name, so that an authority
   * can go over from one to the other. Default: {@link name}.
   */
  readonly receipts?: string
  /** Whether objects like this one are delivered by this plugin. */
  readonly handles: (object: ListenerObject) => boolean
  /** Names of authorities that are concerned for a reason of the plugin's own. */
  readonly distribute?: (object: ListenerObject, configuration: Configuration) => Iterable<string>
  /** Changes the object before it is distributed. Called with the previous state and the password hashes attached. */
  readonly preprocess?: (object: ListenerObject) => Effect.Effect<ListenerObject, never, R>
  /** How many objects of an authority may be delivered at the same time. Default 4. */
  readonly concurrency?: (authority: SchoolAuthority) => number
  /** How many deletions an authority bears, or null for any number. Default: see `DeletionProtection`. */
  readonly deletionLimit?: (authority: SchoolAuthority) => DeletionLimit | null
  /** What is wrong with the configuration of an authority. Asked before it is saved. */
  readonly check?: (authority: SchoolAuthority) => Findings
  /** Fails when the authority's configuration can't be used. */
  readonly handler: (authority: SchoolAuthority) => Effect.Effect<Handler, ConfigurationUnusable, R | Scope.Scope>
}

/** The plugins of this connector, by name. */
export class Plugins extends Context.Tag("@id-connector/core/targets/Plugin/Plugins")<
  Plugins,
  ReadonlyArray<Plugin>
>() {}

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

/** The plugins of an authority that deliver an object; when none of them handles it, the fallback if it does. */
export const forObject = <P extends Choosable>(
  plugins: ReadonlyArray<P>,
  authority: SchoolAuthority,
  object: ListenerObject
): ReadonlyArray<P> => {
  const willing = ofAuthority(plugins, authority).filter((plugin) => plugin.handles(object))
  return willing.length > 0 ? willing : plugins.filter((plugin) => plugin.name === fallback && plugin.handles(object))
}

/** Deliveries at the same time where no plugin of the authority says another number. */
const defaultConcurrency = 4

/** The most that all plugins of an authority can bear. */
export const concurrencyOf = (plugins: ReadonlyArray<Plugin>, authority: SchoolAuthority): number =>
  Math.min(
    ...ofAuthority(plugins, authority).map((plugin) => plugin.concurrency?.(authority) ?? defaultConcurrency),
    32
  )

/** The strictest limit of all plugins of an authority, or null when none of them sets one. */
export const deletionLimitOf = (plugins: ReadonlyArray<Plugin>, authority: SchoolAuthority): DeletionLimit | null => {
  const limits = ofAuthority(plugins, authority).flatMap((plugin) => {
    const limit = plugin.deletionLimit === undefined ? defaultDeletionLimit : plugin.deletionLimit(authority)
    return limit === null ? [] : [limit]
  })
  return limits.length === 0
    ? null
    : {
        deletions: Math.min(...limits.map(({ deletions }) => deletions)),
        percent: Math.min(...limits.map(({ percent }) => percent))
      }
}

/** Gives a plugin what it needs, so that it can stand in {@link Plugins}. */
export const provide = <R>(plugin: Plugin<R>, context: Context.Context<R>): Plugin => {
  const { handler, preprocess, ...rest } = plugin
  return {
    ...rest,
    handler: (authority) =>
      Effect.mapInputContext(handler(authority), (scope: Context.Context<Scope.Scope>) =>
        Context.merge(context, scope)
      ),
    ...(preprocess === undefined
      ? {}
      : { preprocess: (object: ListenerObject) => Effect.provide(preprocess(object), context) })
  }
}
