/**
 * What the connector remembers of an object between two of its changes: enough to find it at the targets after its
 * identity changed, and to know which school authorities it has left. Kept in storage, keyed by entryUUID, never exposed.
 */
import { Option, Schema } from "effect"
import * as Dn from "../schools/Dn.js"

/**
 * A user's identity at the targets and the schools the user was in. The names are those of the `old_data` of listener
 * files, but for `username` and `emails`, which the Python connector does not know.
 */
export const PreviousUser = Schema.Struct({
  schools: Schema.Array(Schema.String),
  record_uid: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null, exact: true }),
  source_uid: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null, exact: true }),
  username: Schema.optionalWith(Schema.NullOr(Schema.String), { exact: true }),
  /** Addresses that belong to one account only, see `ListenerObject.emailsOf`. Missing: none are known. */
  emails: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
export type PreviousUser = typeof PreviousUser.Type

/** The member DNs that a group had, and the DNs by which a target may know it, oldest first. Missing: none are known. */
export const PreviousGroup = Schema.Struct({
  users: Schema.Array(Schema.String),
  dns: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
export type PreviousGroup = typeof PreviousGroup.Type

export const PreviousState = Schema.Union(PreviousUser, PreviousGroup)
export type PreviousState = typeof PreviousState.Type

export const isUser = (state: PreviousState): state is PreviousUser => "schools" in state

/** The state without a user among the members, by user name in any case of letters; null: the user is not among them. */
export const withoutMember = (state: PreviousState, username: string): PreviousGroup | null => {
  if (isUser(state)) return null
  const name = username.normalize("NFC").toLowerCase()
  const users = state.users.filter((dn) =>
    Option.match(Dn.firstValue(dn), { onNone: () => true, onSome: (value) => value.toLowerCase() !== name })
  )
  return users.length === state.users.length ? null : { ...state, users }
}

/** How long the state of a removed object is kept: a removal that arrives again can still be delivered. */
export const keepAfterRemoval = "7 days"
