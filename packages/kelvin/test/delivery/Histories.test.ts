import { assert, describe, it } from "@effect/vitest"
import * as Connector from "@id-connector/core/Connector"
import * as Events from "@id-connector/core/events/Events"
import { Spool, SpoolError } from "@id-connector/core/queue/in/Spool"
import * as OutQueueTrash from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { QueueStore, QueueStoreError, type QueueStoreShape } from "@id-connector/core/queue/QueueStore"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { Plugins, provide } from "@id-connector/core/targets/Plugin"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import * as MemoryQueueStore from "@id-connector/testkit/memory/MemoryQueueStore"
import * as MemorySpool from "@id-connector/testkit/memory/MemorySpool"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import {
  Context,
  Effect,
  Exit,
  Fiber,
  FastCheck as fc,
  Layer,
  Option,
  Redacted,
  Scope,
  TestClock,
  TestContext
} from "effect"

// --- what happens in the source directory ---------------------------------------------------------------------------

const schools = { North: ["N1", "N2"], South: ["S1"] } as const
const allSchools = [...schools.North, ...schools.South]
const classes = [
  { school: "N1", name: "5a" },
  { school: "S1", name: "6b" }
]

type Change =
  | { readonly _tag: "Write"; readonly user: number }
  | { readonly _tag: "Move"; readonly user: number; readonly school: number }
  | { readonly _tag: "NewRecord"; readonly user: number }
  | { readonly _tag: "Rename"; readonly user: number }
  | { readonly _tag: "Leave"; readonly user: number }
  | { readonly _tag: "Membership"; readonly user: number; readonly of: number }
  | { readonly _tag: "Class"; readonly of: number }

const user = fc.integer({ min: 0, max: 2 })
const of = fc.integer({ min: 0, max: 1 })
const school = fc.integer({ min: 0, max: 2 })
const tagged = <T extends string, M extends object>(tag: T, model: { [K in keyof M]: fc.Arbitrary<M[K]> }) =>
  fc.record({ _tag: fc.constant(tag), ...model })

const Change: fc.Arbitrary<Change> = fc.oneof(
  tagged("Write", { user }),
  tagged("Write", { user }),
  tagged("Move", { user, school }),
  tagged("NewRecord", { user }),
  tagged("Rename", { user }),
  tagged("Leave", { user }),
  tagged("Membership", { user, of }),
  tagged("Class", { of })
) as fc.Arbitrary<Change>

interface Pupil {
  readonly index: number
  account: number
  record: number
  version: number
  names: number
  school: string
  classes: Set<number>
  present: boolean
}

/** The listener files that a directory in order would write: who leaves a school leaves its classes, too. */
const filesOf = (changes: ReadonlyArray<Change>): ReadonlyArray<unknown> => {
  const files: Array<unknown> = []
  const pupils = [0, 1, 2].map(
    (index): Pupil => ({
      index,
      account: 0,
      record: 0,
      version: 0,
      names: 0,
      school: allSchools[index] ?? "N1",
      classes: new Set(),
      present: false
    })
  )
  const present = new Set<number>()
  const nameOf = ({ index, names }: Pupil) => `user${index}${"x".repeat(names % 3)}`
  const idOf = ({ account, index }: Pupil) => `id-${index}-${account}`
  const write = (pupil: Pupil) => {
    if (!pupil.present) pupil.account += 1
    pupil.present = true
    pupil.version += 1
    files.push(
      Builders.user(nameOf(pupil), {
        id: idOf(pupil),
        schools: [pupil.school],
        properties: {
          lastname: `v${pupil.version}`,
          title: pupil.version % 3 === 1 ? "Dr." : null,
          mailPrimaryAddress: pupil.version % 4 < 2 ? `${pupil.index}@example.com` : "",
          ucsschoolRecordUID: `rec-${pupil.index}-${pupil.record % 2}`,
          groups: [...pupil.classes].map((at) => Builders.classDn(classes[at]?.school ?? "", classes[at]?.name ?? ""))
        }
      })
    )
  }
  const writeClass = (at: number) => {
    const { name, school } = classes[at] ?? { name: "", school: "" }
    present.add(at)
    const members = pupils.filter((pupil) => pupil.classes.has(at)).map(nameOf)
    files.push(
      Builders.schoolClass(school, name, members, {
        description: files.length % 2 === 0 ? `${files.length}` : null
      })
    )
  }
  const leaveClasses = (pupil: Pupil) => {
    const left = [...pupil.classes]
    pupil.classes.clear()
    for (const at of left) if (present.has(at)) writeClass(at)
  }
  for (const change of changes) {
    if (change._tag === "Class") {
      if (present.delete(change.of)) {
        const { name, school } = classes[change.of] ?? { name: "", school: "" }
        const members = pupils.filter((pupil) => pupil.classes.delete(change.of))
        files.push(Builders.removedClass(school, name))
        for (const pupil of members) write(pupil)
      } else {
        writeClass(change.of)
      }
      continue
    }
    const pupil = pupils[change.user]
    if (pupil === undefined) continue
    if (!pupil.present) {
      write(pupil)
      continue
    }
    switch (change._tag) {
      case "Write":
        write(pupil)
        break
      case "Move":
        leaveClasses(pupil)
        pupil.school = allSchools[change.school] ?? "N1"
        write(pupil)
        break
      case "NewRecord":
        pupil.record += 1
        write(pupil)
        break
      case "Rename":
        pupil.names += 1
        write(pupil)
        for (const at of pupil.classes) writeClass(at)
        break
      case "Leave":
        leaveClasses(pupil)
        pupil.present = false
        files.push(Builders.removedUser(nameOf(pupil), { id: idOf(pupil), schools: [pupil.school] }))
        break
      case "Membership":
        if (!present.has(change.of) || classes[change.of]?.school !== pupil.school) break
        if (!pupil.classes.delete(change.of)) pupil.classes.add(change.of)
        writeClass(change.of)
        write(pupil)
    }
  }
  return files
}

