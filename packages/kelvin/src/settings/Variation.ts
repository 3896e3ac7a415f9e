/**
 * How a plugin of one's own differs from the Kelvin plugin: attributes with functions of their own, a last word on what a user
 * or class is to be like, and who is a member of a class. Functions may answer at once, with a promise or with an effect.
 */
import type { ChangedGroup, ChangedUser, ListenerObject } from "@id-connector/core/changes/ListenerObject"
import * as Similar from "@id-connector/core/input/Similar"
import type { Attributes, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import type { SchoolClass } from "@id-connector/core/schools/SchoolClass"
import type { SchoolSet } from "@id-connector/core/schools/SchoolName"
import { type DeliveryError, isDeliveryError, type PluginFailed } from "@id-connector/core/targets/DeliveryError"
import * as Hook from "@id-connector/core/targets/Hook"
import type { Definition, TimeLimits } from "@id-connector/core/targets/Plugin"
import * as PluginAnswers from "@id-connector/core/targets/PluginAnswers"
import { type Context, Effect, Either } from "effect"

/** What is known besides the object. */
export interface Facts {
  readonly authority: SchoolAuthority
  /** The schools the target has, in its spelling. */
  readonly schools: SchoolSet
  /** The schools that the mapping gives to this authority. */
  readonly handledSchools: SchoolSet
}

/** What a user or class is to be like at the target: attributes of the Kelvin REST API, and UDM properties. Null clears. */
export interface Wanted {
  readonly attributes: Attributes
  readonly udmProperties: Attributes
}

/** Members by their user names: those of the source, and those that the target has. */
export interface Members {
  readonly local: ReadonlyArray<string>
  readonly atTarget: ReadonlyArray<string>
  readonly schoolClass: SchoolClass
}

/** The value of one key: text, number, boolean, list or object. Null, "" and undefined are no value. */
export type AttributeOf<O, R = never> = (object: O, facts: Facts) => Hook.Answer<unknown, DeliveryError, R>

export interface Variation<R = never> {
  /** As named in `plugins` and `plugin_configs` of a school authority, which has all settings of the Kelvin plugin. */
  readonly name: string
  /**
   * Values of keys *here*, as mappings of users name them: `{"initials": "initials"}` in a mapping sends what the function
   * `initials` answers. They take the place of UDM properties and built-in keys of the same name.
   */
  readonly attributes?: { readonly [here: string]: AttributeOf<ChangedUser, R> }
  /** The same for the mapping of school classes. */
  readonly classAttributes?: { readonly [here: string]: AttributeOf<ChangedGroup, R> }
  /** Called with what the mapping has made of a user. What is left out is not sent. */
  readonly changeUser?: (wanted: Wanted, user: ChangedUser, facts: Facts) => Hook.Answer<Wanted, DeliveryError, R>
  /** Called with what the mapping has made of a school class. */
  readonly changeClass?: (wanted: Wanted, group: ChangedGroup, facts: Facts) => Hook.Answer<Wanted, DeliveryError, R>
  /** Who is to be a member of a class at the target. Default: the local ones. */
  readonly chooseMembers?: (members: Members, facts: Facts) => Hook.Answer<ReadonlyArray<string>, DeliveryError, R>
  /** See `Plugin.distribute`: authorities that are concerned besides those of the mapping. */
  readonly distribute?: Definition<R>["distribute"]
  /** See `Plugin.preprocess`. */
  readonly preprocess?: Definition<R>["preprocess"]
  /**
   * What an object counts as for this plugin. A user that the target is not to have counts as one that was removed. Default: as
   * what it is.
   */
  readonly countsAs?: (object: ListenerObject, authority: SchoolAuthority) => ListenerObject
  /** See `Plugin.receipts`. Default: those of the Kelvin plugin, so that an authority can go over from one to the other. */
  readonly receipts?: string
  /** `deliver`: also of each function that answers within a delivery, instead of 60 seconds. Null: as long as it likes. */
  readonly timeLimits?: TimeLimits
  /** The file it was loaded from. */
  readonly origin?: string | null
}

/** A variation with all it needs. Its functions fail with a {@link DeliveryError} or not at all. */
export interface Varied {
  readonly name: string
  readonly countsAs: (object: ListenerObject, authority: SchoolAuthority) => Either.Either<ListenerObject, PluginFailed>
  /** The values of those keys that have functions of their own. */
  readonly userValues: (
    user: ChangedUser,
    keys: ReadonlyArray<string>,
    facts: Facts
  ) => Effect.Effect<ReadonlyMap<string, unknown>, DeliveryError>
  readonly classValues: (
    group: ChangedGroup,
    keys: ReadonlyArray<string>,
    facts: Facts
  ) => Effect.Effect<ReadonlyMap<string, unknown>, DeliveryError>
  /** Null: nothing is changed. */
  readonly changeUser:
    | ((wanted: Wanted, user: ChangedUser, facts: Facts) => Effect.Effect<Wanted, DeliveryError>)
    | null
  readonly changeClass:
    | ((wanted: Wanted, group: ChangedGroup, facts: Facts) => Effect.Effect<Wanted, DeliveryError>)
    | null
  /** Null: the local ones. */
  readonly chooseMembers:
    | ((members: Members, facts: Facts) => Effect.Effect<ReadonlyArray<string>, DeliveryError>)
    | null
}

/** All that a variation may have. */
const keys: { readonly [key in keyof Required<Variation>]: true } = {
  name: true,
  attributes: true,
  classAttributes: true,
  changeUser: true,
  changeClass: true,
  chooseMembers: true,
  distribute: true,
  preprocess: true,
  countsAs: true,
  receipts: true,
  timeLimits: true,
  origin: true
}

/** See `Plugin.mistakes`. */
export const mistakesOf = <R>(variation: Variation<R>): ReadonlyArray<string> =>
  Similar.unknownKeys(variation, Object.keys(keys))

/** The hooks that a variation has, each attribute for itself. */
export const hooksOf = <R>(variation: Variation<R>): ReadonlyArray<string> => [
  ...Object.keys(variation.attributes ?? {}).map((key) => `attributes.${key}`),
  ...Object.keys(variation.classAttributes ?? {}).map((key) => `classAttributes.${key}`),
  ...(["distribute", "preprocess", "countsAs", "changeUser", "changeClass", "chooseMembers"] as const).filter(
    (hook) => variation[hook] !== undefined
  ),
  "handler"
]

const defaultLimit = "60 seconds"

export const prepare = <R>(variation: Variation<R>, context: Context.Context<R>): Varied => {
  const owner: Hook.Owner = { name: variation.name, origin: variation.origin ?? null }
  // They are part of a delivery: what it may take, they may. A preview has its own limit around them.
  const { deliver: limit = defaultLimit } = variation.timeLimits ?? {}
  const call = <A>(hook: string, read: Hook.Reader<A>, run: () => unknown) =>
    Effect.provide(
      Hook.call<A, DeliveryError, R>(owner, hook, { limit, read, isExpected: isDeliveryError }, run),
      context
    )
  const valuesOf =
    <O>(hook: string, functions: { readonly [here: string]: AttributeOf<O, R> } = {}) =>
    (object: O, keys: ReadonlyArray<string>, facts: Facts) =>
      Effect.map(
        Effect.forEach(
          keys.filter((key) => Object.hasOwn(functions, key)),
          (key) =>
            Effect.map(
              call(`${hook}.${key}`, json, () => functions[key]?.(object, facts)),
              (value) => [key, value] as const
            )
        ),
        (values) => new Map(values)
      )
  const { changeClass, changeUser, chooseMembers, countsAs } = variation
  return {
    name: variation.name,
    countsAs: (object, authority) =>
      countsAs === undefined
        ? Either.right(object)
        : Hook.callSync(owner, "countsAs", () => countsAs(object, authority), PluginAnswers.sameObject(object)),
    userValues: valuesOf("attributes", variation.attributes),
    classValues: valuesOf("classAttributes", variation.classAttributes),
    changeUser:
      changeUser === undefined
        ? null
        : (before, user, facts) => call("changeUser", wanted, () => changeUser(before, user, facts)),
    changeClass:
      changeClass === undefined
        ? null
        : (before, group, facts) => call("changeClass", wanted, () => changeClass(before, group, facts)),
    chooseMembers:
      chooseMembers === undefined
        ? null
        : (members, facts) => call("chooseMembers", names, () => chooseMembers(members, facts))
  }
}

/** What a plugin is to have the last word on. */
export const wantedOf = ({ attributes, udmProperties }: Mapped): Wanted => ({ attributes, udmProperties })

/** After the last word. What was left out is not sent, and not remembered as given. */
export const changed = (mapped: Mapped, { attributes, udmProperties }: Wanted): Mapped => ({
  ...mapped,
  attributes,
  udmProperties,
  given: mapped.given.filter((there) => there in attributes || there in udmProperties)
})

/** What can be sent. */
const json: Hook.Reader<unknown> = (answer) => {
  if (answer === undefined) return Either.right(undefined)
  const text = Either.try(() => JSON.stringify(answer))
  return Either.isRight(text) && text.right !== undefined
    ? Either.right(answer)
    : Either.left(`answered with ${typeof answer === "object" ? "an object" : `a ${typeof answer}`} that is no JSON`)
}

const isRecord = (value: unknown): value is Attributes =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const wanted: Hook.Reader<Wanted> = (answer) =>
  isRecord(answer) && isRecord(answer.attributes) && isRecord(answer.udmProperties)
    ? Either.map(json(answer), () => answer as unknown as Wanted)
    : Either.left("answered with something else than an object with attributes and udmProperties")

const names: Hook.Reader<ReadonlyArray<string>> = (answer) =>
  Array.isArray(answer) && answer.every((name) => typeof name === "string")
    ? Either.right(answer)
    : Either.left("answered with something else than a list of user names")
