import { assert, describe, it } from "@effect/vitest"
import * as Connector from "@id-connector/core/Connector"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { Directory, DirectoryError } from "@id-connector/core/directory/Directory"
import * as Events from "@id-connector/core/events/Events"
import * as FailurePolicy from "@id-connector/core/queue/out/FailurePolicy"
import * as OutQueueTrash from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import {
  CredentialsRefused,
  type DeliveryError,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import * as Plugin from "@id-connector/core/targets/Plugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import * as MemorySpool from "@id-connector/testkit/memory/MemorySpool"
import { quietly } from "@id-connector/testkit/Quietly"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Scope, Stream, TestClock } from "effect"

/** A target that does what it is told: it notes each delivery, and fails as the test wants. */
class Stub extends Context.Tag("test/Stub")<
  Stub,
  {
    readonly deliveries: Array<{
      readonly authority: string
      readonly label: string
      readonly delivery: Plugin.Delivery
    }>
    /** What the next deliveries of an object fail with, first first. */
    readonly failures: Map<string, Array<DeliveryError>>
    /** What the next pings of an authority fail with. */
    readonly pings: Map<string, Array<DeliveryError>>
    /** Deliveries of these objects wait for the gate. */
    readonly gates: Map<string, Deferred.Deferred<void>>
    /** For these authorities the plugin throws. */
    readonly broken: Set<string>
    atWork: number
    mostAtWork: number
  }
>() {}

const done: Plugin.Delivered = { outcome: "modified", detail: null, warnings: [], receipt: "receipt" }

const stubPlugin = (stub: Context.Tag.Service<Stub>): Plugin.Plugin =>
  Plugin.make({
    name: "kelvin",
    handler: (authority) => {
      if (stub.broken.has(authority.name)) throw new Error("the plugin is broken")
      let isConnected = true
      const connection = Effect.addFinalizer(() =>
        Effect.sync(() => {
          isConnected = false
        })
      )
      return Effect.as(connection, {
        ping: () => {
          const failure = stub.pings.get(authority.name)?.shift()
          return failure === undefined ? Effect.void : Effect.fail(failure)
        },
        deliver: (delivery: Plugin.Delivery) =>
          Effect.gen(function* () {
            const label = ListenerObject.label(delivery.object)
            stub.deliveries.push({ authority: authority.name, label, delivery })
            stub.atWork += 1
            stub.mostAtWork = Math.max(stub.mostAtWork, stub.atWork)
            const gate = stub.gates.get(label)
            if (gate !== undefined) yield* Deferred.await(gate)
            yield* Effect.yieldNow()
            if (!isConnected) {
              return yield* new TargetUnavailable({
                detail: "the connection was closed",
                retryAfter: null,
                answered: false
              })
            }
            const failure = stub.failures.get(label)?.shift()
            if (failure !== undefined) return yield* failure
            if (delivery.object._tag !== "RemovedUser") return done
            yield* delivery.mayDelete
            return { ...done, outcome: "removed" as const, receipt: null }
          }).pipe(
            Effect.ensuring(
              Effect.sync(() => {
                stub.atWork -= 1
              })
            )
          ),
        preview: () => Effect.die("nobody asks for a preview here"),
        check: () => []
      })
    }
  })

const StubLive = Layer.sync(Stub, () => ({
  deliveries: [],
  failures: new Map(),
  pings: new Map(),
  gates: new Map(),
  broken: new Set<string>(),
  atWork: 0,
  mostAtWork: 0
}))

const authority = (name: string, active = true) => Builders.authority(name, { active })

const user = (username: string, schools: readonly [string, ...ReadonlyArray<string>], id = `id-${username}`) =>
  Builders.user(username, { schools, id })

const gone = (username: string, id = `id-${username}`) => Builders.removedUser(username, { schools: ["A1"], id })

const { base, schoolClass } = Builders

