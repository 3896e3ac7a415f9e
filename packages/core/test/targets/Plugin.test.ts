import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { ObjectUndeliverable, PluginFailed } from "@id-connector/core/targets/DeliveryError"
import * as Plugin from "@id-connector/core/targets/Plugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, Either, Fiber, TestClock } from "effect"

const authority = Either.getOrThrow(SchoolAuthority.decode(Builders.authority("A")))
const anna = Either.getOrThrow(ListenerObject.decode(Builders.user("anna", { schools: ["A1"] })))
const configuration = {
  authorities: [authority],
  mapping: SchoolMapping.make({ A1: "A" }),
  problems: [],
  absent: new Map()
}

const delivery: Plugin.Delivery = {
  object: anna,
  aliases: [],
  hadValues: [],
  sendAgain: false,
  othersWith: () => Effect.succeed([]),
  receipt: null,
  mayDelete: Effect.void,
  aside: null,
  contested: new Set(),
  wantsDifferences: false
}

/** What an author can do wrong, and how it is told. `answers`: what is wrong with nonsense differs from hook to hook. */
const mistakes: Record<string, readonly [act: () => unknown, told: RegExp]> = {
  throws: [
    () => {
      throw new TypeError("x is not a function")
    },
    /threw TypeError: x is not a function/
  ],
  "throws no error": [
    () => {
      throw "oops"
    },
    /threw oops/
  ],
  rejects: [() => Promise.reject(new Error("no route")), /failed with Error: no route/],
  dies: [() => Effect.die(new Error("a bug")), /threw Error: a bug/],
  "fails with something unknown": [() => Effect.fail({ some: "thing" }), /failed with \[object Object\]/],
  "interrupts itself": [() => Effect.interrupt, /interrupted itself/],
  "never ends": [() => Effect.never, /did not end within \d+[ms]/],
  "never ends, and can't be interrupted": [() => Effect.uninterruptible(Effect.never), /did not end within/],
  "answers nonsense": [() => Symbol("nonsense"), /answered with .*but .* is expected/]
}

const isSync = new Set(["throws", "throws no error", "answers nonsense"])

/** How each hook is called: what it ends with has a message when it went wrong. */
const hooks: Record<string, (act: () => unknown) => Effect.Effect<unknown, unknown>> = {
  deliver: (act) => withHandler({ deliver: act as never }, (handler) => handler.deliver(delivery)),
  preview: (act) => withHandler({ preview: act as never }, (handler) => handler.preview(delivery)),
  check: (act) =>
    withHandler({ check: act as never }, ({ check }) =>
      Effect.flatMap(check, ([found]) => Effect.fail({ message: found?.text }))
    ),
  handler: (act) =>
    Effect.scoped(Plugin.make({ name: "faulty", origin: "faulty.mjs", handler: act as never }).handler(authority)),
  preprocess: (act) => plugin({ preprocess: act as never }).preprocess?.(anna) ?? Effect.dieMessage("has no such hook")
}

const syncHooks: Record<string, (act: () => unknown) => Effect.Effect<unknown, unknown>> = {
  handles: (act) => {
    const one = plugin({ handles: act as never })
    assert.isTrue(one.handles(anna), "so that somebody hears of it")
    return Effect.scoped(Effect.flatMap(one.handler(authority), (handler) => handler.deliver(delivery)))
  },
  distribute: (act) =>
    plugin({ distribute: act as never }).distribute?.(anna, configuration) ?? Effect.dieMessage("has no such hook"),
  concurrency: (act) => warned(plugin({ concurrency: act as never })),
  deletionLimit: (act) => warned(plugin({ deletionLimit: act as never })),
  check: (act) => warned(plugin({ check: act as never }))
}

const warned = ({ check }: Plugin.Plugin) => Effect.fail({ message: check(authority).warnings[0] })

const plugin = (more: Partial<Plugin.Definition>) =>
  Plugin.make({
    name: "faulty",
    origin: "faulty.mjs",
    handler: () => ({ deliver: () => ({ outcome: "unchanged" }) }),
    ...more
  })

const withHandler = (
  hook: Partial<Plugin.HandlerDefinition>,
  use: (handler: Plugin.Handler) => Effect.Effect<unknown, unknown>
) =>
  Effect.scoped(
    Effect.flatMap(
      plugin({ handler: () => ({ deliver: () => ({ outcome: "unchanged" }), ...hook }) }).handler(authority),
      use
    )
  )

const told = (hook: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.flip(hook))
    yield* TestClock.adjust("10 minutes")
    const error = yield* Fiber.join(fiber)
    return String((error as { readonly message?: unknown }).message)
  })

