/** What hooks of plugins may answer, read with care: JavaScript lets them answer anything. */
import { Either, Schema } from "effect"
import * as ListenerObject from "../changes/ListenerObject.js"
import * as Problems from "../input/Problems.js"
import type { DeletionLimit } from "./DeletionLimit.js"
import type { Delivered, Finding, Findings, Preview } from "./Plugin.js"
import type { HandlerDefinition } from "./PluginDefinition.js"

type Read<A> = Either.Either<A, string>

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `answered with 7, but a list of names is expected` */
const unexpected = (answer: unknown, expected: string): string =>
  `answered with ${shown(answer)}, but ${expected} is expected`

const shown = (value: unknown): string => {
  if (typeof value === "function") return "a function"
  if (value === undefined) return "nothing"
  try {
    return Problems.cut(JSON.stringify(value) ?? String(value))
  } catch {
    return "something that is no JSON"
  }
}

const Strings = Schema.Array(Schema.String)

const outcomes = ["created", "modified", "unchanged", "removed", "absent", "ignored"] as const

const Outcome = Schema.Literal(...outcomes)

const Differences = Schema.Array(
  Schema.Struct({ attribute: Schema.String, current: Schema.Unknown, wanted: Schema.Unknown })
)

/** Whatever an outcome needs besides its name may be left out. */
const DeliveredAnswer = Schema.Struct({
  outcome: Schema.Literal(...outcomes, "stepped aside"),
  detail: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  warnings: Schema.optionalWith(Strings, { default: () => [] }),
  receipt: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  changed: Schema.optionalWith(Schema.NullOr(Strings), { default: () => null }),
  differences: Schema.optionalWith(Schema.NullOr(Differences), { default: () => null }),
  mapping: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  request: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null })
})

const PreviewAnswer = Schema.Struct({
  outcome: Outcome,
  detail: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  mapping: Schema.optionalWith(Schema.NullOr(Schema.Struct({ name: Schema.String, because: Schema.String })), {
    default: () => null
  }),
  attributes: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
    default: () => ({})
  }),
  sources: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { default: () => ({}) }),
  differences: Schema.optionalWith(Differences, { default: () => [] }),
  requests: Schema.optionalWith(
    Schema.Array(Schema.Struct({ method: Schema.String, path: Schema.String, body: Schema.Unknown })),
    { default: () => [] }
  ),
  warnings: Schema.optionalWith(Strings, { default: () => [] })
})

const FindingAnswer = Schema.Struct({
  severity: Schema.Literal("ok", "warning", "error"),
  about: Schema.String,
  text: Schema.String,
  code: Schema.optionalWith(Schema.String, { exact: true }),
  values: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { exact: true })
})

const FindingsAnswer = Schema.Struct({
  errors: Schema.optionalWith(Strings, { default: () => [] }),
  warnings: Schema.optionalWith(Strings, { default: () => [] })
})

/** What `deliver` may answer, at least the outcome. */
export type DeliveredAnswer = typeof DeliveredAnswer.Encoded
/** What `preview` may answer, at least the outcome. */
export type PreviewAnswer = typeof PreviewAnswer.Encoded
/** What `check` of a plugin may answer. */
export type FindingsAnswer = typeof FindingsAnswer.Encoded

const reader =
  <A, I>(schema: Schema.Schema<A, I>, expected: string) =>
  (answer: unknown): Read<A> =>
    Either.mapLeft(Schema.decodeUnknownEither(schema)(answer), () => unexpected(answer, expected))

export const delivered: (answer: unknown) => Read<Delivered> = reader(
  DeliveredAnswer,
  `an object whose outcome is one of ${outcomes.join(", ")}`
)

export const preview: (answer: unknown) => Read<Preview> = reader(
  PreviewAnswer,
  `an object whose outcome is one of ${outcomes.join(", ")}`
)

export const found: (answer: unknown) => Read<ReadonlyArray<Finding>> = reader(
  Schema.Array(FindingAnswer),
  "a list of findings with severity (ok, warning or error), about and text"
)

