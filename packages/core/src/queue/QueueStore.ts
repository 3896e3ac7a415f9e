/**
 * Where changes wait between the in queue and the targets. Written by `InQueue`, drained by `OutQueue`.
 *
 * Per authority and object there is at most one waiting item (pending changes of one object are coalesced) and at most
 * one in flight. Everything a method does is one transaction, and survives the end of the process once it returned;
 * only what is accepted may share a transaction with what is accepted next.
 */
import { Context, type Effect, type Option, Schema } from "effect"
import type { Belonging } from "../changes/Belonging.js"
import type { ListenerObject } from "../changes/ListenerObject.js"
import type { PreviousState } from "../changes/PreviousState.js"
import type { Actor, HistoryEntry } from "../history/HistoryEntry.js"
import * as Sentence from "../input/Sentence.js"
import type { AuthorityName } from "../schools/SchoolAuthority.js"
import type { Evidence } from "../targets/DeliveryError.js"
import type { DesiredState } from "./Coalescing.js"

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
  /**
   * The JSON text that `object` was decoded from, where nothing but previous state and password hashes was added to it
   * since. Saves writing the object anew; null otherwise.
   */
  readonly text: string | null
  /** Each gets an item. May be empty. */
  readonly recipients: ReadonlyArray<AuthorityName>
  /** See `DesiredState.sendAgain`. */
  readonly sendAgain: boolean
  readonly remember: Remember
  /** What the history is to say of it. */
  readonly entry?: HistoryEntry
  /** What this brings may be deleted at the targets, until something newer arrives: see `QueueItem.confirmed`. Default: not. */
  readonly confirmed?: boolean
}

/**
 * The previous state after this change: a new one, the old one with an end (`at` is in milliseconds since 1970), or what it
 * was.
 */
export type Remember =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "State"; readonly state: PreviousState }
  | { readonly _tag: "ExpireAt"; readonly at: number }

/** All states of an item, in the order of an item's life. */
export const itemStates = ["waiting", "in_flight", "held", "dead"] as const

/**
 * `waiting`: due now or later; `in_flight`: claimed; `held`: a deletion that waits until somebody confirms it; `dead`:
 * given up until somebody asks for it (dead letter).
 */
export type ItemState = (typeof itemStates)[number]

/** A change on its way to one authority. */
export interface QueueItem extends DesiredState {
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
  /** Somebody confirmed that the object may be deleted at the target. */
  readonly confirmed: boolean
  /**
   * What the object has at the target is needed by others, which have what it needs itself: it is not to be delivered now,
   * but to give that up (see `Aside`).
   */
  readonly stepsAside: boolean
}

/** An item that is to be delivered now. */
export interface ClaimedItem extends QueueItem {
  /** What the object needs is with another object whose change is dead, as far as is known. */
  readonly contested: ReadonlySet<Belonging["kind"]>
}

/** A delivery that failed. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly error: string
  /** The request that failed and its answer, secrets masked; null when none was sent. */
  readonly evidence: Evidence | null
}

/** So many failed attempts of an item are kept, the newest. */
export const attemptsKept = 20

/** What the target has after a delivery: the object, or it not any more, or not (and it had not before). */
export type Result = "present" | "removed" | "absent"

/** What names a user at a target. */
export interface Account {
  readonly recordUid: string
  /** Null: the connector's own. */
  readonly sourceUid: string | null
}

/** How the delivery of a claimed item ended, and what the history is to say of it. */
export type Settlement = Ending & { readonly entry?: HistoryEntry }

