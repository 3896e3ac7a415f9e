import { assert, describe, it } from "@effect/vitest"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import * as Changes from "@id-connector/testkit/contract/QueueStoreContract/Changes"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import { Effect, Logger } from "effect"

const north = AuthorityName.make("North")
const mapped = (mapping: { readonly [school: string]: string }) => MemoryConfigStore.configuration([], mapping)

/** What the log says of the mapping. */
const noting = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.logfmtLogger, (line) => {
      if (line.includes("A school was")) lines.push(line.slice(line.indexOf("A school was")))
    })
  )

const settle = Effect.yieldNow().pipe(Effect.repeatN(200))

/** Two users of a school that north has. */
const delivered = Effect.gen(function* () {
  const store = yield* QueueStore
  for (const name of ["anna", "bert"]) {
    yield* store.accept([Changes.arrival(name, Changes.user(name, name), { to: [north] })])
  }
  for (const { id } of yield* store.claim(north, 9)) {
    yield* store.settle([{ _tag: "Done", id, receipt: null, result: "present" }])
  }
})

describe("ConfigurationChanges", () => {
  it.scoped("says school by school what a new mapping changes, and how many users stay where they were", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* delivered
      const follow = yield* ConfigurationChanges.make(null)
      yield* follow(mapped({ School1: "North", Other: "North" }))
      yield* settle
      assert.deepStrictEqual(lines, [])
      yield* follow(mapped({ SCHOOL1: "south", New: "south" }))
      yield* settle
      assert.lengthOf(lines, 3)
      assert.match(lines.join("\n"), /was added .*New.*\n?/)
      assert.match(lines.join("\n"), /was removed .*Other/)
      assert.match(lines.join("\n"), /was moved .*SCHOOL1.*North.*south.*users_staying\\":2/)
    }).pipe(Effect.provide(MemoryQueueStore.layer), Effect.provide(noting(lines)))
  })

  it.scoped("also says what has changed while nothing ran", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const follow = yield* ConfigurationChanges.make(SchoolMapping.make({ School1: "North", Same: "North" }))
      yield* follow(mapped({ School1: "south", Same: "North" }))
      yield* settle
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /was moved .*School1/)
    }).pipe(Effect.provide(MemoryQueueStore.layer), Effect.provide(noting(lines)))
  })
})