/** Neither a promise nor an effect, which would pass for an object with nothing in it. */
export const findings = (answer: unknown): Read<Findings> => {
  const expected = "an object with the lists errors and warnings"
  return isRecord(answer) && Object.getPrototypeOf(answer) === Object.prototype
    ? reader(FindingsAnswer, expected)(answer)
    : Either.left(unexpected(answer, expected))
}

export const yesOrNo = (answer: unknown): Read<boolean> =>
  typeof answer === "boolean" ? Either.right(answer) : Either.left(unexpected(answer, "true or false"))

/** From 1 on. */
export const positive = (answer: unknown): Read<number> =>
  typeof answer === "number" && Number.isInteger(answer) && answer > 0
    ? Either.right(answer)
    : Either.left(unexpected(answer, "a whole number from 1 on"))

/** Null: no limit. */
export const deletionLimit = (answer: unknown): Read<DeletionLimit | null> => {
  if (answer === null) return Either.right(null)
  const isNumber = (value: unknown): value is number => typeof value === "number" && value >= 0
  return isRecord(answer) && isNumber(answer.deletions) && isNumber(answer.percent)
    ? Either.right({ deletions: answer.deletions, percent: answer.percent })
    : Either.left(unexpected(answer, "null, or the numbers deletions and percent"))
}

/** Names of school authorities, of anything that can be gone through. */
export const names = (answer: unknown): Read<ReadonlyArray<string>> => {
  const isIterable = isRecord(answer) || Array.isArray(answer) ? Symbol.iterator in answer : false
  const all = isIterable ? [...(answer as Iterable<unknown>)] : null
  return all?.every((name): name is string => typeof name === "string") === true
    ? Either.right(all)
    : Either.left(unexpected(all ?? answer, "a list of names of school authorities"))
}

/** What became of an object: the same one, and one that the queues can keep. */
export const object =
  (before: ListenerObject.ListenerObject) =>
  (answer: unknown): Read<ListenerObject.ListenerObject> => {
    if (answer === before) return Either.right(before)
    const expected = "the object that it was called with, changed or not,"
    if (!isRecord(answer) || typeof answer._tag !== "string" || !(answer._tag in kinds)) {
      return Either.left(unexpected(answer, expected))
    }
    // The queues keep the UDM properties: everything else follows from these.
    const kept = ListenerObject.decode(ListenerObject.encode(answer as unknown as ListenerObject.ListenerObject))
    if (Either.isLeft(kept)) {
      return Either.left(`answered with an object that is no listener object any more: ${kept.left.join("; ")}`)
    }
    const { right } = kept
    if (right._tag !== before._tag || ListenerObject.objectKey(right) !== ListenerObject.objectKey(before)) {
      return Either.left(`answered with another object (${ListenerObject.objectKey(right)})`)
    }
    return Either.right(
      right._tag === "RemovedUser" && before._tag === "RemovedUser" ? { ...right, former: before.former } : right
    )
  }

/** The same object, perhaps as one that was removed. */
export const sameObject =
  (before: ListenerObject.ListenerObject) =>
  (answer: unknown): Read<ListenerObject.ListenerObject> => {
    if (answer === before) return Either.right(before)
    const object = answer as ListenerObject.ListenerObject
    return isRecord(answer) &&
      typeof answer._tag === "string" &&
      answer._tag in kinds &&
      ListenerObject.objectKey(object) === ListenerObject.objectKey(before)
      ? Either.right(object)
      : Either.left(unexpected(answer, "the object that it was called with, or the same one as removed,"))
  }

const kinds: { readonly [kind in ListenerObject.ListenerObject["_tag"]]: true } = {
  ChangedUser: true,
  RemovedUser: true,
  ChangedGroup: true,
  RemovedGroup: true
}

/** A handler at least delivers. */
export const handler = (answer: unknown): Read<HandlerDefinition> =>
  isRecord(answer) && typeof answer.deliver === "function"
    ? Either.right(answer as unknown as HandlerDefinition)
    : Either.left(unexpected(answer, "an object with the function deliver"))