export type Ending =
  | {
      readonly _tag: "Done"
      readonly id: ItemId
      readonly receipt: string | null
      readonly result: Result
      /** Of a user that is present. */
      readonly account?: Account
    }
  /** `wanted`: users the object refers to. The item is due as soon as one of them was delivered, if that is sooner. */
  | {
      readonly _tag: "RetryAt"
      readonly id: ItemId
      readonly at: number
      readonly attempt: Attempt
      readonly wanted: ReadonlyArray<string>
      /** Whether the attempt counts: false when it is not the item's fault. */
      readonly counts: boolean
    }
  | { readonly _tag: "Dead"; readonly id: ItemId; readonly attempt: Attempt }
  /** A deletion that is not to happen unless somebody confirms it. */
  | { readonly _tag: "Hold"; readonly id: ItemId; readonly reason: string }
  /** Not tried, or not the item's fault: it waits as before. */
  | { readonly _tag: "Release"; readonly id: ItemId }
  /** The object has given up what others need. It is delivered after them. */
  | { readonly _tag: "SteppedAside"; readonly id: ItemId }

export interface Counts {
  readonly waiting: number
  readonly inFlight: number
  readonly held: number
  readonly dead: number
}

export interface CountsWithDue extends Counts {
  /** See `QueueStore.due`. */
  readonly due: number
  /** The file of the oldest item that waits. Missing: none does. */
  readonly oldest?: string
}

export const noCounts: CountsWithDue = { waiting: 0, inFlight: 0, held: 0, dead: 0, due: 0 }

/** Which items to list. */
export interface Filter {
  readonly state?: ItemState
  /** User name, group name, entryUUID or object key, without regard to case, or as items show it (see `ItemSearch`). */
  readonly object?: string
  /** Only dead and held ones that have this cause, as {@link Group} has it. */
  readonly cause?: string
  /** Only those after this one. */
  readonly after?: ItemId
  /** At most so many. */
  readonly limit: number
}

/** Items to do something with. */
export type Selection =
  /** With `state` only those that are in it (still). */
  | { readonly _tag: "Ids"; readonly ids: ReadonlyArray<ItemId>; readonly state?: ItemState }
  /** The first `limit` items in this state. */
  | { readonly _tag: "InState"; readonly state: ItemState; readonly limit: number }

/** States in which items wait for somebody. */
export const statesGivenUp = ["dead", "held"] as const

export type StateGivenUp = (typeof statesGivenUp)[number]

/** Items of an authority that are dead, or held, for the same reason. Times are in milliseconds since 1970. */
export interface Group {
  readonly authority: AuthorityName
  /** See `Cause.of`. */
  readonly cause: string
  readonly items: number
  /** When the first and the last of them were given up. */
  readonly first: number
  readonly last: number
  /** The oldest of them. */
  readonly sample: ItemId
}

/** Deletions at a target, at a time in milliseconds since 1970. */
export interface Removals {
  readonly at: number
  readonly count: number
}

/** An item that another one waits for. */
export interface WaitedFor {
  readonly id: ItemId
  readonly kind: "user" | "group"
  /** In lower case. */
  readonly name: string
  readonly state: ItemState
  /** `member`: of a class; `freed`: it frees what the other one needs. */
  readonly because: "member" | "freed"
}

/** Of what an item waits for so much is told. */
export const waitsToldAtMost = 10

export interface SchoolAtAuthority {
  readonly school: string
  readonly authority: AuthorityName
}

/** A school authority that was deleted, of which something is left. */
export interface DeletedAuthority {
  /** Under this name its items are listed and discarded. No authority is called so. */
  readonly id: AuthorityName
  readonly authority: AuthorityName
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What is said when it can't be asked. */
export const queueStoreSentences = { storage_failed: 'The queue storage failed at "{operation}": {reason}' } as const

const say = Sentence.saying(queueStoreSentences)

/** The storage could not do what was asked. Nothing of the call has happened. */
export class QueueStoreError extends Schema.TaggedError<QueueStoreError>()("QueueStoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    const reason = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return say("storage_failed", { operation: this.operation, reason }).text
  }
}

type Answer<A> = Effect.Effect<A, QueueStoreError>

