/**
 * A plugin knows a kind of target. It may add authorities to the distribution, add its own preprocessing, and delivers
 * objects: `handler` is made once per authority that uses the plugin and lives as long as the authority's queue.
 */
import { Context, type Duration, type Effect, type Scope } from "effect"
import type { Aside } from "../changes/Aside.js"
import type { Belonging } from "../changes/Belonging.js"
import type { ListenerObject } from "../changes/ListenerObject.js"
import type { PreviousUser } from "../changes/PreviousState.js"
import type { Configuration } from "../config/ConfigStore.js"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import type { DeletionLimit } from "./DeletionLimit.js"
import type { ConfigurationUnusable, DeletionHeldBack, DeliveryError, PluginFailed } from "./DeliveryError.js"
import type { Outcome } from "./Outcomes.js"

export type { Outcome } from "./Outcomes.js"
export { type Definition, type HandlerDefinition, loadedFrom, make, provide } from "./PluginDefinition.js"

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
  /** Whether {@link Delivered.differences} is read. Where it is not, it need not be made. */
  readonly wantsDifferences: boolean
}

/** What a delivery came to. */
export interface Delivered {
  readonly outcome: Outcome
  /** Why, where that is not plain: `no school of the user exists at the target`. */
  readonly detail: string | null
  /** For the log: nothing that keeps the object from being delivered. */
  readonly warnings: ReadonlyArray<string>
  /** Remembered and given to the next delivery of this object. Must hold no secret. */
  readonly receipt: string | null
  /** Names of the attributes that were written, for the history. */
  readonly changed?: ReadonlyArray<string> | null
  /**
   * What was written, with what the target had before, for the history of a school authority that keeps values. The connector leaves
   * out what is secret or excepted, and cuts what is long.
   */
  readonly differences?: ReadonlyArray<Difference> | null
  /** Name of the mapping that was used, for the history. */
  readonly mapping?: string | null
  /** The id under which the target has the last request in its log, for the history. */
  readonly request?: string | null
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
  /** The key of the mapping that each attribute has its value from, and `udm_properties` by their own names. */
  readonly sources: { readonly [attribute: string]: string }
  /** What differs at the target. Everything, when the object is not there. */
  readonly differences: ReadonlyArray<Difference>
  /** What would be sent, in that order. */
  readonly requests: ReadonlyArray<{ readonly method: string; readonly path: string; readonly body: unknown }>
  readonly warnings: ReadonlyArray<string>
}

/** An attribute whose value at the target would change. */
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
  /** The text in a word for programs, and what stands in it. A code that is not the connector's own is one of the values of `plugin`. */
  readonly code?: string
  readonly values?: { readonly [name: string]: string }
}

/** What a plugin does for one school authority. */
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

/** Hooks that may take time. */
export type TimedHook = "preprocess" | "handler" | "ping" | "deliver" | "preview" | "check"

/** How long hooks may take; null: as long as they like. What is not named has its default: `deliver` 5 minutes, the others 60 seconds. */
export type TimeLimits = { readonly [hook in TimedHook]?: Duration.DurationInput | null }

/** A plugin as the connector uses it: {@link make} makes one. Its hooks never throw, end in time, and answer what they must. */
export interface Plugin<R = never> {
  /** As named in `plugins` and `plugin_configs` of a school authority. */
  readonly name: string
  /** The file it was loaded from; null: it is built in, or part of the program. */
  readonly origin: string | null
  /** The hooks that its author has written, by name. */
  readonly hooks: ReadonlyArray<string>
  /**
   * Plugins that bring the same objects to the same kind of target may keep their receipts under one name, so that an authority
   * can go over from one to the other. Default: {@link name}.
   */
  readonly receipts?: string
  /** Whether objects like this one are delivered by this plugin. */
  readonly handles: (object: ListenerObject) => boolean
  /** Names of authorities that are concerned for a reason of the plugin's own. */
  readonly distribute?: (
    object: ListenerObject,
    configuration: Configuration
  ) => Effect.Effect<ReadonlyArray<string>, PluginFailed>
  /** Changes the object before it is distributed. Called with the previous state and the password hashes attached. */
  readonly preprocess?: (object: ListenerObject) => Effect.Effect<ListenerObject, PluginFailed, R>
  /** What its author has written that nobody reads, mostly misspelt hooks. Default: nothing. */
  readonly mistakes?: ReadonlyArray<string>
  /** How many objects of an authority may be delivered at the same time. */
  readonly concurrency: (authority: SchoolAuthority) => number
  /** How many deletions an authority bears, or null for any number. See `DeletionProtection`. */
  readonly deletionLimit: (authority: SchoolAuthority) => DeletionLimit | null
  /** What is wrong with the configuration of an authority. Asked before it is saved. */
  readonly check: (authority: SchoolAuthority) => Findings
  /** Fails when the authority's configuration can't be used. */
  readonly handler: (
    authority: SchoolAuthority
  ) => Effect.Effect<Handler, ConfigurationUnusable | PluginFailed, R | Scope.Scope>
}

/** The plugins of this connector, by name. */
export class Plugins extends Context.Tag("@id-connector/core/targets/Plugin/Plugins")<
  Plugins,
  ReadonlyArray<Plugin>
>() {}