const world = (authorities: ReadonlyArray<unknown>) => {
  const Here = Layer.mergeAll(
    MemoryQueueStore.layer,
    MemorySpool.layer,
    MemoryDirectory.layer(),
    MemoryConfigStore.layer(MemoryConfigStore.configuration(authorities, { A1: "A", A2: "A", B1: "B" })),
    Events.layer,
    QueueNotifier.layer,
    OutQueueTrash.none,
    Layer.succeed(SourceDomain, { layout: { ...defaultLayout, base }, sourceUid: Effect.succeed("SOURCE") }),
    Layer.effect(
      Plugin.Plugins,
      Effect.map(Stub, (stub) => [stubPlugin(stub)])
    )
  ).pipe(Layer.provideMerge(StubLive))
  return Here
}

/** Lets everything that can run run: the fibers of the connector share the thread with the test. */
const settle = Effect.yieldNow().pipe(Effect.repeatN(2_000))

const start = Layer.build(Connector.layer)

/** With plugins besides that of the stub. */
const startWith = (more: ReadonlyArray<Plugin.Plugin>) =>
  Effect.flatMap(Plugin.Plugins, (plugins) =>
    Layer.build(Layer.provide(Connector.layer, Layer.succeed(Plugin.Plugins, [...plugins, ...more])))
  )

const labels = Effect.map(Stub, ({ deliveries }) => deliveries.map(({ label }) => label))

