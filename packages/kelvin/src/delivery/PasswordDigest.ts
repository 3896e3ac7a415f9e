// @effect-diagnostics nodeBuiltinImport:off
// Its digests are there at once. Those of the Web Crypto API come from another thread, a turn of the event loop later.
/**
 * Password hashes can't be read back from a target. So that they are not sent each time, a keyed digest of what was last
 * delivered is kept; without the key it tells nothing about them. The target's address is part of it: another address may be
 * another target, which has not got them.
 */
import { createHmac, createSecretKey } from "node:crypto"
import type { PasswordHashes } from "@id-connector/core/directory/PasswordHashes"
import { Context, Effect, Layer, Redacted } from "effect"

export interface PasswordDigestShape {
  /** `address`: of the target that they are delivered to. Null: as earlier versions did, whatever the target. */
  readonly of: (hashes: PasswordHashes, address: string | null) => Effect.Effect<string>
}

export class PasswordDigest extends Context.Tag("@id-connector/kelvin/delivery/PasswordDigest")<
  PasswordDigest,
  PasswordDigestShape
>() {}

/** HMAC-SHA-256 with a key of at least 32 random bytes. */
export const layer = (key: Redacted.Redacted<Uint8Array<ArrayBuffer>>): Layer.Layer<PasswordDigest> =>
  Layer.sync(PasswordDigest, () => {
    const secret = createSecretKey(Redacted.value(key))
    return {
      of: (hashes, address) =>
        Effect.sync(() => createHmac("sha256", secret).update(canonical(hashes, address)).digest("hex"))
    }
  })

/** The same hashes always give the same text, in whatever order the directory listed them. */
const canonical = (hashes: PasswordHashes, address: string | null): string => {
  const plain = Redacted.value(hashes)
  return JSON.stringify([
    [...plain.userPassword].sort(),
    plain.sambaNTPassword,
    [...plain.krb5Key].sort(),
    plain.krb5KeyVersionNumber,
    plain.sambaPwdLastSet,
    ...(address === null ? [] : [address])
  ])
}