// --- what goes wrong ------------------------------------------------------------------------------------------------

const Fault = fc.record({
  /** Before so many of the files. */
  at: fc.integer({ min: 0, max: 12 }),
  target: fc.constantFrom("North" as const, "South" as const),
  after: fc.integer({ min: 0, max: 4 }),
  times: fc.integer({ min: 1, max: 3 }),
  effect: fc.constantFrom(
    { _tag: "Status", status: 500 } as const,
    { _tag: "Status", status: 503, headers: { "retry-after": "7" } } as const,
    { _tag: "Status", status: 401, body: { detail: "Could not validate credentials" } } as const,
    { _tag: "Drop" } as const,
    { _tag: "DropAfter" } as const,
    { _tag: "Hang" } as const
  )
})

/** How the files come and what the process does between them. */
interface Course {
  /** So many files come at once. */
  readonly portion: number
  /** Before these files, counted from 0, the process is killed and starts again. */
  readonly kills: ReadonlySet<number>
  /** Whether there is time to deliver before each of the files. */
  readonly pauses: ReadonlySet<number>
  readonly faults: ReadonlyArray<typeof Fault extends fc.Arbitrary<infer A> ? A : never>
}

const Course: fc.Arbitrary<Course> = fc.record({
  portion: fc.integer({ min: 1, max: 4 }),
  kills: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }).map((at) => new Set(at)),
  pauses: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }).map((at) => new Set(at)),
  faults: fc.array(Fault, { maxLength: 5 })
})

const undisturbed: Course = { portion: 1, kills: new Set(), pauses: new Set(Array(500).keys()), faults: [] }

// --- the connector --------------------------------------------------------------------------------------------------

const hosts = { North: "north.example.com", South: "south.example.com" }

/** A process that was killed writes nothing any more, whatever its fibers still do. */
const mortal = (queue: QueueStoreShape, spool: Context.Tag.Service<Spool>) => {
  let isDead = false
  const gone = {
    queue: new QueueStoreError({ operation: "any", cause: "killed" }),
    spool: new SpoolError({ operation: "any", detail: "killed" })
  }
  const guard = <A extends object>(service: A, error: unknown): A =>
    Object.fromEntries(
      Object.entries(service).map(([name, member]) => {
        const wrap = (effect: unknown) =>
          Effect.isEffect(effect) ? Effect.suspend(() => (isDead ? Effect.fail(error) : effect)) : effect
        return [
          name,
          typeof member === "function" ? (...args: ReadonlyArray<unknown>) => wrap(member(...args)) : wrap(member)
        ]
      })
    ) as A
  return {
    kill: Effect.sync(() => {
      isDead = true
    }),
    services: Layer.mergeAll(
      Layer.succeed(QueueStore, guard(queue, gone.queue)),
      Layer.succeed(Spool, guard(spool, gone.spool))
    )
  }
}

