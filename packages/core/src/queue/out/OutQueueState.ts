/**
 * What an out queue knows and what it does next, as total functions of values: whatever happens is an event, {@link next}
 * says what is known after it, and {@link decide} what to do then. `OutQueue` carries it out.
 *
 * All times are in milliseconds of `MonotonicClock`: a clock that is set must not make a queue wait.
 */
import type { AuthorityDecision, PauseCode } from "./FailurePolicy.js"
import * as Prefetch from "./Prefetch.js"

/** What the queue is at. */
export type Activity =
  /** The target has to answer before the first delivery. */
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Working" }
  /** Until the target is asked again; null: until the configuration changes. `failures` in a row led here, one at least. */
  | ({ readonly _tag: "Paused" } & Pause)
  /** The target answers, but failed at all objects: one delivery after the other, until one shows that it is well again. */
  | ({ readonly _tag: "Probing" } & Pause)
  /** Somebody has paused the queue, and somebody has to let it go on. `since` null: before the queue started. */
  | { readonly _tag: "PausedByHand"; readonly since: number | null }
  /** Nothing is begun any more. */
  | { readonly _tag: "Stopping" }

interface Pause {
  readonly code: PauseCode
  readonly reason: string
  /** When the first of the failures was that led here. */
  readonly since: number
  readonly until: number | null
  readonly failures: number
  /** See `FailurePolicy`. */
  readonly isSuspect: boolean
}

export interface State {
  readonly activity: Activity
  /** Also while the queue stops and starts again. */
  readonly isPausedByHand: boolean
  /** Deliveries at the same time. */
  readonly concurrency: number
  /** Items claimed at most. */
  readonly prefetch: number
  /** Items that are claimed and not recorded yet. */
  readonly claimed: number
  /** Of these: those whose delivery has ended. */
  readonly ended: number
  /** When deliveries were recorded last. */
  readonly recordedAt: number
  /** What was recorded has made room, which is filled before more is recorded. */
  readonly claimsFirst: boolean
  /** Whether there may be something to claim; if not, when the next item is due (null: that is not known, or there is none). */
  readonly supply: { readonly _tag: "Unknown" } | { readonly _tag: "Exhausted"; readonly nextDue: number | null }
}

export type Event =
  /** So many of the items asked for were claimed. `nextDue` is asked for when there were none. */
  | { readonly _tag: "Claimed"; readonly limit: number; readonly items: number; readonly nextDue: number | null }
  /** `isProof`: the target has done something well, or refused it in an orderly way. */
  | { readonly _tag: "Ended"; readonly authority: AuthorityDecision; readonly isProof: boolean; readonly now: number }
  | { readonly _tag: "Recorded"; readonly items: number; readonly now: number }
  /** Items may have arrived or become due. */
  | { readonly _tag: "Woken" }
  | { readonly _tag: "TargetAnswered" }
  | { readonly _tag: "TargetFailed"; readonly authority: PauseDecision; readonly now: number }
  | { readonly _tag: "PausedByHand"; readonly now: number }
  | { readonly _tag: "ResumedByHand"; readonly now: number }
  | { readonly _tag: "Stopped" }

type PauseDecision = Exclude<AuthorityDecision, { readonly _tag: "GoOn" }>

/** What is to be done. */
export type Action =
  /** How deliveries have ended. */
  | { readonly _tag: "Record" }
  | { readonly _tag: "Claim"; readonly limit: number }
  /** Whether deliveries can begin. `failures`: pings that failed in a row. */
  | { readonly _tag: "AskTarget"; readonly failures: number }
  /** For something to happen, or until a time. */
  | { readonly _tag: "Wait"; readonly until: number | null }

/** What the queue does, for people. */
export type OutQueueStatus =
  | { readonly _tag: "Running" }
  /** `until` null: until the configuration changes. */
  | {
      readonly _tag: "Paused"
      readonly code: PauseCode
      readonly reason: string
      readonly since: number
      readonly until: number | null
    }
  /** Somebody has paused it, and somebody has to let it go on. `since` null: before the queue started. */
  | { readonly _tag: "PausedByHand"; readonly since: number | null }

/** A finished delivery is recorded after this time at the latest, in milliseconds, even while others are under way. */
const recordWithin = 100

export const initial = (concurrency: number, isPausedByHand: boolean, now: number): State => ({
  activity: isPausedByHand ? { _tag: "PausedByHand", since: null } : { _tag: "Starting" },
  isPausedByHand,
  concurrency,
  prefetch: Prefetch.least(concurrency),
  claimed: 0,
  ended: 0,
  recordedAt: now,
  claimsFirst: false,
  supply: unknown
})

const unknown: State["supply"] = { _tag: "Unknown" }

export const statusOf = ({ activity }: State): OutQueueStatus => {
  switch (activity._tag) {
    case "Starting":
    case "Working":
    case "Stopping":
      return { _tag: "Running" }
    case "Paused":
    case "Probing":
      return {
        _tag: "Paused",
        code: activity.code,
        reason: activity.reason,
        since: activity.since,
        until: activity.until
      }
    case "PausedByHand":
      return activity
  }
}

/** Whether an item that is claimed may be delivered now. If not, it is given back. */
export const mayDeliver = ({ activity }: State): boolean => activity._tag === "Working" || activity._tag === "Probing"

