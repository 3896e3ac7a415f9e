/** What every queue store keeps, whatever it stands on: a test suite. */
import { assert, describe, it } from "@effect/vitest"
import type { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import type { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { Effect, type Layer } from "effect"
import * as MemoryQueueStore from "../memory/MemoryQueueStore.js"
import { acceptContract } from "./QueueStoreContract/Accept.js"
import { claimContract } from "./QueueStoreContract/Claim.js"
import * as Exchanges from "./QueueStoreContract/Exchanges.js"
import { groupsContract } from "./QueueStoreContract/Groups.js"
import * as History from "./QueueStoreContract/History.js"
import { outboxContract } from "./QueueStoreContract/Outbox.js"
import { previousStatesContract } from "./QueueStoreContract/PreviousStates.js"
import { settleContract } from "./QueueStoreContract/Settle.js"
import type { Test } from "./QueueStoreContract/Steps.js"

// @effect-diagnostics strictEffectProvide:off -- each test gets a store of its own.

/** Defines the suite. `layer` is built anew for each test, and has to be empty then. */
export const queueStoreContract = <E>(
  name: string,
  layer: Layer.Layer<QueueStore | PreviousStateStore | HistoryOutbox, E>
): void => {
  const test: Test = (title, body) => it.effect(title, () => Effect.provide(Effect.flatMap(QueueStore, body), layer))

  describe(`QueueStore on ${name}`, () => {
    describe("claim", () => claimContract(test))
    describe("accept", () => acceptContract(test))
    describe("settle", () => settleContract(test))
    describe("causes", () => groupsContract(test))
    describe("previous states", () => previousStatesContract(test))
    describe("the outbox of the history", () => outboxContract(test))

    it.effect.prop(
      "Q25: loses nothing, has no object in flight twice, and shows what the store in memory shows",
      [History.Commands],
      ([commands]) =>
        Effect.gen(function* () {
          const seen = yield* Effect.provide(History.run(commands), layer)
          const expected = yield* Effect.provide(History.run(commands), MemoryQueueStore.layer)
          assert.deepStrictEqual(seen, expected)
        }),
      { fastCheck: { numRuns: 50 }, timeout: 120_000 }
    )

    it.effect.prop(
      "Q40: brings objects that exchange, free and hand over what is theirs to what the source says",
      [Exchanges.Commands],
      ([commands]) => Effect.provide(Exchanges.run(commands), layer),
      { fastCheck: { numRuns: 50 }, timeout: 120_000 }
    )
  })
}