export interface QueueStoreShape {
  /**
   * Takes files over, in the order given: remembers them as taken over, writes the previous states, and adds an item per
   * recipient. An item that waits (or is held or dead) for the same object is merged with the new one and keeps its place.
   * A file that is taken over already, with the same content, is left out with all it would bring.
   *
   * What an item has to wait for is found here (see `Precedence`), and again whenever something is merged into it, it is given
   * back, or somebody retries it: a class for what is due or in flight of its members until that was tried, everything for items
   * that free what it needs, until they are gone or dead. Where items would wait for each other in a circle, one of them steps
   * aside instead. A removal that is held back or dead and would free the record UID is dropped: its account goes on under
   * the new user. Who waits for a user that waits for what is held back does not wait for that user any longer.
   *
   * A class that was delivered while a member had been tried in vain is delivered once more when nothing of that member is
   * pending: what a target does with a user may change the classes of the user.
   *
   * All methods see at once what was accepted. But until `flush` the end of the process may undo the last batches, in their order,
   * and a batch that fails may undo those before it: `flush` fails then.
   */
  readonly accept: (batch: ReadonlyArray<Arrival>) => Answer<void>
  /**
   * When it returns, what was accepted before survives the end of the process, and a power cut. Fails when something of it was
   * undone since the last call. It holds up nothing that is asked meanwhile.
   */
  readonly flush: Answer<void>
  /** Those of `files` that were taken over before and not forgotten, with what is to become of them. */
  readonly takenOver: (files: ReadonlyArray<SourceFile>) => Answer<ReadonlyMap<string, FileFate>>
  /** The names of all files that are remembered as taken over. */
  readonly takenOverNames: Answer<ReadonlyArray<string>>
  /** Forgets files: they are really gone from the in queue. Unknown names are ignored. Lasts as what is accepted does. */
  readonly forget: (names: ReadonlyArray<string>) => Answer<void>
  /**
   * Marks up to `limit` items as in flight and returns them, users before groups, each kind in the order of arrival: those
   * that are due, have nothing to wait for, and whose object is not in flight. While there are more users than places,
   * groups get a quarter of these (a single place goes to the older), so that neither kind holds the other back.
   */
  readonly claim: (authority: AuthorityName, limit: number) => Answer<ReadonlyArray<ClaimedItem>>
  /** When the next item that waits for its time is due, in milliseconds since 1970, or null when none waits for its time. */
  readonly nextDue: (authority: AuthorityName) => Answer<number | null>
  /**
   * Adds so many milliseconds to the times at which items are due: the clock was set forward by that, or back. And whatever is
   * due later than `latest` (milliseconds since 1970) after that, is due then: nobody can have meant that.
   */
  readonly shiftDue: (by: number, latest: number) => Answer<number>
  /**
   * Records how deliveries ended. Unknown ids are ignored. When a newer change of the object arrived meanwhile, that one
   * stays, merged with what was not delivered.
   */
  readonly settle: (settlements: ReadonlyArray<Settlement>) => Answer<void>
  /** Makes all items in flight wait again and returns their number: for the start, when nobody can be at work on them. */
  readonly recover: Answer<number>
  readonly counts: (authority: AuthorityName) => Answer<Counts>
  /** {@link counts} and {@link due} of all authorities that have items, at once. */
  readonly countsOfAll: Answer<ReadonlyMap<AuthorityName, CountsWithDue>>
  /** How many of the items that wait could be delivered now: they wait neither for their time nor for others. */
  readonly due: (authority: AuthorityName) => Answer<number>
  /** Items of an authority in the order of `id`. */
  readonly list: (authority: AuthorityName, filter: Filter) => Answer<ReadonlyArray<QueueItem>>
  /** The ids of the items that {@link list} answers with. */
  readonly ids: (authority: AuthorityName, filter: Filter) => Answer<ReadonlyArray<ItemId>>
  /**
   * What is dead, or held, by its cause, at one authority or at all that were not deleted: of the `limit` causes with the most items, the
   * one with the most first; of one cause by authority.
   */
  readonly groups: (
    state: StateGivenUp,
    options: { readonly authority?: AuthorityName; readonly limit: number }
  ) => Answer<ReadonlyArray<Group>>
  /** One item of an authority with its failed attempts, the oldest first. */
  readonly show: (
    authority: AuthorityName,
    id: ItemId
  ) => Answer<Option.Option<{ readonly item: QueueItem; readonly attempts: ReadonlyArray<Attempt> }>>
  /** What items of an authority wait for now, each at most {@link waitsToldAtMost}, in the order of ids. */
  readonly waitsFor: (
    authority: AuthorityName,
    ids: ReadonlyArray<ItemId>
  ) => Answer<ReadonlyMap<ItemId, ReadonlyArray<WaitedFor>>>
  /**
   * Makes items due at once, as if never tried, and returns their number. What is held counts as confirmed afterwards. Items
   * in flight are left alone. With `by` the history says of each item who did it.
   */
  readonly retry: (authority: AuthorityName, selection: Selection, by?: Actor) => Answer<number>
  /**
   * Removes items and returns their number. Items in flight are left alone. What waits for one of them goes on. With `by` the
   * history says of each item who did it.
   */
  readonly discard: (authority: AuthorityName, selection: Selection, by?: Actor) => Answer<number>
  /** The authorities whose queue somebody has paused. */
  readonly paused: Answer<ReadonlySet<AuthorityName>>
  /** Remembers that somebody has paused a queue, or has not. */
  readonly setPaused: (authority: AuthorityName, isPaused: boolean) => Answer<void>
  /** The deletions that were recorded since a time, oldest first. */
  readonly removals: (authority: AuthorityName, since: number) => Answer<ReadonlyArray<Removals>>
  /** The receipt of the last successful delivery of an object to an authority, or null. */
  readonly receipt: (authority: AuthorityName, objectKey: string) => Answer<string | null>
  /**
   * The source UIDs of the accounts with this record UID (without regard to case) under which other objects than this one were
   * delivered last to the authority, and not removed since.
   */
  readonly othersWith: (
    authority: AuthorityName,
    recordUid: string,
    objectKey: string
  ) => Answer<ReadonlyArray<string | null>>
  /**
   * Removes requests and answers of at most `limit` attempts that failed before a time, in milliseconds since 1970, and returns their
   * number: they hold data of people. The errors stay.
   */
  readonly ageEvidence: (before: number, limit: number) => Answer<number>
  /** How many objects were delivered to the authority and not removed since. */
  readonly holding: (authority: AuthorityName) => Answer<number>
  /**
   * How many users of schools were delivered to authorities and not removed since, for those among the next `limit` remembered
   * users after `after` (0: the first). There may be very many: ask again with `next`, until it is null.
   */
  readonly countDelivered: (
    places: ReadonlyArray<SchoolAtAuthority>,
    after: number,
    limit: number
  ) => Answer<{ readonly counts: ReadonlyArray<number>; readonly next: number | null }>
  /** Writes something of no meaning: fails when nothing can be written. */
  readonly probe: Answer<void>
  /** The authorities that have items or were paused, be they configured or not. */
  readonly authorities: Answer<ReadonlyArray<AuthorityName>>
  /**
   * From now on the authority is a new one, that has nothing of what was there under its name: no items, no pause, no receipts, no
   * counted deletions. That is {@link deleted} from now on.
   */
  readonly deleteAuthority: (authority: AuthorityName) => Answer<void>
  readonly deleted: Answer<ReadonlyArray<DeletedAuthority>>
  /**
   * Removes what is left of a deleted authority besides its items, at most `limit` things, and answers with their number. When
   * nothing is left of it, items neither, it is forgotten.
   */
  readonly clearDeleted: (id: AuthorityName, limit: number) => Answer<number>
  /** The authorities to which an object was delivered and that have not removed it since. */
  readonly holders: (objectKey: string) => Answer<ReadonlyArray<AuthorityName>>
  /** The authorities to which objects were delivered and that have not removed them since, or have an item of them. */
  readonly concerned: (objectKeys: ReadonlyArray<string>) => Answer<ReadonlyMap<string, ReadonlyArray<AuthorityName>>>
}

export class QueueStore extends Context.Tag("@id-connector/core/queue/QueueStore")<QueueStore, QueueStoreShape>() {}
