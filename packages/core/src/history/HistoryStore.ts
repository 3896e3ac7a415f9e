/** The provisioning log, for those who ask. What is in it is written with what happens, see `HistoryOutbox`. */
import { Context, type Effect, type Option, Schema } from "effect"
import * as Sentence from "../input/Sentence.js"
import type { AuthorityName } from "../schools/SchoolAuthority.js"
import type { Audited, HistoryEntry, HistoryRecord } from "./HistoryEntry.js"
import type { RecordText } from "./RecordText.js"

/** A record and its number. Later ones have greater numbers, which are never used twice. */
export interface Numbered<A extends HistoryRecord = HistoryRecord> {
  readonly id: number
  readonly record: A
}

/** Which entries to list. What is not given does not matter. */
export interface HistoryFilter {
  /** Of one object, by its key. */
  readonly objectKey?: string
  /** User or group name at the time of the entry, without regard to case; with what else the same objects were called. */
  readonly name?: string
  readonly kind?: "user" | "group"
  readonly authority?: AuthorityName
  readonly entry?: HistoryEntry["_tag"]
  /** See `HistoryEntry.outcomeOf`. */
  readonly outcome?: string
  /** Milliseconds since 1970, both included. */
  readonly since?: number
  readonly until?: number
  /** Only those before this number. */
  readonly before?: number
  /** At most so many. */
  readonly limit: number
}

export interface AuditFilter {
  /** Name of who did it, without regard to case. */
  readonly by?: string
  /** What it was done to, or a part of that between slashes (one or several), without regard to the case of A to Z: `north` finds `North` and `North/815`. */
  readonly about?: string
  readonly since?: number
  readonly until?: number
  readonly before?: number
  readonly limit: number
}

/** What is older than this goes, in milliseconds since 1970. */
export interface Retention {
  readonly history: number
  readonly audit: number
  /** Old and new values of attributes, beside the entries of the history. */
  readonly values: number
}

/** What is said when it can't be asked. */
export const historySentences = { history_failed: 'The history failed at "{operation}": {reason}' } as const

const say = Sentence.saying(historySentences)

/** The history could not do what was asked. */
export class HistoryStoreError extends Schema.TaggedError<HistoryStoreError>()("HistoryStoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    const reason = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return say("history_failed", { operation: this.operation, reason }).text
  }
}

type Answer<A> = Effect.Effect<A, HistoryStoreError>

export interface HistoryStoreShape {
  /** Takes records over. Those whose numbers it has are left out: it may be told twice. */
  readonly add: (records: ReadonlyArray<Numbered>) => Answer<void>
  /** As `add`, of what the outbox has. Answers with the numbers of those that can't be read, which are left out. */
  readonly take: (records: ReadonlyArray<RecordText>) => Answer<ReadonlyArray<number>>
  /** The newest first. */
  readonly list: (filter: HistoryFilter) => Answer<ReadonlyArray<Numbered<HistoryEntry>>>
  readonly one: (id: number) => Answer<Option.Option<Numbered<HistoryEntry>>>
  /** The newest first. */
  readonly audit: (filter: AuditFilter) => Answer<ReadonlyArray<Numbered<Audited>>>
  /**
   * Removes at most `limit` of each kind of what is too old, and answers with the number of all. When nothing is left to remove, nothing
   * of what was is left in the files.
   */
  readonly purge: (retention: Retention, limit: number) => Answer<number>
  /**
   * Removes all about an object, so that nothing of it is left in the file, and answers with the number of entries. Its names are
   * taken out of what is told of others and of what administrators did, too: those it has in the history and those that are given, but for
   * those that another object has. Looks at everything.
   */
  readonly erase: (objectKey: string, called?: ReadonlyArray<string>) => Answer<number>
}

export class HistoryStore extends Context.Tag("@id-connector/core/history/HistoryStore")<
  HistoryStore,
  HistoryStoreShape
>() {}
