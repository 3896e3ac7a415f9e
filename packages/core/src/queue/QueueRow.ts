/**
 * A queue item as storages hold it: plain columns, and the change itself as JSON text. Every storage that writes bytes
 * uses this form, so that one of them can read what another wrote.
 */
import { Either, Option, Redacted, Schema } from "effect"
import * as ListenerObject from "../changes/ListenerObject.js"
import { PreviousGroup, PreviousUser } from "../changes/PreviousState.js"
import { PlainPasswordHashes } from "../directory/PasswordHashes.js"
import { AuthorityName } from "../schools/SchoolAuthority.js"
import { Evidence } from "../targets/DeliveryError.js"
import type { DesiredState } from "./Coalescing.js"
import { ItemId, type ItemState, type QueueItem } from "./QueueStore.js"
import * as Reasons from "./Reasons.js"

/** The columns of a {@link DesiredState}. They hold the password hashes in clear: they are for the storage only. */
export interface DesiredStateRow {
  /** JSON text of the object in the form of a listener file. Its `old_data` and `user_passwords` do not count. */
  readonly payload: string
  /** JSON text of the oldest previous state that was not delivered, or null. */
  readonly previous: string | null
  /** JSON text of the password hashes, or null. */
  readonly hashes: string | null
  /** JSON text, or null for none. */
  readonly aliases: string | null
  /** JSON text, or null for none. */
  readonly had_values: string | null
  readonly send_again: 0 | 1
}

/** The columns of a {@link QueueItem}. */
export interface QueueRow extends DesiredStateRow {
  readonly id: number
  readonly authority: string
  readonly object_key: string
  /** See `Precedence.nameKey`. */
  readonly name: string
  readonly file: string
  readonly state: RowState
  readonly attempts: number
  readonly available_at: number
  readonly last_error: string | null
  readonly confirmed: 0 | 1
  readonly steps_aside: 0 | 1
  readonly receipt: string | null
}

/** `waiting` is three states here: `ready` may be claimed, `delayed` waits for its time, `blocked` for other items. */
export const rowStates = ["ready", "delayed", "blocked", "in_flight", "held", "dead"] as const

export type RowState = (typeof rowStates)[number]

export const itemState = (state: RowState): ItemState =>
  state === "ready" || state === "delayed" || state === "blocked" ? "waiting" : state

/** `text`: the JSON text that the object was decoded from, see `Arrival`. */
export const rowOf = (
  { aliases, hadValues, object, sendAgain }: DesiredState,
  text: string | null = null
): DesiredStateRow => ({
  payload: text ?? JSON.stringify(ListenerObject.encode({ ...object, previous: null, ...withoutHashes(object) })),
  previous: object.previous === null ? null : JSON.stringify(object.previous),
  hashes:
    object._tag === "ChangedUser" && object.hashes !== null ? JSON.stringify(Redacted.value(object.hashes)) : null,
  aliases: aliases.length === 0 ? null : JSON.stringify(aliases),
  had_values: hadValues.length === 0 ? null : JSON.stringify(hadValues),
  send_again: sendAgain ? 1 : 0
})

const withoutHashes = (object: ListenerObject.ListenerObject) => (object._tag === "ChangedUser" ? { hashes: null } : {})

/**
 * What the row holds, or why it can't be read: a disk errs, somebody edits the database, an earlier version wrote what is
 * refused today. One such row must not stop the others.
 */
export const desiredStateOf = (row: DesiredStateRow): Either.Either<DesiredState, string> =>
  Either.flatMap(
    Either.mapLeft(ListenerObject.decodeText(row.payload), ({ reasons }) => `payload: ${reasons.join("; ")}`),
    (read) =>
      Either.all({
        object: withStored(read, row),
        aliases: part("aliases", row.aliases, decodeAliases),
        hadValues: part("had_values", row.had_values, decodeNames)
      }).pipe(
        Either.map(({ aliases, hadValues, object }) => ({
          object,
          aliases: aliases ?? [],
          hadValues: hadValues ?? [],
          sendAgain: row.send_again === 1
        }))
      )
  )

