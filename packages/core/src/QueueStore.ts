/**
 * Where changes wait between the in queue and the targets. Written by `InQueue`, drained by `OutQueue`.
 *
 * Per authority and object there is at most one waiting item (pending changes of one object are coalesced) and at most
 * one in flight. Everything a method does is one transaction, and survives the end of the process once it returned.
 */
import { Context, type Effect, Schema } from "effect"
import type { Wish } from "./Coalescing.js"
import type { ListenerObject } from "./ListenerObject.js"
import type { PreviousState } from "./PreviousState.js"
import type { AuthorityName } from "./SchoolAuthority.js"

/** Names an item as long as it is in the store. Never used twice. */
export const ItemId = Schema.Int.pipe(Schema.brand("ItemId"))
export type ItemId = typeof ItemId.Type

/** A file of the in queue. The same name with another digest is another change. */
export interface SourceFile {
  readonly name: string
  /** Of the content. */
  readonly digest: string
}

/** What becomes of a file once its content is safe: it is removed, or moved to the trash because nobody is concerned. */
export type FileFate = "remove" | "trash"

/** One file taken over: what is remembered of its object, and who is to get it. */
export interface Arrival {
  readonly file: SourceFile
  readonly fate: FileFate
  readonly object: ListenerObject
  /** Each gets an item. May be empty. */
  readonly recipients: ReadonlyArray<AuthorityName>
  readonly remember: Remember
}

/** The previous state after this change: a new one, or the old one with an end. `at` is in milliseconds since 1970. */
export type Remember =
  | { readonly _tag: "State"; readonly state: PreviousState }
  | { readonly _tag: "ExpireAt"; readonly at: number }

/** `waiting`: due now or later; `in_flight`: claimed; `dead`: given up until somebody asks for it (dead letter). */
export type ItemState = "waiting" | "in_flight" | "dead"

/** A change on its way to one authority. */
export interface QueueItem extends Wish {
  readonly id: ItemId
  readonly authority: AuthorityName
  /** See `ListenerObject.objectKey`. */
  readonly objectKey: string
  /** Name of the file that brought the newest state. */
  readonly file: string
  readonly state: ItemState
  /** Failed attempts so far, authority-wide failures not counted. */
  readonly attempts: number
  /** Not before this time, in milliseconds since 1970; 0 for at once. */
  readonly availableAt: number
  /** Why the last attempt failed, or null. Holds no secrets. */
  readonly lastError: string | null
  /** What the plugin left at its last successful delivery of this object to this authority, or null. */
  readonly receipt: string | null
}

/** How the delivery of a claimed item ended. */
export type Settlement =
  | { readonly _tag: "Done"; readonly id: ItemId; readonly receipt: string | null }
  | { readonly _tag: "RetryAt"; readonly id: ItemId; readonly at: number; readonly error: string }
  | { readonly _tag: "Dead"; readonly id: ItemId; readonly error: string }
  /** Not tried, or not the item's fault: it waits as before. */
  | { readonly _tag: "Release"; readonly id: ItemId }

export interface Counts {
  readonly waiting: number
  readonly inFlight: number
  readonly dead: number
}

/** The storage could not do what was asked. Nothing of the call has happened. */
export class QueueStoreError extends Schema.TaggedError<QueueStoreError>()("QueueStoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `The queue storage failed at "${this.operation}": ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

type Result<A> = Effect.Effect<A, QueueStoreError>

export interface QueueStoreShape {
  /**
   * Takes files over, in the order given: remembers them as taken over, writes the previous states, and adds an item per
   * recipient. An item that waits (or is dead) for the same object is merged with the new one and keeps its place.
   * A file that is taken over already, with the same content, is left out with all it would bring.
   */
  readonly accept: (batch: ReadonlyArray<Arrival>) => Result<void>
  /** Those of `files` that were taken over before and not forgotten, with what is to become of them. */
  readonly takenOver: (files: ReadonlyArray<SourceFile>) => Result<ReadonlyMap<string, FileFate>>
  /** The names of all files that are remembered as taken over. */
  readonly takenOverNames: Result<ReadonlyArray<string>>
  /** Forgets files: they are really gone from the in queue. Unknown names are ignored. */
  readonly forget: (names: ReadonlyArray<string>) => Result<void>
  /**
   * Marks up to `limit` items as in flight and returns them: due, users before groups, each kind in the order of arrival,
   * none whose object is in flight. Groups are only given out while no user is due or in flight, since a class refers to
   * its members.
   */
  readonly claim: (authority: AuthorityName, limit: number) => Result<ReadonlyArray<QueueItem>>
  /** When the next item that waits for its time is due, in milliseconds since 1970, or null when none waits for its time. */
  readonly nextDue: (authority: AuthorityName) => Result<number | null>
  /**
   * Records how deliveries ended. Unknown ids are ignored. When a newer change of the object arrived meanwhile, that one
   * stays, merged with what was not delivered.
   */
  readonly settle: (settlements: ReadonlyArray<Settlement>) => Result<void>
  /** Makes all items in flight wait again and returns their number: for the start, when nobody can be at work on them. */
  readonly recover: Result<number>
  readonly counts: (authority: AuthorityName) => Result<Counts>
  /** Items of an authority in the order of `id`, those after `after`. */
  readonly list: (
    authority: AuthorityName,
    options: { readonly state?: ItemState; readonly after?: ItemId; readonly limit: number }
  ) => Result<ReadonlyArray<QueueItem>>
}

export class QueueStore extends Context.Tag("@id-connector/core/QueueStore")<QueueStore, QueueStoreShape>() {}
