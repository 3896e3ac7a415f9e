/**
 * What is remembered of the deliveries of an object to a target: a keyed digest of its password hashes, and the names of the
 * attributes that were given a value. No values. It may be wrong: the target may have been restored from a backup.
 */
import type { Earlier, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import type { Undelivered } from "@id-connector/core/targets/Plugin"
import { Either, Schema } from "effect"

export interface Receipt {
  readonly hashes: string | null
  /** What an earlier version left in its stead, which does not say to which address they were delivered. */
  readonly hashesAnywhere: string | null
  /** Attributes and UDM properties of the target that hold a value of ours. */
  readonly given: ReadonlyArray<string>
  /** Those that held one, and were cleared. */
  readonly cleared: ReadonlyArray<string>
}

export const nothing: Receipt = { hashes: null, hashesAnywhere: null, given: [], cleared: [] }

const Names = Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })

const Stored = Schema.Struct({
  hashes: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  given: Names,
  cleared: Names
})

const decodeStored = Schema.decodeUnknownEither(Schema.parseJson(Stored))

/**
 * Reads what {@link encode} wrote. Earlier versions kept the digest alone: which attributes they gave a value is not known, so
 * these count as never delivered until they get one again.
 */
export const decode = (text: string | null): Receipt =>
  text === null
    ? nothing
    : Either.match(decodeStored(text), {
        onLeft: () => ({ ...nothing, hashesAnywhere: text }),
        onRight: (stored) => ({ ...nothing, ...stored })
      })

/** Null: there is nothing to remember. */
export const encode = ({ cleared, given, hashes }: Receipt): string | null => {
  const parts = {
    ...(hashes === null ? {} : { hashes }),
    ...(given.length === 0 ? {} : { given }),
    ...(cleared.length === 0 ? {} : { cleared })
  }
  return Object.keys(parts).length === 0 ? null : JSON.stringify(parts)
}

/**
 * What may be at the target that is to be cleared when the source has no value any more. `sendAgain`: what was cleared may be
 * there again.
 */
export const earlier = (
  { cleared, given }: Receipt,
  { hadValues, sendAgain }: Pick<Undelivered, "hadValues" | "sendAgain">
): Earlier => ({
  given: new Set(sendAgain ? [...given, ...cleared] : given),
  hadValues: new Set(hadValues)
})

/** What is to be remembered once `mapped` is at the target. What is not mapped stays there, and remembered, as it is. */
export const after = (before: Receipt, { empty, given }: Mapped, hashes: string | null): Receipt => {
  const isGiven = new Set(given)
  const isEmpty = new Set(empty)
  return {
    hashes,
    hashesAnywhere: null,
    given: [...new Set([...before.given.filter((name) => !isEmpty.has(name)), ...given])].sort(),
    cleared: [
      ...new Set(
        [...before.cleared, ...before.given.filter((name) => isEmpty.has(name))].filter((name) => !isGiven.has(name))
      )
    ].sort()
  }
}
