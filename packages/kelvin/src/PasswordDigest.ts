/**
 * Password hashes can't be read back from a target. So that they are not sent each time, a keyed digest of what was last
 * delivered is kept; without the key it tells nothing about them.
 */
import type { PasswordHashes } from "@id-connector/core/PasswordHashes"
import { Context, Effect, Encoding, Layer, Redacted } from "effect"

export interface PasswordDigestShape {
  readonly of: (hashes: PasswordHashes) => Effect.Effect<string>
}

export class PasswordDigest extends Context.Tag("@id-connector/kelvin/PasswordDigest")<
  PasswordDigest,
  PasswordDigestShape
>() {}

/** HMAC-SHA-256 with a key of at least 32 random bytes. */
export const layer = (key: Redacted.Redacted<Uint8Array<ArrayBuffer>>): Layer.Layer<PasswordDigest> =>
  Layer.effect(
    PasswordDigest,
    Effect.gen(function* () {
      const algorithm = { name: "HMAC", hash: "SHA-256" }
      const subtle = globalThis.crypto.subtle
      const secret = yield* Effect.promise(() =>
        subtle.importKey("raw", Redacted.value(key), algorithm, false, ["sign"])
      )
      const utf8 = new TextEncoder()
      return {
        of: (hashes) =>
          Effect.promise(() => subtle.sign("HMAC", secret, utf8.encode(canonical(hashes)))).pipe(
            Effect.map((digest) => Encoding.encodeHex(new Uint8Array(digest)))
          )
      }
    })
  )

/** The same hashes always give the same text, in whatever order the directory listed them. */
const canonical = (hashes: PasswordHashes): string => {
  const plain = Redacted.value(hashes)
  return JSON.stringify([
    [...plain.userPassword].sort(),
    plain.sambaNTPassword,
    [...plain.krb5Key].sort(),
    plain.krb5KeyVersionNumber,
    plain.sambaPwdLastSet
  ])
}