/** Lets everything that can run run. */
const settle = Effect.yieldNow().pipe(Effect.repeatN(600))

/** Time passes, and all that is due by then is delivered. (Few large steps: each takes the test clock some real time.) */
const rest = (steps: ReadonlyArray<`${number} ${"seconds" | "minutes"}`>) =>
  Effect.forEach(steps, (step) => Effect.zipRight(TestClock.adjust(step), settle), { discard: true })

const moment = ["6 seconds", "30 seconds"] as const
const hours = ["10 minutes", "10 minutes", "60 minutes", "60 minutes", "60 minutes"] as const

/** What the targets hold after the files came in such a course. */
const outcome = (files: ReadonlyArray<unknown>, course: Course) =>
  Effect.gen(function* () {
    const north = yield* KelvinSimulator.make({ schools: schools.North })
    const south = yield* KelvinSimulator.make({ schools: schools.South })
    const simulators = { North: north, South: south }
    const client = KelvinSimulatorHttp.client({ [hosts.North]: north, [hosts.South]: south })
    const memory = yield* Layer.build(Layer.merge(MemoryQueueStore.layer, MemorySpool.layer))
    const drop = Context.get(memory, MemorySpool.MemorySpool)
    const authorities = (["North", "South"] as const).map((name) =>
      Builders.authority(name, {
        url: `https://${hosts[name]}/ucsschool/kelvin/v1/`,
        kelvin: { deletion_protection: false }
      })
    )
    const mapping = { N1: "North", N2: "North", S1: "South" }

    const start = Effect.gen(function* () {
      const { kill, services } = mortal(Context.get(memory, QueueStore), Context.get(memory, Spool))
      const World = Connector.layer.pipe(
        Layer.provide(
          Layer.effect(
            Plugins,
            Effect.map(Effect.context<KelvinPlugin.Needs>(), (context) => [provide(KelvinPlugin.kelvin, context)])
          )
        ),
        Layer.provide([
          services,
          Layer.succeed(TargetHttp.TargetHttp, { client: () => Effect.succeed(TargetHttp.fromHttpClient(client)) }),
          PasswordDigest.layer(Redacted.make(new Uint8Array(32))),
          MemoryDirectory.layer(),
          MemoryConfigStore.layer(MemoryConfigStore.configuration(authorities, mapping)),
          Events.layer,
          QueueNotifier.layer,
          OutQueueTrash.none,
          Layer.succeed(SourceDomain, {
            layout: { ...defaultLayout, base: Builders.base },
            sourceUid: Effect.succeed("S")
          })
        ])
      )
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(Layer.provideMerge(World, Layer.succeedContext(memory)), scope)
      return Effect.gen(function* () {
        yield* kill
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        // A delivery that hangs is waited for.
        while (Option.isNone(yield* Fiber.poll(closing))) {
          yield* settle
          yield* TestClock.adjust("10 seconds")
        }
      })
    })

    let kill = yield* start
    for (const [at, file] of files.entries()) {
      for (const fault of course.faults) {
        if (fault.at === at) simulators[fault.target].fail(fault)
      }
      yield* drop.put(`${String(at).padStart(6, "0")}.json`, file)
      if (at % course.portion === 0) yield* Effect.yieldNow().pipe(Effect.repeatN(course.portion * 30))
      if (course.pauses.has(at)) yield* course === undisturbed ? settle : rest(moment)
      if (course.kills.has(at)) {
        yield* kill
        kill = yield* start
      }
    }
    yield* settle
    north.clearFaults()
    south.clearFaults()
    yield* rest(hours)
    const counts = yield* Effect.forEach(["North", "South"] as const, (name) =>
      Context.get(memory, QueueStore).counts(name as never)
    )
    yield* kill
    return { north: north.state(), south: south.state(), counts }
  }).pipe(Effect.scoped)

describe("Any history of changes, faults and crashes", () => {
  it.effect(
    "ends as if every change had been delivered alone and nothing had gone wrong",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(Change, { minLength: 1, maxLength: 14 }), Course, (changes, course) =>
            Effect.gen(function* () {
              const files = filesOf(changes)
              const expected = yield* outcome(files, undisturbed)
              assert.deepStrictEqual(yield* outcome(files, course), expected)
            }).pipe(quietly, Effect.provide(TestContext.TestContext), Effect.runPromise)
          ),
          { numRuns: 40 }
        )
      ),
    300_000
  )
})
