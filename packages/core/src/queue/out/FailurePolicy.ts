/**
 * The one place that decides what a failed delivery means: for the item and for its authority. Everything else carries it
 * out.
 *
 * | error | item | authority |
 * |---|---|---|
 * | target unavailable (network, time-out, 429, 502, 503, 504) | waits, keeps its attempts | pauses with back-off |
 * | no answer, but the target answers a probe right after it | again with back-off, never given up | goes on |
 * | credentials refused | waits, keeps its attempts | pauses with back-off, until somebody corrects them |
 * | configuration unusable | waits, keeps its attempts | pauses until it is configured |
 * | target failed (500) | again with back-off, a dead letter after `maxAttempts` | goes on |
 * | an answer that is not the target's (a page, a redirection) | again with back-off, never given up | goes on |
 * | a plugin is faulty | again with back-off, a dead letter after `maxAttempts` | goes on |
 * | any of these at several objects in a row, none succeeding | later, keeps its attempts | pauses until one of them succeeds |
 * | references unknown | again with back-off, for the rest | goes on |
 * | target refused since another account is in the way | a few times with back-off, then a dead letter | goes on |
 * | target refused (400, 409, 422), object undeliverable | dead letter | goes on |
 * | deletion held back | held until somebody confirms or discards it | goes on |
 */
import { Match } from "effect"
import type { DeliveryError } from "../../targets/DeliveryError.js"
import * as Reasons from "../Reasons.js"

export type ItemDecision =
  | { readonly _tag: "Wait" }
  /** After so many milliseconds. */
  | { readonly _tag: "Again"; readonly after: number }
  /** Like that, but it is not the item's failure. */
  | { readonly _tag: "Later"; readonly after: number }
  | { readonly _tag: "GiveUp" }
  /** Until somebody confirms it. */
  | { readonly _tag: "Hold" }

export type AuthorityDecision =
  | { readonly _tag: "GoOn" }
  /**
   * Its target is asked again after so many milliseconds. `isSuspect`: it answers what is asked in general, and fails at all
   * objects; so only a delivery shows whether it is well again.
   */
  | {
      readonly _tag: "Pause"
      readonly code: PauseCode
      readonly reason: string
      readonly after: number
      readonly isSuspect: boolean
    }
  | { readonly _tag: "PauseUntilConfigured"; readonly code: PauseCode; readonly reason: string }

/** Why an authority pauses, in a word for programs: the error that led to it. */
export type PauseCode = DeliveryError["_tag"]

export interface Decision {
  readonly item: ItemDecision
  readonly authority: AuthorityDecision
}

/** What is known besides the error. */
export interface Circumstances {
  /** Failed attempts of this item before this one. */
  readonly attempts: number
  /** From 0 to 1, evenly distributed: spreads what would otherwise come back all at once. */
  readonly random: number
  /**
   * Of a delivery that got no answer: whether the target answered a probe right after it. Then a single connection broke
   * off, or this object is more than the target can bear, and nothing else has to wait for that.
   */
  readonly answersProbe?: boolean
  /** Deliveries of the authority that got no answer since the last one that did, this one not counted. */
  readonly unansweredInARow?: number
  /** Different objects at which the target failed since it did anything well, this one among them. */
  readonly failedObjects?: number
  /** How often in a row a delivery was to show whether the target is well again, and did not. */
  readonly failedProbes?: number
}

/** When the target fails at so many different objects in a row, it is the target. */
export const suspectAfter = 5

/** An item at which the target fails this often is given up. */
export const maxAttempts = 10

/** So many deliveries in a row without an answer pause the authority, whatever it says to probes. */
const unansweredAtMost = 3

/** Bounds of the back-off, in milliseconds. */
export interface BackOff {
  readonly first: number
  readonly longest: number
}

/** For an authority that can't be reached: 5 seconds to 10 minutes. */
export const authorityBackOff: BackOff = { first: 5_000, longest: 600_000 }
/** For an item at which the target failed: 1 second to 10 minutes. */
export const itemBackOff: BackOff = { first: 1_000, longest: 600_000 }
/** For an item that waits for others: 1 second to a day. It is never given up: they may come any day. */
export const referenceBackOff: BackOff = { first: 1_000, longest: 86_400_000 }
/** For an item that another account is in the way of: 1 second to 8. Reads of a target's replica lag behind by seconds. */
const conflictBackOff: BackOff = { first: 1_000, longest: 8_000 }

