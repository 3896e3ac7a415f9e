/**
 * The password hashes of a user, as `user_passwords` of listener files holds them. They are secrets: a {@link PasswordHashes}
 * is `Redacted` from the moment it is read, and only the line that stores or sends it unwraps it.
 */
import { Redacted, Schema } from "effect"

/** `krb5Key` is base64 of the binary values; `sambaPwdLastSet` is in seconds since 1970. */
export const PlainPasswordHashes = Schema.Struct({
  userPassword: Schema.Array(Schema.String),
  sambaNTPassword: Schema.String,
  krb5Key: Schema.Array(Schema.String),
  krb5KeyVersionNumber: Schema.Int,
  sambaPwdLastSet: Schema.Int
})
export type PlainPasswordHashes = typeof PlainPasswordHashes.Type

export const PasswordHashes = Schema.Redacted(PlainPasswordHashes)
export type PasswordHashes = Redacted.Redacted<PlainPasswordHashes>

export const make = (plain: PlainPasswordHashes): PasswordHashes => Redacted.make(plain)
