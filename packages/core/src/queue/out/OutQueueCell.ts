/** The state of an out queue while it runs: events change it, and a change that concerns people is published. */
import { Effect } from "effect"
import { Events } from "../../events/Events.js"
import type { AuthorityName } from "../../schools/SchoolAuthority.js"
import * as MonotonicClock from "../MonotonicClock.js"
import * as OutQueueState from "./OutQueueState.js"

export interface OutQueueCell {
  readonly state: () => OutQueueState.State
  readonly happened: (event: OutQueueState.Event) => Effect.Effect<void>
  /** The queue starts anew. That somebody has paused it stays. */
  readonly restart: () => void
  /** What is to be done now. */
  readonly action: () => OutQueueState.Action
}

export const make = (authority: AuthorityName, concurrency: number, isPausedByHand: boolean) =>
  Effect.zipWith(Events, Effect.clock, (events, clock): OutQueueCell => {
    const now = () => MonotonicClock.millis(clock)
    const shown = (until: number | null) =>
      until === null ? null : MonotonicClock.toClock(until, MonotonicClock.times(clock))
    let state = OutQueueState.initial(concurrency, isPausedByHand, now())

    const publish = (before: OutQueueState.Activity, after: OutQueueState.Activity) => {
      if (after._tag === "Paused" && (before._tag !== "Paused" || before.failures !== after.failures)) {
        return events.publish({ _tag: "QueuePaused", authority, reason: after.reason, until: shown(after.until) })
      }
      return (before._tag === "Paused" || before._tag === "Probing") && after._tag === "Working"
        ? events.publish({ _tag: "QueueResumed", authority })
        : Effect.void
    }

    return {
      state: () => state,
      happened: (event) =>
        Effect.suspend(() => {
          const before = state.activity
          state = OutQueueState.next(state, event)
          return state.activity === before ? Effect.void : publish(before, state.activity)
        }),
      restart: () => {
        state = OutQueueState.initial(concurrency, state.isPausedByHand, now())
      },
      action: () => OutQueueState.decide(state, now())
    }
  })