/** A conflict that is still there after so many attempts is one. */
export const maxConflicts = 5

/** A target may ask for a longer pause, up to this: an absurd number must not park an authority for ever. */
const longestAskedFor = 3_600_000

/** The wait before attempt `attempts + 2`: doubles each time, up to the longest, 20 % of it at random. */
export const backOff = ({ first, longest }: BackOff, attempts: number, random: number): number =>
  Math.round(Math.min(longest, first * 2 ** Math.min(attempts, 40)) * (0.8 + 0.2 * random))

/** What a failed delivery means. */
export const decide = (error: DeliveryError, circumstances: Circumstances): Decision =>
  Match.typeTags<DeliveryError>()({
    TargetUnavailable: (unavailable): Decision =>
      !unavailable.answered &&
      circumstances.answersProbe === true &&
      (circumstances.unansweredInARow ?? 0) < unansweredAtMost
        ? again(itemBackOff, circumstances)
        : waitFor(unavailable, circumstances),
    CredentialsRefused: (refused): Decision => waitFor(refused, circumstances),
    ConfigurationUnusable: (unusable): Decision => waitFor(unusable, circumstances),
    TargetFailed: (failed): Decision => failedAt(failed, !failed.isForeign, circumstances),
    PluginFailed: (failed): Decision => failedAt(failed, true, circumstances),
    ReferencesUnknown: (): Decision => again(referenceBackOff, circumstances),
    TargetRefused: (refused): Decision =>
      refused.isConflict && circumstances.attempts + 1 < maxConflicts ? again(conflictBackOff, circumstances) : giveUp,
    ObjectUndeliverable: (): Decision => giveUp,
    DeletionHeldBack: (): Decision => ({ item: { _tag: "Hold" }, authority: { _tag: "GoOn" } })
  })(error)

/**
 * How an authority pauses that could not be reached, `failures` times in a row before this one: with a back-off, and as long as
 * the target asks for.
 */
export const pause = (
  error: DeliveryError,
  failures: number,
  random: number
): Exclude<AuthorityDecision, { readonly _tag: "GoOn" }> => {
  const reason = error.message
  if (error._tag === "ConfigurationUnusable") return { _tag: "PauseUntilConfigured", code: error._tag, reason }
  const askedFor = error._tag === "TargetUnavailable" ? Math.min(error.retryAfter ?? 0, longestAskedFor) : 0
  const after = Math.max(askedFor, backOff(authorityBackOff, failures, random))
  return { _tag: "Pause", code: error._tag, reason, after, isSuspect: false }
}

/** At this object, or at any. */
const failedAt = (error: DeliveryError, mayGiveUp: boolean, circumstances: Circumstances): Decision =>
  (circumstances.failedObjects ?? 0) >= suspectAfter
    ? suspect(error, circumstances)
    : mayGiveUp && circumstances.attempts + 1 >= maxAttempts
      ? giveUp
      : again(itemBackOff, circumstances)

/** Its turn comes after that of others: a delivery of any of them shows whether the target is well again. */
const suspect = (error: DeliveryError, { failedObjects = 0, failedProbes = 0, random }: Circumstances): Decision => {
  const after = backOff(authorityBackOff, failedProbes, random)
  return {
    item: { _tag: "Later", after: Math.min(2 * after, authorityBackOff.longest) },
    authority: {
      _tag: "Pause",
      code: error._tag,
      reason: Reasons.ofSeries(failedObjects, error.message),
      after,
      isSuspect: true
    }
  }
}

const giveUp: Decision = { item: { _tag: "GiveUp" }, authority: { _tag: "GoOn" } }

/** The item can't help it, and the authority pauses. */
const waitFor = (error: DeliveryError, { random }: Circumstances): Decision => ({
  item: { _tag: "Wait" },
  authority: pause(error, 0, random)
})

const again = (bounds: BackOff, { attempts, random }: Circumstances): Decision => ({
  item: { _tag: "Again", after: backOff(bounds, attempts, random) },
  authority: { _tag: "GoOn" }
})
