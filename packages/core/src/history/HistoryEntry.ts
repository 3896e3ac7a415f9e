/**
 * What happened to a change, for people who ask later: who got what, when and why, and who did not. Names of attributes; values only
 * where a school authority has switched them on, see `HistoryRules`.
 *
 * One `Decided` per change that was accepted. Per authority one `Delivered`, or `Failed` for the first failure and for each that has
 * another reason than the one before, then `GivenUp` or `Held`. `Acted`: what an administrator did to an item.
 */
import { Schema } from "effect"
import { Because, Ignored } from "../mapping/Distribution.js"
import { AuthorityName } from "../schools/SchoolAuthority.js"
import { outcomes } from "../targets/Outcomes.js"
import { ChangedValue } from "./ChangedValues.js"

/** Who did something, and from where. */
export const Actor = Schema.Struct({
  /**
   * User name; `id-connector COMMAND (USER)` for a command that works on the files, with the user of the operating system; `file`
   * for what was changed by hand, nobody knows by whom.
   */
  name: Schema.String,
  /** IP address; null: on the connector's own machine. */
  address: Schema.NullOr(Schema.String)
})
export type Actor = typeof Actor.Type

/** Of every entry about an object. */
const subject = {
  /** Milliseconds since 1970. */
  at: Schema.Number,
  kind: Schema.Literal("user", "group"),
  /** See `ListenerObject.objectKey`. */
  objectKey: Schema.String,
  /** User name or name of the group, at that time. */
  name: Schema.String,
  /** The listener file that brought the newest state. */
  file: Schema.String
}

/** Of every entry about an item of an out queue. */
const item = { ...subject, authority: AuthorityName, item: Schema.Int }

/** The id under which a target has the last request in its log (`X-Request-ID`); null: none was sent, or it has none. */
const request = Schema.NullOr(Schema.String)

/** A change was accepted, and who is to get it. */
export const Decided = Schema.TaggedStruct("Decided", {
  ...subject,
  change: Schema.Literal("changed", "removed"),
  recipients: Schema.Array(Schema.Struct({ authority: AuthorityName, because: Schema.Array(Because) })),
  ignored: Schema.Array(Ignored)
})
export type Decided = typeof Decided.Type

export const Delivered = Schema.TaggedStruct("Delivered", {
  ...item,
  outcome: Schema.Literal(...outcomes),
  detail: Schema.NullOr(Schema.String),
  /** Name of the mapping that was used, where the plugin says so. */
  mapping: Schema.NullOr(Schema.String),
  /** Names of the attributes that were written, as the target has them; null: the plugin does not say. */
  changed: Schema.NullOr(Schema.Array(Schema.String)),
  /** Old and new values of these. Missing: they are not kept, or not any more. */
  values: Schema.optionalWith(Schema.Array(ChangedValue), { exact: true }),
  warnings: Schema.Array(Schema.String),
  /** With this one. */
  attempts: Schema.Int,
  /** From the beginning of this attempt to its end. */
  millis: Schema.Number,
  request
})
export type Delivered = typeof Delivered.Type

export const Failed = Schema.TaggedStruct("Failed", {
  ...item,
  attempt: Schema.Int,
  reason: Schema.String,
  /** When it is tried again, in milliseconds since 1970. */
  until: Schema.Number,
  request
})
export type Failed = typeof Failed.Type

/** It is a dead letter. */
export const GivenUp = Schema.TaggedStruct("GivenUp", { ...item, attempt: Schema.Int, reason: Schema.String, request })
export type GivenUp = typeof GivenUp.Type

/** A deletion that waits until somebody confirms it. */
export const Held = Schema.TaggedStruct("Held", { ...item, reason: Schema.String })
export type Held = typeof Held.Type

/** What administrators can do to an item. */
export const actions = ["retried", "confirmed", "discarded"] as const

export const Acted = Schema.TaggedStruct("Acted", { ...item, action: Schema.Literal(...actions), by: Actor })
export type Acted = typeof Acted.Type

export const HistoryEntry = Schema.Union(Decided, Delivered, Failed, GivenUp, Held, Acted)
export type HistoryEntry = typeof HistoryEntry.Type

/** Something that was done by API, command or file: by whom, what, and how it ended. Kept apart from the history. */
export const Audited = Schema.TaggedStruct("Audited", {
  at: Schema.Number,
  by: Actor,
  /** What was done: `authorities.create`, `queues.pause`, `trash.clean`, `file.mapping_changed`. */
  action: Schema.String,
  /** What it was done to: an authority, an item, a user, a file; null: nothing by name. */
  subject: Schema.NullOr(Schema.String),
  /** HTTP status of the answer; null: no request. */
  status: Schema.NullOr(Schema.Int),
  /** The id of the request, as in the log and in `X-Request-ID` of its answer. */
  request
})
export type Audited = typeof Audited.Type

/** What is written down. */
export const HistoryRecord = Schema.Union(HistoryEntry, Audited)
export type HistoryRecord = typeof HistoryRecord.Type

/** How an entry ended, in a word that can be searched for. */
export const outcomeOf = (entry: HistoryEntry): string => {
  switch (entry._tag) {
    case "Decided":
      return entry.change
    case "Delivered":
      return entry.outcome
    case "Failed":
      return "failed"
    case "GivenUp":
      return "dead"
    case "Held":
      return "held"
    case "Acted":
      return entry.action
  }
}

/** All that {@link outcomeOf} can answer. */
export const searchable = ["changed", ...outcomes, "failed", "dead", "held", ...actions] as const
