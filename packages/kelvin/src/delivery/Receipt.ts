/**
 * What is remembered of the deliveries of an object to a target: a keyed digest of its password hashes, and the names of the
 * attributes that were given a value. No values.
 */
import type { Earlier, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import { Either, Schema } from "effect"

export interface Receipt {
  readonly hashes: string | null
  /** Attributes and UDM properties of the target that hold a value of ours. */
  readonly given: ReadonlyArray<string>
  /** Those that held one, and were cleared. */
  readonly cleared: ReadonlyArray<string>
}

export const nothing: Receipt = { hashes: null, given: [], cleared: [] }

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
  text === null ? nothing : Either.getOrElse(decodeStored(text), () => ({ ...nothing, hashes: text }))

/** Null: there is nothing to remember. */
export const encode = ({ cleared, given, hashes }: Receipt): string | null => {
  const parts = {
    ...(hashes === null ? {} : { hashes }),
    ...(given.length === 0 ? {} : { given }),
    ...(cleared.length === 0 ? {} : { cleared })
  }
  return Object.keys(parts).length === 0 ? null : JSON.stringify(parts)
}

/** What may be at the target that is to be cleared when the source has no value any more. */
export const earlier = ({ given }: Receipt, hadValues: ReadonlyArray<string>): Earlier => ({
  given: new Set(given),
  hadValues: new Set(hadValues)
})

/** What is to be remembered once `mapped` is at the target. What is not mapped stays there, and remembered, as it is. */
export const after = (before: Receipt, { empty, given }: Mapped, hashes: string | null): Receipt => {
  const isGiven = new Set(given)
  const isEmpty = new Set(empty)
  return {
    hashes,
    given: [...new Set([...before.given.filter((name) => !isEmpty.has(name)), ...given])].sort(),
    cleared: [
      ...new Set(
        [...before.cleared, ...before.given.filter((name) => isEmpty.has(name))].filter((name) => !isGiven.has(name))
      )
    ].sort()
  }
}