describe("A plugin", () => {
  for (const [hook, call] of Object.entries(hooks)) {
    for (const [mistake, [act, expected]] of Object.entries(mistakes)) {
      it.effect(`whose ${hook} ${mistake} fails in that one call, and says so in one sentence`, () =>
        Effect.gen(function* () {
          const message = yield* told(call(act))
          assert.match(message, expected)
          assert.match(
            message,
            new RegExp(`^(plugins: )?The plugin "faulty" \\(faulty.mjs\\) is faulty: its hook ${hook} `)
          )
        })
      )
    }
  }

  for (const [hook, call] of Object.entries(syncHooks)) {
    for (const [mistake, [act, expected]] of Object.entries(mistakes)) {
      it.effect(`whose ${hook} ${mistake} is found out`, () =>
        Effect.gen(function* () {
          const message = yield* told(call(act))
          assert.match(message, isSync.has(mistake) ? expected : /answered with .*but .* is expected/)
        })
      )
    }
  }

  it.effect("needs a name and something that delivers; everything else has a default", () =>
    Effect.gen(function* () {
      const least = Plugin.make({ name: "least", handler: () => ({ deliver: () => ({ outcome: "created" }) }) })
      assert.isTrue(least.handles(anna))
      assert.strictEqual(least.concurrency(authority), 4)
      assert.deepStrictEqual(least.check(authority), { errors: [], warnings: [] })
      const handler = yield* least.handler(authority)
      yield* handler.ping
      assert.deepStrictEqual(yield* handler.deliver(delivery), {
        outcome: "created",
        detail: null,
        warnings: [],
        receipt: null,
        changed: null,
        differences: null,
        mapping: null,
        request: null
      })
      assert.match((yield* Effect.flip(handler.preview(delivery))).message, /its hook preview does not exist/)
      assert.deepStrictEqual(yield* handler.check, [
        {
          severity: "ok",
          about: "ping",
          code: "ping_answered",
          values: {},
          text: "The plugin has no check of its own. Its ping went well."
        }
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("may answer at once, with a promise or with an effect, and fail with what deliveries fail with", () =>
    Effect.gen(function* () {
      const refusal = new ObjectUndeliverable({ reasons: ["no e-mail address"] })
      const answers = [
        () => ({ outcome: "created" as const }),
        () => Promise.resolve({ outcome: "created" as const }),
        () => Effect.succeed({ outcome: "created" as const })
      ]
      for (const deliver of answers) {
        const { outcome } = yield* withHandler({ deliver }, (handler) => handler.deliver(delivery)) as Effect.Effect<
          Plugin.Delivered,
          PluginFailed
        >
        assert.strictEqual(outcome, "created")
      }
      for (const deliver of [() => Promise.reject(refusal), () => Effect.fail(refusal)]) {
        const error = yield* Effect.flip(withHandler({ deliver }, (handler) => handler.deliver(delivery)))
        assert.strictEqual(error, refusal)
      }
    })
  )

  it.effect("has the time that it asks for", () =>
    Effect.gen(function* () {
      const slow = plugin({
        timeLimits: { deliver: "10 minutes" },
        handler: () => ({ deliver: () => Effect.delay(Effect.succeed({ outcome: "created" as const }), "9 minutes") })
      })
      const handler = yield* slow.handler(authority)
      const fiber = yield* Effect.fork(handler.deliver(delivery))
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "created")
    }).pipe(Effect.scoped)
  )

  it.effect("may change an object, but not make it another one", () =>
    Effect.gen(function* () {
      const renamed = plugin({
        preprocess: (object) =>
          object._tag === "ChangedUser"
            ? { ...object, properties: { ...object.properties, username: "renamed" } }
            : object
      })
      const changed = yield* renamed.preprocess?.(anna) ?? Effect.dieMessage("has no such hook")
      assert.strictEqual(ListenerObject.label(changed), "renamed")
      const other = plugin({ preprocess: (object) => ({ ...object, id: "another" }) })
      const error = yield* Effect.flip(other.preprocess?.(anna) ?? Effect.dieMessage("has no such hook"))
      assert.match(error.message, /its hook preprocess answered with another object/)
      const broken = plugin({ preprocess: (object) => ({ ...object, properties: {} }) as never })
      assert.match(
        (yield* Effect.flip(broken.preprocess?.(anna) ?? Effect.dieMessage("has no such hook"))).message,
        /no listener object any more: .*username/
      )
      assert.instanceOf(error, PluginFailed)
    })
  )
})
