import { assert, describe, it } from "@effect/vitest"
import * as ConfigState from "@id-connector/core/config/ConfigState"
import { ConfigurationNotSaved } from "@id-connector/core/config/ConfigStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import { Effect, Either, Stream } from "effect"

const authority = (name: string) => Either.getOrThrow(SchoolAuthority.decode(Builders.authority(name)))

const first = {
  ...MemoryConfigStore.configuration([Builders.authority("North")], { A: "North" }),
  problems: [
    { authority: authority("South").name, problem: "url: is missing" },
    { authority: null, problem: "the mapping is empty" }
  ],
  absent: new Map([[authority("West").name, 1]])
}

/** A store whose changes are kept in a list, or on a disk that is full. */
const store = (isFull = false) =>
  Effect.gen(function* () {
    const saved: Array<string> = []
    const save = (what: string) =>
      isFull ? new ConfigurationNotSaved({ detail: "no space" }) : Effect.sync(() => void saved.push(what))
    const config = yield* ConfigState.make(first, {
      saveAuthority: ({ name, url }) => save(`${name} ${url}`),
      removeAuthority: (name) => save(`no ${name}`),
      saveMapping: (mapping) => save(JSON.stringify(mapping))
    })
    const names = Effect.map(config.current, ({ authorities }) => authorities.map(({ name }) => String(name)))
    return { config, names, saved }
  })

const url = "https://other.example.com/ucsschool/kelvin/v1/"

describe("ConfigState", () => {
  it.effect("saves each change, and then shows it, sorted by name", () =>
    Effect.gen(function* () {
      const { config, names, saved } = yield* store()
      yield* config.create(authority("East"))
      assert.deepStrictEqual(yield* names, ["East", "North"])
      const changed = yield* config.update("North", (before) => Effect.succeed({ ...before, url }))
      assert.strictEqual(changed.url, url)
      yield* config.remove("East")
      yield* config.setMapping({ B: "North" })
      assert.deepStrictEqual(saved, [`East ${authority("East").url}`, `North ${url}`, "no East", '{"B":"North"}'])
      const now = yield* Stream.runHead(config.changes).pipe(Effect.flatten)
      assert.deepStrictEqual([yield* names, now.authorities[0]?.url], [["North"], url])
    })
  )

  it.effect("keeps the name of one that is changed, whatever the change says", () =>
    Effect.gen(function* () {
      const { config, names } = yield* store()
      yield* config.update("North", () => Effect.succeed(authority("Renamed")))
      assert.deepStrictEqual(yield* names, ["North"])
    })
  )

  it.effect("has no more of the problems, and of the absence, that a change has ended", () =>
    Effect.gen(function* () {
      const { config } = yield* store()
      const seen = Effect.map(config.current, ({ absent, problems }) => [
        ...problems.map(({ authority }) => authority ?? "all"),
        ...absent.keys()
      ])
      yield* config.create(authority("South"))
      assert.deepStrictEqual<unknown>(yield* seen, ["all", "West"])
      yield* config.setMapping({})
      assert.deepStrictEqual<unknown>(yield* seen, ["West"])
      yield* config.remove("West")
      assert.deepStrictEqual<unknown>(yield* seen, [])
    })
  )

  it.effect("refuses one that is there already, and the change of one that is not", () =>
    Effect.gen(function* () {
      const { config, saved } = yield* store()
      const messages = yield* Effect.all([
        Effect.flip(config.create(authority("North"))),
        Effect.flip(config.update("Nobody", Effect.succeed)),
        Effect.flip(config.remove("Nobody"))
      ])
      assert.deepStrictEqual(
        messages.map(({ message }) => message),
        [
          'There is a school authority "North" already. Choose another name, or change that one.',
          'There is no school authority "Nobody".',
          'There is no school authority "Nobody".'
        ]
      )
      assert.deepStrictEqual(saved, [])
    })
  )

  it.effect("shows nothing that could not be saved", () =>
    Effect.gen(function* () {
      const { config } = yield* store(true)
      const failures = yield* Effect.all([
        Effect.flip(config.create(authority("East"))),
        Effect.flip(config.update("North", (before) => Effect.succeed({ ...before, url }))),
        Effect.flip(config.remove("North")),
        Effect.flip(config.setMapping({}))
      ])
      for (const { message } of failures) {
        assert.strictEqual(message, "The configuration could not be saved, nothing has changed: no space")
      }
      assert.deepStrictEqual(yield* config.current, first)
    })
  )
})