/** The object with the previous state and the hashes that are stored beside it. */
const withStored = (
  object: ListenerObject.ListenerObject,
  row: DesiredStateRow
): Either.Either<ListenerObject.ListenerObject, string> => {
  switch (object._tag) {
    case "ChangedUser":
      return Either.zipWith(
        part("previous", row.previous, decodeUser),
        part("hashes", row.hashes, decodeHashes),
        (previous, hashes) => ({ ...object, previous, hashes: hashes === null ? null : Redacted.make(hashes) })
      )
    case "RemovedUser":
      return Either.map(part("previous", row.previous, decodeUser), (previous) => ({ ...object, previous }))
    case "ChangedGroup":
    case "RemovedGroup":
      return Either.map(part("previous", row.previous, decodeGroup), (previous) => ({ ...object, previous }))
  }
}

const decodeUser = Schema.decodeEither(Schema.parseJson(PreviousUser))
const decodeGroup = Schema.decodeEither(Schema.parseJson(PreviousGroup))
const decodeHashes = Schema.decodeEither(Schema.parseJson(PlainPasswordHashes))
const decodeNames = Schema.decodeEither(Schema.parseJson(Schema.Array(Schema.String)))
const decodeAliases = Schema.decodeEither(Schema.parseJson(Schema.Array(PreviousUser)))

/** A part that may be missing. What is wrong with it says its name only: the error might show password hashes. */
const part = <A>(
  name: string,
  text: string | null,
  decode: (text: string) => Either.Either<A, unknown>
): Either.Either<A | null, string> =>
  text === null ? Either.right(null) : Either.mapLeft(decode(text), () => `${name}: unexpected content`)

/** {@link desiredStateOf} of a whole row. */
export const toItem = (row: QueueRow): Either.Either<QueueItem, string> =>
  Either.mapBoth(desiredStateOf(row), {
    onLeft: unreadable,
    onRight: (desired) => ({ ...columnsOf(row), ...desired })
  })

/** {@link toItem}, to be looked at only: of one that can't be read there are its names, and why. */
export const toShownItem = (row: QueueRow): QueueItem =>
  Either.getOrElse(toItem(row), (reason) => ({ ...columnsOf(row), lastError: reason, ...standIn(row) }))

const unreadable = (reason: string): string => Reasons.say("change_unreadable", { reason }).text

/** It lacks what a listener file must have: nobody can take it for one and deliver it. */
const standIn = ({ name, object_key }: QueueRow): DesiredState => {
  const identified = {
    id: object_key.slice(object_key.indexOf(":") + 1),
    dn: "",
    options: [],
    properties: {},
    previous: null
  }
  const object: ListenerObject.ListenerObject = object_key.startsWith("group:")
    ? { _tag: "ChangedGroup", ...identified, name, members: [] }
    : {
        _tag: "ChangedUser",
        ...identified,
        username: name,
        schools: [],
        recordUid: null,
        sourceUid: null,
        roles: [],
        contextRoles: [],
        hashes: null
      }
  return { object, aliases: [], hadValues: [], sendAgain: false }
}

const columnsOf = (row: QueueRow) => ({
  // Ids and names were checked when they came in.
  id: ItemId.make(row.id, { disableValidation: true }),
  authority: AuthorityName.make(row.authority, { disableValidation: true }),
  objectKey: row.object_key,
  file: row.file,
  state: itemState(row.state),
  attempts: row.attempts,
  availableAt: row.available_at,
  lastError: row.last_error,
  receipt: row.receipt,
  confirmed: row.confirmed === 1,
  stepsAside: row.steps_aside === 1
})

/** The evidence of an attempt as JSON text. */
export const encodeEvidence = (evidence: Evidence | null): string | null =>
  evidence === null ? null : JSON.stringify(evidence)

const decodeEvidenceText = Schema.decodeOption(Schema.parseJson(Evidence))

/** None where it can't be read: the error that it belongs to is shown all the same. */
export const decodeEvidence = (text: string | null): Evidence | null =>
  text === null ? null : Option.getOrNull(decodeEvidenceText(text))
