import { Builders, Harness } from "@id-connector/testkit"
import { Effect } from "effect"
import { expect, test } from "vitest"

const { url: _, ...north } = Builders.authority("North")

test("what comes while the target is down is delivered when it is back", () =>
  Effect.gen(function* () {
    const harness = yield* Harness.make({
      authorities: [north],
      mapping: { School1: "North" },
      targets: { North: { faults: [{ down: { until: "2 days" } }, { nth: 1, of: "write", answer: 503 }] } }
    })
    yield* harness.drop(Builders.user("anna", { schools: ["School1"] }))
    yield* harness.settle()
    expect((yield* harness.outcome).paused.North).toMatch(/can't be reached now/)
    yield* harness.restart
    yield* harness.advance("2 days")
    yield* harness.settle()
    const { targets, undelivered } = yield* harness.outcome
    expect(targets.North?.users.map(({ name }) => name)).toEqual(["anna"])
    expect(undelivered).toEqual([])
  }).pipe(Effect.scoped, Effect.runPromise))
