import { assert, describe, it } from "@effect/vitest"
import * as FailurePolicy from "@id-connector/core/queue/out/FailurePolicy"
import {
  ConfigurationUnusable,
  CredentialsRefused,
  ObjectUndeliverable,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import { FastCheck as fc } from "effect"

const evidence = { method: "POST", path: "/", requestId: null, body: null, status: 500, response: null }

describe("FailurePolicy", () => {
  const of = (error: Parameters<typeof FailurePolicy.decide>[0], attempts = 0) => {
    const { authority, item } = FailurePolicy.decide(error, { attempts, random: 0.5 })
    return [item._tag, authority._tag]
  }

  it("decides every error for the item and for the authority", () => {
    assert.deepStrictEqual(of(new TargetUnavailable({ detail: "", retryAfter: null, answered: true })), [
      "Wait",
      "Pause"
    ])
    assert.deepStrictEqual(of(new CredentialsRefused({ detail: "" })), ["Wait", "Pause"])
    assert.deepStrictEqual(of(new ConfigurationUnusable({ problems: [""] })), ["Wait", "PauseUntilConfigured"])
    assert.deepStrictEqual(of(new TargetFailed({ detail: "", evidence })), ["Again", "GoOn"])
    assert.deepStrictEqual(of(new ReferencesUnknown({ attribute: "", names: [] }), 1_000), ["Again", "GoOn"])
    assert.deepStrictEqual(of(new TargetRefused({ detail: "", evidence })), ["GiveUp", "GoOn"])
    assert.deepStrictEqual(of(new ObjectUndeliverable({ reasons: [""] })), ["GiveUp", "GoOn"])
  })

  it("lets the others go on while one delivery gets no answer and the target answers a probe, not for ever", () => {
    const unanswered = new TargetUnavailable({ detail: "", retryAfter: null, answered: false })
    const decide = (answersProbe: boolean, unansweredInARow: number, attempts = 0) => {
      const { authority, item } = FailurePolicy.decide(unanswered, {
        attempts,
        random: 0,
        answersProbe,
        unansweredInARow
      })
      return [item._tag, authority._tag]
    }
    assert.deepStrictEqual(decide(true, 0), ["Again", "GoOn"])
    assert.deepStrictEqual(decide(true, 2, 1_000), ["Again", "GoOn"])
    assert.deepStrictEqual(decide(true, 3), ["Wait", "Pause"])
    assert.deepStrictEqual(decide(false, 0), ["Wait", "Pause"])
  })

  it("gives an item up at the tenth failure of the target, not before", () => {
    const at = (attempts: number) => of(new TargetFailed({ detail: "", evidence }), attempts)[0]
    assert.deepStrictEqual([at(8), at(9), at(10)], ["Again", "GiveUp", "GiveUp"])
  })

  it("takes it for the target when several objects fail in a row, and their attempts stay", () => {
    const failed = new TargetFailed({ detail: "", evidence })
    const at = (failedObjects: number, failedProbes: number) =>
      FailurePolicy.decide(failed, { attempts: 9, random: 1, failedObjects, failedProbes })
    assert.deepStrictEqual([at(4, 0).item._tag, at(4, 0).authority._tag], ["GiveUp", "GoOn"])
    const { authority, item } = at(5, 0)
    assert.ok(authority._tag === "Pause" && authority.isSuspect && authority.after === 5_000)
    assert.deepStrictEqual(item, { _tag: "Later", after: 10_000 })
    assert.deepStrictEqual(at(5, 20).item, { _tag: "Later", after: 600_000 })
  })

  it("never gives up for an answer that is not the target's own", () => {
    const page = new TargetFailed({ detail: "", evidence, isForeign: true })
    assert.deepStrictEqual(of(page, 1_000), ["Again", "GoOn"])
  })

  it("tries a few times when another account is in the way, since reads may lag behind writes", () => {
    const conflict = new TargetRefused({ detail: "", evidence, isConflict: true })
    assert.deepStrictEqual([of(conflict, 0)[0], of(conflict, 3)[0], of(conflict, 4)[0]], ["Again", "Again", "GiveUp"])
  })

  it("waits at least as long as the target asks", () => {
    const { authority } = FailurePolicy.decide(
      new TargetUnavailable({ detail: "", retryAfter: 17_000, answered: true }),
      {
        attempts: 0,
        random: 0
      }
    )
    assert.ok(authority._tag === "Pause" && authority.after === 17_000)
  })

  it("doubles the wait up to the longest, a fifth of it at random", () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const { first, longest } = FailurePolicy.authorityBackOff
        const wait = FailurePolicy.backOff(FailurePolicy.authorityBackOff, attempts, random)
        const whole = Math.min(longest, first * 2 ** attempts)
        assert.ok(wait >= 0.8 * whole - 1 && wait <= whole)
      })
    )
  })
})
