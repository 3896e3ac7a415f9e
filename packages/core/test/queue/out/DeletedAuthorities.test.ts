import { assert, describe, it } from "@effect/vitest"
import { Connector, layer as connector } from "@id-connector/core/Connector"
import * as Events from "@id-connector/core/events/Events"
import { OutQueueTrash } from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { Plugins } from "@id-connector/core/targets/Plugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import * as MemorySpool from "@id-connector/testkit/memory/MemorySpool"
import { quietly } from "@id-connector/testkit/Quietly"
import { Context, Effect, Layer, TestClock } from "effect"

const settle = Effect.yieldNow().pipe(Effect.repeatN(2_000))

describe("DeletedAuthorities", () => {
  it.scoped("goes on with what is left of a deleted authority after a defect", () => {
    const kept: Array<string> = []
    let isBroken = true
    const trash = Layer.succeed(OutQueueTrash, {
      keep: (authority, _, items) =>
        Effect.suspend(() => {
          if (isBroken) throw new Error("unexpected")
          kept.push(...items.map(({ object }) => `${authority} ${object.id}`))
          return Effect.void
        })
    })
    const world = Layer.mergeAll(
      MemoryQueueStore.layer,
      MemorySpool.layer,
      MemoryDirectory.layer(),
      MemoryConfigStore.layer(
        MemoryConfigStore.configuration([Builders.authority("North", { active: false })], { School1: "North" })
      ),
      Events.layer,
      QueueNotifier.layer,
      trash,
      Layer.succeed(SourceDomain, {
        layout: { ...defaultLayout, base: Builders.base },
        sourceUid: Effect.succeed("S")
      }),
      Layer.succeed(Plugins, [])
    )
    return Effect.gen(function* () {
      const { deleteAuthority } = Context.get(yield* Layer.build(connector), Connector)
      yield* (yield* MemorySpool.MemorySpool).put("1.json", Builders.user("anna", { schools: ["School1"], id: "a" }))
      yield* settle
      yield* deleteAuthority("North")
      yield* settle
      isBroken = false
      yield* TestClock.adjust("20 seconds")
      yield* settle
      assert.deepStrictEqual(kept, ["North a"])
      assert.deepStrictEqual(yield* (yield* QueueStore).deleted, [])
    }).pipe(Effect.provide(world), quietly)
  })
})