describe("Connector", () => {
  it.scoped("brings a change to the authority of its school, and removes the file", () =>
    Effect.gen(function* () {
      yield* start
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(
        deliveries.map(({ authority, label }) => [authority, label]),
        [["A", "anna"]]
      )
      assert.deepStrictEqual(yield* spool.names, [])
      assert.deepStrictEqual(yield* spool.trashed, [])
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("keeps files while the source directory does not answer, says why, and goes on when it does", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const directory = yield* Directory
      let isDown = true
      const unsteady = {
        ...directory,
        passwordHashes: (names: ReadonlyArray<string>) =>
          isDown
            ? new DirectoryError({ operation: "password hashes", detail: "nobody there" })
            : directory.passwordHashes(names)
      }
      const context = yield* Layer.build(Layer.provide(Connector.layer, Layer.succeed(Directory, unsteady)))
      const connector = Context.get(context, Connector.Connector)
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* spool.names, ["1.json"])
      assert.match((yield* connector.inQueue).heldUp ?? "", /source directory failed .* nobody there/)
      isDown = false
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna"])
      assert.isNull((yield* connector.inQueue).heldUp)
    }).pipe(Effect.provide(world([authority("A")])), quietly)
  )

  it.scoped("takes files over in the order of their names, users before groups", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", schoolClass("A1", "5a"))
      yield* spool.put("3.json", user("ben", ["A1"]))
      yield* spool.put("2.json", user("anna", ["A1"]))
      yield* start
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "ben", "A1-5a"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("delivers at most four objects at the same time, and one object only once at a time", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const stub = yield* Stub
      const gate = yield* Deferred.make<void>()
      for (const name of ["a", "b", "c", "d", "e", "f"]) {
        stub.gates.set(name, gate)
        yield* spool.put(`${name}.json`, user(name, ["A1"]))
      }
      yield* start
      yield* settle
      yield* spool.put("g.json", user("a", ["A1", "A2"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["a", "b", "c", "d"])
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.deepStrictEqual(yield* labels, ["a", "b", "c", "d", "e", "f", "a"])
      assert.strictEqual(stub.mostAtWork, 4)
      assert.deepStrictEqual(stub.deliveries[6]?.delivery.receipt, "receipt")
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("delivers a removal before the new account that takes its name or record UID", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const stub = yield* Stub
      const gate = yield* Deferred.make<void>()
      yield* start
      yield* spool.put("0.json", user("anna", ["A1"], "old"))
      yield* settle
      stub.gates.set("anna", gate)
      yield* spool.put("1.json", gone("anna", "old"))
      yield* spool.put("2.json", user("anna", ["A1"], "new"))
      yield* spool.put("3.json", user("ben", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "anna", "ben"])
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(
        deliveries.map(({ delivery: { object } }) => [object._tag, object.id]),
        [
          ["ChangedUser", "old"],
          ["RemovedUser", "old"],
          ["ChangedUser", "id-ben"],
          ["ChangedUser", "new"]
        ]
      )
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("gives a removal the previous state, and to everybody who has the user still", () =>
    Effect.gen(function* () {
      yield* start
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", user("mia", ["A1", "B1"]))
      yield* settle
      yield* spool.put("2.json", user("mia", ["A1"]))
      yield* settle
      yield* spool.put("3.json", gone("mia"))
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(
        deliveries.map(({ authority, delivery: { object } }) => [authority, object._tag, object.previous]),
        [
          ["A", "ChangedUser", null],
          ["B", "ChangedUser", null],
          ["A", "ChangedUser", { schools: ["A1", "B1"], record_uid: "rec-mia", source_uid: "S", username: "mia" }],
          ["B", "ChangedUser", { schools: ["A1", "B1"], record_uid: "rec-mia", source_uid: "S", username: "mia" }],
          ["A", "RemovedUser", { schools: ["A1"], record_uid: "rec-mia", source_uid: "S", username: "mia" }],
          // The plugin did not say that it has removed the user.
          ["B", "RemovedUser", { schools: ["A1"], record_uid: "rec-mia", source_uid: "S", username: "mia" }]
        ]
      )
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("goes on with good files while the trash does not work, and empties the in queue once it does", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.breakTrash(true)
      yield* spool.put("1.json", "{ not json ]")
      yield* spool.put("2.json", user("nobody", ["X"]))
      yield* spool.put("3.json", user("good", ["A1"]))
      yield* spool.put("notes.txt", "not a listener file")
      yield* start
      yield* settle
      // Nobody writes it any more.
      yield* TestClock.adjust("10 seconds")
      yield* spool.put("3a.json", user("fine", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["good", "fine"])
      assert.deepStrictEqual(yield* spool.trashed, [])
      yield* spool.breakTrash(false)
      yield* spool.put("4.json", user("better", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["good", "fine", "better"])
      assert.deepStrictEqual([...(yield* spool.trashed)].sort(), ["1.json", "2.json", "notes.txt"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("moves what is nobody's and what is broken to the trash, and goes on with the rest", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", "{ not json")
      yield* spool.put("2.json", { ...user("bad", ["A1"]), options: [] })
      yield* spool.put("3.json", user("nobody", ["X"]))
      yield* spool.put("4.json", user("good", ["A1"]))
      yield* start
      yield* settle
      assert.deepStrictEqual(yield* labels, ["good"])
      assert.deepStrictEqual(yield* spool.trashed, ["1.json", "2.json", "3.json"])
      assert.deepStrictEqual(yield* spool.names, [])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("leaves a file alone while it may still be written, and what comes after it", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const whole = JSON.stringify(user("anna", ["A1"]))
      yield* spool.put("1.json", whole.slice(0, 40))
      yield* spool.put("2.json", user("ben", ["A1"]))
      yield* start
      yield* settle
      assert.deepStrictEqual(yield* labels, [])
      yield* spool.put("1.json", whole)
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "ben"])
      assert.deepStrictEqual(yield* spool.trashed, [])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("discards a file that stays broken off for five seconds", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", "{")
      yield* spool.put("2.json", user("ben", ["A1"]))
      yield* spool.put("notes.txt", "hello")
      yield* start
      yield* settle
      assert.deepStrictEqual(yield* spool.trashed, [])
      yield* TestClock.adjust("5 seconds")
      yield* settle
      assert.deepStrictEqual(yield* spool.trashed, ["1.json", "notes.txt"])
      assert.deepStrictEqual(yield* labels, ["ben"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("leaves the in queue alone while nothing is configured, and starts when something is", () =>
    Effect.gen(function* () {
      yield* start
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* spool.names, ["1.json"])
      const config = yield* MemoryConfigStore.MemoryConfigStore
      yield* config.set(MemoryConfigStore.configuration([authority("A")], { A1: "A" }))
      yield* settle
      assert.deepStrictEqual(yield* spool.names, [])
      assert.deepStrictEqual(yield* labels, ["anna"])
    }).pipe(Effect.provide(world([])))
  )

  it.scoped("shows an authority whose file is away though nothing waits for it, and deletes it with all it has", () =>
    Effect.gen(function* () {
      const context = yield* start
      const { deleteAuthority, status } = Context.get(context, Connector.Connector)
      const spool = yield* MemorySpool.MemorySpool
      const config = yield* MemoryConfigStore.MemoryConfigStore
      const store = yield* QueueStore
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      const a = SchoolAuthority.AuthorityName.make("A")
      assert.strictEqual(yield* store.receipt(a, "user:id-anna"), JSON.stringify({ kelvin: "receipt" }))
      const away = MemoryConfigStore.configuration([authority("B")], { A1: "A" })
      yield* config.set({ ...away, absent: new Map([[a, 5]]) })
      yield* settle
      const [shown] = yield* status
      assert.deepInclude(shown, { authority: a, configured: { since: 5 }, waiting: 0, status: null })
      yield* deleteAuthority("A")
      yield* config.set(MemoryConfigStore.configuration([authority("A"), authority("B")], { A1: "A" }))
      yield* settle
      assert.strictEqual(yield* store.holding(a), 0)
      yield* spool.put("2.json", user("anna", ["A1"]))
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(
        deliveries.map(({ delivery }) => delivery.receipt),
        [null, null]
      )
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("follows the configuration though a plugin throws: what is switched off delivers nothing", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      stub.broken.add("B")
      const spool = yield* MemorySpool.MemorySpool
      const config = yield* MemoryConfigStore.MemoryConfigStore
      yield* start
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      const set = (...authorities: ReadonlyArray<unknown>) =>
        Effect.zipRight(config.set(MemoryConfigStore.configuration(authorities, { A1: "A", B1: "B" })), settle)
      yield* set(authority("A", false), authority("B"))
      yield* spool.put("2.json", user("ben", ["A1", "B1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna"])
      stub.broken.clear()
      yield* set(authority("A"), authority("B", false))
      yield* set(authority("A"), authority("B"))
      assert.deepStrictEqual(
        stub.deliveries.map(({ authority, label }) => `${authority} ${label}`),
        ["A anna", "A ben", "B ben"]
      )
    }).pipe(Effect.provide(world([authority("A"), authority("B")])), quietly)
  )

  it.scoped("keeps the items of an inactive authority until it is activated", () =>
    Effect.gen(function* () {
      yield* start
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, [])
      const config = yield* MemoryConfigStore.MemoryConfigStore
      yield* config.set(MemoryConfigStore.configuration([authority("A")], { A1: "A" }))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna"])
    }).pipe(Effect.provide(world([authority("A", false)])))
  )

  it.scoped(
    "finishes what is at work when an authority is switched off, gives up what hangs, and repeats only that",
    () =>
      Effect.gen(function* () {
        const stub = yield* Stub
        const spool = yield* MemorySpool.MemorySpool
        const config = yield* MemoryConfigStore.MemoryConfigStore
        const gate = yield* Deferred.make<void>()
        stub.gates.set("anna", gate)
        stub.gates.set("ben", yield* Deferred.make<void>())
        yield* spool.put("1.json", user("anna", ["A1"]))
        yield* spool.put("2.json", user("ben", ["A1"]))
        const connector = Context.get(yield* start, Connector.Connector)
        yield* settle
        const set = (active: boolean) =>
          config.set(MemoryConfigStore.configuration([authority("A", active)], { A1: "A" }))
        yield* set(false)
        yield* settle
        yield* Deferred.succeed(gate, undefined)
        yield* settle
        yield* TestClock.adjust("10 seconds")
        yield* settle
        const [stopped] = yield* connector.status
        assert.deepStrictEqual([stopped?.waiting, stopped?.inFlight], [1, 0])
        stub.gates.delete("ben")
        yield* set(true)
        yield* settle
        assert.deepStrictEqual(yield* labels, ["anna", "ben", "ben"])
        const [after] = yield* connector.status
        assert.deepStrictEqual([after?.waiting, after?.inFlight, after?.dead], [0, 0, 0])
      }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("pauses an authority that can't be reached, and resumes by itself; others do not notice", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const connector = Context.get(yield* start, Connector.Connector)
      const unavailable = () =>
        new TargetUnavailable({ detail: "connection refused", retryAfter: null, answered: true })
      yield* settle
      stub.failures.set("anna", [unavailable()])
      stub.pings.set("A", [unavailable()])
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("bob", ["B1"]))
      yield* settle
      const [a, b] = yield* connector.status
      assert.deepStrictEqual([a?.status?._tag, a?.waiting, b?.status?._tag, b?.waiting], ["Paused", 1, "Running", 0])
      yield* TestClock.adjust("5 seconds")
      yield* settle
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "bob", "anna"])
      const [after] = yield* connector.status
      assert.deepStrictEqual([after?.status?._tag, after?.waiting, after?.dead], ["Running", 0, 0])
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("goes on with the others when a single delivery gets no answer, time and again", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const connector = Context.get(yield* start, Connector.Connector)
      const unanswered = () => new TargetUnavailable({ detail: "socket hang up", retryAfter: null, answered: false })
      yield* settle
      stub.failures.set("anna", Array.from({ length: 12 }, unanswered))
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("ben", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "ben"])
      for (let time = 0; time < 20; time++) {
        yield* TestClock.adjust("10 minutes")
        yield* spool.put(`3-${time}.json`, user(`pupil${time}`, ["A1"]))
        yield* settle
        assert.strictEqual((yield* connector.status)[0]?.status?._tag, "Running")
      }
      const [status] = yield* connector.status
      assert.deepStrictEqual([status?.waiting, status?.dead, stub.failures.get("anna")?.length], [0, 0, 0])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("asks an authority before the first delivery, and says why it waits", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      stub.pings.set("A", [new CredentialsRefused({ detail: "Incorrect username or password" })])
      yield* spool.put("1.json", user("anna", ["A1"]))
      const connector = Context.get(yield* start, Connector.Connector)
      yield* settle
      const [a] = yield* connector.status
      assert.deepStrictEqual(yield* labels, [])
      assert.ok(a?.status?._tag === "Paused" && a.status.reason.includes("Incorrect username or password"))
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("tries an object again at which the target failed, and delivers others meanwhile", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const evidence = { method: "POST", path: "/users/", requestId: null, body: {}, status: 500, response: "" }
      stub.failures.set("anna", [new TargetFailed({ detail: "Internal server error", evidence })])
      yield* start
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("ben", ["A1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "ben"])
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.deepStrictEqual(yield* labels, ["anna", "ben", "anna"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("keeps a dead letter of what the target refuses, until a newer change comes", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const evidence = { method: "POST", path: "/users/", requestId: null, body: {}, status: 422, response: "" }
      stub.failures.set("anna", [new TargetRefused({ detail: "no", evidence })])
      const connector = Context.get(yield* start, Connector.Connector)
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      assert.deepStrictEqual((yield* connector.status)[0]?.dead, 1)
      yield* spool.put("2.json", user("anna", ["A1"]))
      yield* settle
      assert.deepStrictEqual((yield* connector.status)[0]?.dead, 0)
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(deliveries[1]?.delivery.object.previous, {
        schools: ["A1"],
        record_uid: "rec-anna",
        source_uid: "S",
        username: "anna"
      })
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("retries and removes dead letters when somebody says so", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const store = yield* QueueStore
      const evidence = { method: "POST", path: "/users/", requestId: null, body: {}, status: 422, response: "" }
      const connector = Context.get(yield* start, Connector.Connector)
      for (let index = 0; index < 7; index++) {
        stub.failures.set(`p${index}`, [new TargetRefused({ detail: "no", evidence })])
        yield* spool.put(`${index}.json`, user(`p${index}`, ["A1"]))
      }
      yield* settle
      const a = SchoolAuthority.AuthorityName.make("A")
      const [first, second] = yield* store.list(a, { state: "dead", limit: 10 })
      assert.ok(first !== undefined && second !== undefined)
      assert.deepStrictEqual([yield* connector.retry(a, [first.id]), yield* connector.discard(a, [second.id])], [1, 1])
      yield* settle
      assert.deepStrictEqual((yield* connector.status)[0]?.dead, 5)
      assert.strictEqual(yield* connector.retryAll(a, "dead"), 5)
      yield* settle
      const [status] = yield* connector.status
      assert.deepInclude(status, { waiting: 0, inFlight: 0, dead: 0 })
      assert.deepInclude(status?.report, { delivered: 6, failed: 7, head: null })
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("holds deletions back when there are too many, until they are confirmed or discarded", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const connector = Context.get(yield* start, Connector.Connector)
      const a = SchoolAuthority.AuthorityName.make("A")
      for (let index = 0; index < 60; index++) yield* spool.put(`a${index}.json`, user(`p${index}`, ["A1"]))
      yield* settle
      for (let index = 0; index < 60; index++) yield* spool.put(`b${index}.json`, gone(`p${index}`))
      yield* spool.put("c.json", user("anna", ["A1"]))
      yield* settle
      assert.deepInclude((yield* connector.status)[0], { waiting: 0, inFlight: 0, held: 10, dead: 0 })
      assert.include(yield* labels, "anna")
      const [held] = yield* (yield* QueueStore).list(a, { state: "held", limit: 1 })
      assert.match(held?.lastError ?? "", /^The deletion is held back: 50 objects were deleted within the last hour/)
      yield* connector.discard(a, held === undefined ? [] : [held.id])
      const before = (yield* labels).length
      assert.strictEqual(yield* connector.retryAll(a, "held"), 9)
      yield* settle
      assert.deepInclude((yield* connector.status)[0], { waiting: 0, inFlight: 0, held: 0, dead: 0 })
      assert.strictEqual((yield* labels).length, before + 9)
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("delivers nothing while somebody has paused the queue, also after a restart", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const scope = yield* Scope.make()
      const a = SchoolAuthority.AuthorityName.make("A")
      const first = Context.get(yield* Layer.buildWithScope(Connector.layer, scope), Connector.Connector)
      yield* settle
      yield* first.pause(a)
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("bob", ["B1"]))
      yield* settle
      assert.deepStrictEqual(yield* labels, ["bob"])
      yield* Scope.close(scope, Exit.void)
      const second = Context.get(yield* start, Connector.Connector)
      yield* settle
      yield* TestClock.adjust("1 hour")
      assert.deepInclude((yield* second.status)[0], {
        waiting: 1,
        inFlight: 0,
        status: { _tag: "PausedByHand", since: null }
      })
      yield* second.resume(a)
      yield* settle
      assert.deepStrictEqual(yield* labels, ["bob", "anna"])
      assert.deepInclude((yield* second.status)[0], { waiting: 0, status: { _tag: "Running" } })
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("counts deletions anew after an hour", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const connector = Context.get(yield* start, Connector.Connector)
      for (let index = 0; index < 60; index++) yield* spool.put(`a${index}.json`, user(`p${index}`, ["A1"]))
      yield* settle
      for (let index = 0; index < 50; index++) yield* spool.put(`b${index}.json`, gone(`p${index}`))
      yield* settle
      yield* TestClock.adjust("61 minutes")
      for (let index = 50; index < 60; index++) yield* spool.put(`b${index}.json`, gone(`p${index}`))
      yield* settle
      assert.deepInclude((yield* connector.status)[0], { waiting: 0, held: 0 })
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("does not hold classes back for ever while users keep coming", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      yield* start
      for (let index = 0; index < 100; index++) yield* spool.put(`a${index}.json`, user(`p${index}`, ["A1"]))
      yield* spool.put("b.json", schoolClass("A1", "5a", ["p99"]))
      for (let index = 100; index < 400; index++) yield* spool.put(`c${index}.json`, user(`p${index}`, ["A1"]))
      yield* settle
      const order = yield* labels
      assert.strictEqual(order.length, 401)
      assert.isAbove(order.indexOf("A1-5a"), order.indexOf("p99"))
      assert.isBelow(order.indexOf("A1-5a"), 200)
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("serves an authority that has little to do while another has much", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const stub = yield* Stub
      for (let index = 0; index < 300; index++) yield* spool.put(`a${index}.json`, user(`p${index}`, ["A1"]))
      yield* spool.put("b.json", user("bob", ["B1"]))
      yield* start
      yield* settle
      const at = stub.deliveries.findIndex(({ label }) => label === "bob")
      assert.isBelow(at, 60)
      assert.strictEqual(stub.deliveries.length, 301)
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("keeps an item whose references are unknown, and says so", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      const events = yield* Events.Events
      stub.failures.set("A1-5a", [new ReferencesUnknown({ attribute: "users", names: ["zoe"] })])
      yield* start
      const delayed = yield* events.stream.pipe(
        Stream.filter((event) => event._tag === "DeliveryDelayed"),
        Stream.runHead,
        Effect.fork
      )
      yield* settle
      yield* spool.put("1.json", schoolClass("A1", "5a"))
      yield* settle
      const event = yield* Effect.flatten(Fiber.join(delayed))
      assert.ok(event._tag === "DeliveryDelayed" && event.reason.includes("zoe"))
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.deepStrictEqual(yield* labels, ["A1-5a", "A1-5a"])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("holds back the changes of an object at which a plugin fails, and goes on with those of others", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const ill = new Set(["anna", "never"])
      const seen: Array<string> = []
      const faulty = Plugin.make({
        name: "faulty",
        handler: () => ({ deliver: () => ({ outcome: "unchanged" }) }),
        preprocess: (object) => {
          const label = ListenerObject.label(object)
          seen.push(label)
          if (label === "never") return Effect.never
          if (ill.has(label)) throw new Error("no idea")
          return object
        },
        distribute: (object) => (ListenerObject.label(object) === "ben" ? ["B"] : [])
      })
      const connector = Context.get(yield* startWith([faulty]), Connector.Connector)
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("never", ["A1"]))
      yield* spool.put("3.json", user("anna", ["A1", "A2"]))
      yield* spool.put("4.json", user("ben", ["A1"]))
      yield* settle
      // Others wait that long for one that may be slow.
      yield* TestClock.adjust("1 second")
      yield* settle
      const delivered = Effect.map(Stub, ({ deliveries }) =>
        deliveries.map(({ authority, label }) => `${label} to ${authority}`).sort()
      )
      assert.deepStrictEqual(yield* delivered, ["ben to A", "ben to B"])
      assert.deepStrictEqual(yield* spool.names, ["1.json", "2.json", "3.json"])
      assert.deepStrictEqual((yield* connector.inQueue).heldBack, {
        files: 3,
        reason: 'The plugin "faulty" is faulty: its hook preprocess threw Error: no idea.'
      })
      assert.deepStrictEqual(seen, ["anna", "never", "ben"], "the second change of anna waits for the first")

      ill.clear()
      yield* TestClock.adjust("5 seconds")
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(yield* spool.names, ["2.json"])
      const last = deliveries.at(-1)?.delivery.object
      assert.deepStrictEqual(last?._tag === "ChangedUser" && last.schools, ["A1", "A2"])
      yield* TestClock.adjust("1 minute")
      yield* settle
      assert.match((yield* connector.inQueue).heldBack?.reason ?? "", /did not end within 1m/)
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )

  it.scoped("pauses an authority that names a plugin which is not there, until it is", () =>
    Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      const connector = Context.get(yield* start, Connector.Connector)
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* settle
      const [status] = yield* connector.status
      assert.deepStrictEqual([status?.waiting, status?.dead], [1, 0])
      assert.match(
        status?.status?._tag === "Paused" ? status.status.reason : "",
        /there is no plugin "webhook" \(there are: kelvin\)/
      )
    }).pipe(Effect.provide(world([{ ...authority("A"), plugins: ["webhook"] }])))
  )

  it.scoped("tries an object again at which the plugin dies, buries it in the end, and goes on with others", () =>
    Effect.gen(function* () {
      const stub = yield* Stub
      const spool = yield* MemorySpool.MemorySpool
      stub.gates.set("anna", yield* Effect.map(Deferred.make<void>(), (gate) => gate))
      const connector = Context.get(yield* start, Connector.Connector)
      const gate = stub.gates.get("anna")
      if (gate !== undefined) yield* Deferred.die(gate, new Error("a bug"))
      yield* spool.put("1.json", user("anna", ["A1"]))
      yield* spool.put("2.json", user("ben", ["A1"]))
      yield* settle
      const counts = Effect.map(connector.status, ([status]) => [status?.dead, status?.waiting, status?.inFlight])
      assert.deepStrictEqual(yield* counts, [0, 1, 0])
      assert.deepStrictEqual((yield* labels).sort(), ["anna", "ben"])
      for (let attempt = 2; attempt <= FailurePolicy.maxAttempts; attempt++) {
        yield* TestClock.adjust("10 minutes")
        yield* settle
      }
      assert.deepStrictEqual(yield* counts, [1, 0, 0])
    }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped(
    "ends ten seconds after it is told to, though a target hangs, and delivers that again at the next start",
    () =>
      Effect.gen(function* () {
        const stub = yield* Stub
        const spool = yield* MemorySpool.MemorySpool
        stub.gates.set("anna", yield* Deferred.make<void>())
        const scope = yield* Scope.make()
        yield* Layer.buildWithScope(Connector.layer, scope)
        yield* spool.put("1.json", user("anna", ["A1"]))
        yield* settle
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* settle
        yield* TestClock.adjust("9 seconds")
        yield* settle
        assert.isTrue(Option.isNone(yield* Fiber.poll(closing)))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(closing)
        stub.gates.clear()
        yield* start
        yield* settle
        assert.deepStrictEqual(yield* labels, ["anna", "anna"])
      }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped(
    "pauses for a target that answers pings and fails at everything, keeps all items, and goes on when one succeeds",
    () =>
      Effect.gen(function* () {
        const stub = yield* Stub
        const spool = yield* MemorySpool.MemorySpool
        const evidence = { method: "PATCH", path: "/", requestId: null, body: null, status: 500, response: null }
        const ill = Array.from({ length: 1_000 }, () => new TargetFailed({ detail: "no", evidence }))
        const names = Array.from({ length: 30 }, (_, index) => `p${index}`)
        for (const name of names) {
          stub.failures.set(name, [...ill])
          yield* spool.put(`${name}.json`, user(name, ["A1"]))
        }
        const connector = Context.get(yield* start, Connector.Connector)
        yield* settle
        const ofA = Effect.map(connector.status, ([status]) => status)
        assert.strictEqual((yield* ofA)?.status?._tag, "Paused")
        const first = stub.deliveries.length
        assert.isBelow(first, 15)
        for (let hour = 0; hour < 8; hour++) {
          yield* TestClock.adjust("1 hour")
          yield* settle
        }
        const night = yield* ofA
        assert.deepStrictEqual([night?.dead, night?.waiting, night?.status?._tag], [0, 30, "Paused"])
        assert.isBelow(stub.deliveries.length - first, 200)
        stub.failures.clear()
        for (let minutes = 0; minutes < 3; minutes++) {
          yield* TestClock.adjust("10 minutes")
          yield* settle
        }
        const morning = yield* ofA
        assert.deepStrictEqual([morning?.dead, morning?.waiting, morning?.status?._tag], [0, 0, "Running"])
      }).pipe(Effect.provide(world([authority("A")])))
  )

  it.scoped("takes a file that was preprocessed elsewhere as it is", () =>
    Effect.gen(function* () {
      yield* start
      const spool = yield* MemorySpool.MemorySpool
      yield* spool.put("1_ready.json", {
        ...user("anna", ["A1"]),
        old_data: { schools: ["B1"], record_uid: "old", source_uid: "S" },
        user_passwords: null
      })
      yield* settle
      const { deliveries } = yield* Stub
      assert.deepStrictEqual(
        deliveries.map(({ authority, delivery }) => [authority, delivery.object.previous]),
        [
          ["A", { schools: ["B1"], record_uid: "old", source_uid: "S" }],
          ["B", { schools: ["B1"], record_uid: "old", source_uid: "S" }]
        ]
      )
    }).pipe(Effect.provide(world([authority("A"), authority("B")])))
  )
})