/** How often in a row the target did not do well what was to show whether it is well again. */
export const failedProbes = ({ activity }: State): number => (activity._tag === "Probing" ? activity.failures : 0)

export const next = (state: State, event: Event): State => {
  switch (event._tag) {
    case "Claimed":
      return {
        ...state,
        claimed: state.claimed + event.items,
        claimsFirst: false,
        supply: event.items < event.limit ? { _tag: "Exhausted", nextDue: event.nextDue } : unknown,
        // With nothing left that could show it, nothing is left to suspect either.
        activity:
          state.activity._tag === "Probing" && event.items === 0 && event.nextDue === null ? working : state.activity
      }
    case "Ended": {
      const ended = state.ended + 1
      return { ...state, ended, activity: afterDelivery(state.activity, event) }
    }
    case "Recorded":
      return {
        ...state,
        claimed: state.claimed - event.items,
        ended: state.ended - event.items,
        recordedAt: event.now,
        prefetch: Prefetch.next(state.prefetch, state.concurrency, event.items, event.now - state.recordedAt),
        claimsFirst: true,
        // Others may have waited for these.
        supply: unknown
      }
    case "Woken":
      return { ...state, supply: unknown }
    case "TargetAnswered":
      return isAsking(state.activity) ? { ...state, supply: unknown, activity: afterAnswer(state.activity) } : state
    case "TargetFailed":
      return isAsking(state.activity)
        ? { ...state, activity: pausedAfter(state.activity, event.authority, event.now) }
        : state
    case "PausedByHand":
      return {
        ...state,
        isPausedByHand: true,
        activity:
          state.activity._tag === "Stopping" || state.activity._tag === "PausedByHand"
            ? state.activity
            : { _tag: "PausedByHand", since: event.now }
      }
    case "ResumedByHand":
      // Its target is asked first, and at once: whoever resumes a queue does not want to wait for a back-off.
      return { ...state, isPausedByHand: false, activity: resumed(state.activity, event.now) }
    case "Stopped":
      return { ...state, activity: { _tag: "Stopping" } }
  }
}

/** Somebody may have paused the queue while its target was asked: then the answer counts for nothing. */
const isAsking = ({ _tag }: Activity): boolean => _tag === "Starting" || _tag === "Paused"

const resumed = (activity: Activity, now: number): Activity => {
  switch (activity._tag) {
    case "PausedByHand":
      return { _tag: "Starting" }
    case "Paused":
      return { ...activity, until: now }
    case "Starting":
    case "Working":
    case "Probing":
    case "Stopping":
      return activity
  }
}

const afterAnswer = (activity: Activity): Activity =>
  activity._tag === "Paused" && activity.isSuspect ? { ...activity, _tag: "Probing" } : working

const afterDelivery = (activity: Activity, { authority, isProof, now }: Extract<Event, { readonly _tag: "Ended" }>) => {
  if (activity._tag !== "Working" && activity._tag !== "Probing") return activity
  if (authority._tag !== "GoOn") return pausedAfter(activity, authority, now)
  return isProof ? working : activity
}

const working: Activity = { _tag: "Working" }

const failuresOf = (activity: Activity): number =>
  activity._tag === "Paused" || activity._tag === "Probing" ? activity.failures : 0

const pausedAfter = (activity: Activity, decision: PauseDecision, now: number): Activity => ({
  _tag: "Paused",
  code: decision.code,
  reason: decision.reason,
  since: activity._tag === "Paused" || activity._tag === "Probing" ? activity.since : now,
  until: decision._tag === "PauseUntilConfigured" ? null : now + decision.after,
  failures: failuresOf(activity) + 1,
  // What it is suspected of is not refuted by an answer to a ping that does not come.
  isSuspect: (decision._tag === "Pause" && decision.isSuspect) || (activity._tag === "Paused" && activity.isSuspect)
})

export const decide = (state: State, now: number): Action => {
  const { activity } = state
  switch (activity._tag) {
    case "Working":
      return decideWhileWorking(state, now)
    case "Starting":
    case "Paused": {
      if (state.ended > 0) return { _tag: "Record" }
      if (state.claimed > 0) return wait(null)
      const until = activity._tag === "Paused" ? activity.until : now
      return until !== null && until <= now ? { _tag: "AskTarget", failures: failuresOf(activity) } : wait(until)
    }
    case "Probing":
      if (state.ended > 0) return { _tag: "Record" }
      if (state.claimed > 0) return wait(null)
      return state.supply._tag === "Unknown" ? { _tag: "Claim", limit: 1 } : wait(state.supply.nextDue)
    case "PausedByHand":
      return state.ended > 0 ? { _tag: "Record" } : wait(null)
    case "Stopping":
      return wait(null)
  }
}

const decideWhileWorking = (state: State, now: number): Action => {
  const { claimsFirst, claimed, concurrency, ended, prefetch, recordedAt, supply } = state
  const room = prefetch - claimed
  const mayClaim = room >= concurrency && supply._tag === "Unknown"
  const isRunningOut = claimed - ended <= concurrency
  const isToRecord = ended > 0 && (isRunningOut || now - recordedAt >= recordWithin)
  if (isToRecord && !(claimsFirst && mayClaim)) return { _tag: "Record" }
  if (mayClaim) return { _tag: "Claim", limit: room }
  return wait(room >= concurrency && supply._tag === "Exhausted" ? supply.nextDue : null)
}

const wait = (until: number | null): Action => ({ _tag: "Wait", until })
