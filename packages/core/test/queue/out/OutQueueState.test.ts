import { assert, describe, it } from "@effect/vitest"
import * as OutQueueState from "@id-connector/core/queue/out/OutQueueState"
import { FastCheck as fc } from "effect"

const concurrency = 4

/** After these events, from the start. */
const after = (...events: ReadonlyArray<OutQueueState.Event>) =>
  events.reduce(OutQueueState.next, OutQueueState.initial(concurrency, false, 0))

const goOn = { _tag: "GoOn" } as const
const unreachable = {
  _tag: "Pause",
  code: "TargetUnavailable",
  reason: "unreachable",
  after: 5_000,
  isSuspect: false
} as const
const suspect = { ...unreachable, reason: "fails at all", isSuspect: true } as const
const answered: OutQueueState.Event = { _tag: "TargetAnswered" }
const ended = (now: number): OutQueueState.Event => ({ _tag: "Ended", authority: goOn, isProof: true, now })
const claimed = (items: number, limit = items, nextDue: number | null = null): OutQueueState.Event => ({
  _tag: "Claimed",
  limit,
  items,
  nextDue
})
const endedTimes = (times: number, now: number) => Array.from({ length: times }, () => ended(now))

describe("OutQueueState", () => {
  it("asks the target before the first delivery, then claims four items for each that is delivered at a time", () => {
    assert.deepStrictEqual(OutQueueState.decide(after(), 0), { _tag: "AskTarget", failures: 0 })
    assert.deepStrictEqual(OutQueueState.decide(after(answered), 0), { _tag: "Claim", limit: 16 })
  })

  it("records when workers run out of items, or after 100 ms, and claims what there is room for", () => {
    const working = after(answered, claimed(16), ...endedTimes(11, 10))
    assert.deepStrictEqual(OutQueueState.decide(working, 99), { _tag: "Wait", until: null })
    assert.deepStrictEqual(OutQueueState.decide(working, 100), { _tag: "Record" })
    const runningOut = OutQueueState.next(working, ended(10))
    assert.deepStrictEqual(OutQueueState.decide(runningOut, 10), { _tag: "Record" })
    const recorded = OutQueueState.next(runningOut, { _tag: "Recorded", items: 12, now: 100 })
    assert.deepStrictEqual(OutQueueState.decide(recorded, 100), { _tag: "Claim", limit: 12 })
  })

  it("fills the room that recording has made before it records again", () => {
    const state = after(
      answered,
      claimed(16),
      ...endedTimes(12, 0),
      { _tag: "Recorded", items: 12, now: 100 },
      ended(100)
    )
    assert.deepStrictEqual(OutQueueState.decide(state, 100), { _tag: "Claim", limit: 12 })
    assert.deepStrictEqual(OutQueueState.decide(OutQueueState.next(state, claimed(0, 12)), 100)._tag, "Record")
  })

  it("waits until the next item is due when there is nothing to claim, or until it is woken", () => {
    const idle = after(answered, claimed(0, 16, 7_000))
    assert.deepStrictEqual(OutQueueState.decide(idle, 1), { _tag: "Wait", until: 7_000 })
    assert.deepStrictEqual(OutQueueState.decide(OutQueueState.next(idle, { _tag: "Woken" }), 1)._tag, "Claim")
  })

  it("gives back what is claimed when the target can't be reached, and asks it again when the pause is over", () => {
    const failed = after(answered, claimed(2, 16), {
      _tag: "Ended",
      authority: unreachable,
      isProof: false,
      now: 1_000
    })
    assert.isFalse(OutQueueState.mayDeliver(failed))
    assert.deepStrictEqual(OutQueueState.statusOf(failed), {
      _tag: "Paused",
      code: "TargetUnavailable",
      reason: "unreachable",
      since: 1_000,
      until: 6_000
    })
    const given = [ended(1_000), { _tag: "Recorded", items: 2, now: 1_000 } as const].reduce(OutQueueState.next, failed)
    assert.deepStrictEqual(OutQueueState.decide(given, 5_999), { _tag: "Wait", until: 6_000 })
    assert.deepStrictEqual(OutQueueState.decide(given, 6_000), { _tag: "AskTarget", failures: 1 })
    const again = OutQueueState.next(given, { _tag: "TargetFailed", authority: unreachable, now: 6_000 })
    assert.deepStrictEqual(OutQueueState.decide(again, 11_000), { _tag: "AskTarget", failures: 2 })
    assert.isTrue(OutQueueState.mayDeliver(OutQueueState.next(again, answered)))
  })

  it("pauses once, for the first of several deliveries that fail together", () => {
    const first = after(answered, claimed(2, 16), { _tag: "Ended", authority: unreachable, isProof: false, now: 1_000 })
    const second = OutQueueState.next(first, { _tag: "Ended", authority: unreachable, isProof: false, now: 2_000 })
    assert.strictEqual(second.activity, first.activity)
  })

  it("lets one delivery after the other show that a target is well again that answered, but failed at all objects", () => {
    const failed = { _tag: "Ended", authority: suspect, isProof: false, now: 1_000 } as const
    const probing = after(answered, claimed(1, 16), failed, { _tag: "Recorded", items: 1, now: 1_000 }, answered)
    assert.deepStrictEqual(OutQueueState.statusOf(probing), {
      _tag: "Paused",
      code: "TargetUnavailable",
      reason: "fails at all",
      since: 1_000,
      until: 6_000
    })
    assert.deepStrictEqual(OutQueueState.decide(probing, 6_000), { _tag: "Claim", limit: 1 })
    const trying = OutQueueState.next(probing, claimed(1))
    assert.isTrue(OutQueueState.mayDeliver(trying))
    assert.strictEqual(OutQueueState.failedProbes(trying), 1)
    const again = OutQueueState.next(trying, { ...failed, now: 6_000 })
    assert.isFalse(OutQueueState.mayDeliver(again))
    assert.isTrue(again.activity._tag === "Paused" && again.activity.failures === 2)
    assert.strictEqual(OutQueueState.next(trying, ended(6_000)).activity._tag, "Working")
    // What is not about the target shows nothing.
    const undeliverable = { _tag: "Ended", authority: goOn, isProof: false, now: 6_000 } as const
    assert.strictEqual(OutQueueState.next(trying, undeliverable).activity._tag, "Probing")
    assert.strictEqual(OutQueueState.next(probing, claimed(0, 1)).activity._tag, "Working", "nothing is left to try")
  })

  it("asks the target at once when somebody resumes the queue during a back-off", () => {
    const ended = { _tag: "Ended", authority: unreachable, isProof: false, now: 1_000 } as const
    const failed = after(answered, claimed(1, 16), ended, { _tag: "Recorded", items: 1, now: 1_000 })
    assert.deepStrictEqual(OutQueueState.decide(failed, 2_000), { _tag: "Wait", until: 6_000 })
    const resumed = OutQueueState.next(failed, { _tag: "ResumedByHand", now: 2_000 })
    assert.deepStrictEqual(OutQueueState.decide(resumed, 2_000), { _tag: "AskTarget", failures: 1 })
  })

  it("waits for another configuration when this one can't be used", () => {
    const authority = { _tag: "PauseUntilConfigured", code: "ConfigurationUnusable", reason: "no password" } as const
    const state = after({ _tag: "TargetFailed", authority, now: 0 })
    assert.deepStrictEqual(OutQueueState.decide(state, Number.MAX_SAFE_INTEGER), { _tag: "Wait", until: null })
  })

  it("counts no answer of the target that came after somebody paused the queue", () => {
    assert.isFalse(OutQueueState.mayDeliver(after({ _tag: "PausedByHand", now: 0 }, answered)))
    assert.deepStrictEqual(OutQueueState.statusOf(after({ _tag: "PausedByHand", now: 7 }, answered)), {
      _tag: "PausedByHand",
      since: 7
    })
    assert.deepStrictEqual(
      OutQueueState.decide(after(answered, { _tag: "PausedByHand", now: 0 }, { _tag: "ResumedByHand", now: 0 }), 0)
        ._tag,
      "AskTarget"
    )
  })

  type Happening = (state: OutQueueState.State, now: number, share: number) => OutQueueState.Event | null

  /** What is decided is done. The storage has now more, now less than is asked for. */
  const act: Happening = (state, now, share) => {
    const action = OutQueueState.decide(state, now)
    switch (action._tag) {
      case "Claim":
        return claimed(Math.floor(share * action.limit), action.limit, now + 50)
      case "Record":
        return { _tag: "Recorded", items: state.ended, now }
      case "AskTarget":
        return share < 0.8 ? answered : { _tag: "TargetFailed", authority: unreachable, now }
      case "Wait":
        return action.until !== null && action.until <= now ? { _tag: "Woken" } : null
    }
  }
  const deliveryEnds: Happening = ({ claimed, ended: before }, now, share) => {
    if (claimed === before) return null
    return share < 0.8
      ? ended(now)
      : { _tag: "Ended", authority: share < 0.9 ? unreachable : suspect, isProof: false, now }
  }
  const isTold: Happening = (_state, now, share) => {
    if (share < 0.3) return { _tag: "PausedByHand", now: 0 }
    return share < 0.7 ? { _tag: "ResumedByHand", now } : { _tag: "Woken" }
  }
  const Step = fc.record({
    happening: fc.constantFrom(act, act, deliveryEnds, deliveryEnds, deliveryEnds, isTold),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    millis: fc.nat(200)
  })

  it("claims what it has room for, delivers only while it works, and is never stuck, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(Step, { maxLength: 200 }), (steps) => {
        let state = OutQueueState.initial(concurrency, false, 0)
        let now = 0
        for (const { happening, millis, share } of steps) {
          now += millis
          const event = happening(state, now, share)
          if (event !== null) state = OutQueueState.next(state, event)
          const action = OutQueueState.decide(state, now)
          assert.isAtLeast(state.ended, 0)
          assert.isAtLeast(state.claimed, state.ended)
          if (action._tag === "Claim") {
            assert.isTrue(OutQueueState.mayDeliver(state))
            if (state.activity._tag === "Probing") assert.deepStrictEqual([state.claimed, action.limit], [0, 1])
            else assert.isAtLeast(action.limit, concurrency)
            assert.isAtMost(state.claimed + action.limit, state.prefetch)
          }
          if (action._tag === "Record") assert.isAbove(state.ended, 0)
          // Whoever waits for nobody waits for a worker, a time, or a hand.
          if (action._tag === "Wait" && action.until === null) {
            assert.isTrue(
              state.claimed > state.ended || state.supply._tag === "Exhausted" || state.activity._tag === "PausedByHand"
            )
          }
        }
      })
    )
  })
})
