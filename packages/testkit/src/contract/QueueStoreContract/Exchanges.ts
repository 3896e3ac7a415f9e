/**
 * Random histories in which users swap, free and hand over names, record UIDs and e-mail addresses, and classes their names,
 * delivered to a target that gives each of them to one object only: whatever waits, is delayed or dead meanwhile, nobody is
 * refused for what one of ours has still whose change is not dead, and in the end everybody has what the source says.
 */
import { assert } from "@effect/vitest"
import * as Aside from "@id-connector/core/changes/Aside"
import * as Belonging from "@id-connector/core/changes/Belonging"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { isUser } from "@id-connector/core/changes/PreviousState"
import { type ClaimedItem, QueueStore, type Settlement } from "@id-connector/core/queue/QueueStore"
import { Effect, FastCheck, TestClock } from "effect"
import { arrival, group, north, user } from "./Changes.js"
import { attempt } from "./Steps.js"

const kinds = ["record", "name", "email", "class"] as const
type Kind = (typeof kinds)[number]

const ends = ["Done", "Done", "RetryAt", "Dead", "Release"] as const
type End = (typeof ends)[number]

/** Objects 0 to 3 are users, 4 to 6 classes. */
const users = [0, 1, 2, 3]
const classes = [4, 5, 6]

export type Command =
  /** Two objects exchange something. At the source the first one has something else in between. */
  | { readonly _tag: "Swap"; readonly kinds: ReadonlyArray<Kind>; readonly a: number; readonly b: number }
  /** Everybody gets what the one before had; the first one something new. */
  | { readonly _tag: "Promote"; readonly kind: Kind }
  /** The object gets something new. */
  | { readonly _tag: "Change"; readonly kind: Kind; readonly a: number }
  | {
      readonly _tag: "Deliver"
      readonly limit: number
      readonly how: ReadonlyArray<End>
    }
  | { readonly _tag: "Wait" }
  | { readonly _tag: "RetryDead" }

const index = FastCheck.integer({ min: 0, max: 11 })
const kind = FastCheck.constantFrom<Array<Kind>>(...kinds)

const Command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constant("Swap" as const),
    kinds: FastCheck.subarray<Kind>(["record", "name", "email"], { minLength: 1 }),
    a: index,
    b: index
  }),
  FastCheck.record({
    _tag: FastCheck.constant("Swap" as const),
    kinds: FastCheck.constant(["class" as const]),
    a: index,
    b: index
  }),
  FastCheck.record({ _tag: FastCheck.constant("Promote" as const), kind }),
  FastCheck.record({ _tag: FastCheck.constant("Change" as const), kind, a: index }),
  FastCheck.record({
    _tag: FastCheck.constant("Deliver" as const),
    limit: FastCheck.integer({ min: 1, max: 4 }),
    how: FastCheck.array(FastCheck.constantFrom<Array<End>>(...ends), {
      minLength: 4,
      maxLength: 4
    })
  }),
  FastCheck.constant({ _tag: "Wait" as const }),
  FastCheck.constant({ _tag: "RetryDead" as const })
)

export const Commands = FastCheck.array(Command, { minLength: 1, maxLength: 30, size: "max" })

/** What an object has, by kind. */
type Has = Map<Kind, string>

interface World {
  /** By object. */
  readonly source: Map<number, Has>
  /** By entryUUID: what the target has of it, as keys of belongings. */
  readonly target: Map<string, ReadonlySet<string>>
  readonly states: Map<number, ListenerObject.ListenerObject["previous"]>
  count: number
}

export const run = (commands: ReadonlyArray<Command>): Effect.Effect<void, never, QueueStore> =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    const world: World = { source: new Map(), target: new Map(), states: new Map(), count: 0 }
    for (const object of users) {
      world.source.set(
        object,
        new Map(kinds.slice(0, 3).map((kind) => [kind, `${kind}${object}${kind === "email" ? "@x.de" : ""}`]))
      )
    }
    for (const object of classes) world.source.set(object, new Map([["class", `class${object}`]]))
    for (const object of [...users, ...classes]) yield* arrive(world, object)
    for (const command of commands) yield* step(world, command)
    while (true) {
      yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 100 })
      yield* TestClock.adjust(100)
      if ((yield* deliver(world, 100, [])) === 0) break
    }
    assert.deepStrictEqual(yield* queue.counts(north), { waiting: 0, inFlight: 0, held: 0, dead: 0 })
    for (const [object, has] of world.source) {
      const wanted = changeOf(world, object, has)
      assert.deepStrictEqual(
        [...(world.target.get(wanted.id) ?? [])].sort(),
        [...keysOf(Belonging.needs(wanted))].sort()
      )
    }
  }).pipe(Effect.orDie)

const step = (world: World, command: Command) =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    switch (command._tag) {
      case "Swap": {
        const of = command.kinds[0] === "class" ? classes : users
        const [a, b] = [of[command.a % of.length] ?? 0, of[command.b % of.length] ?? 0]
        if (a === b) return
        const had = command.kinds.map((kind) => [kind, world.source.get(a)?.get(kind)] as const)
        for (const kind of command.kinds) world.source.get(a)?.set(kind, fresh(world, kind))
        yield* arrive(world, a)
        const others = command.kinds.map((kind) => [kind, world.source.get(b)?.get(kind)] as const)
        for (const [kind, value] of had) if (value !== undefined) world.source.get(b)?.set(kind, value)
        yield* arrive(world, b)
        for (const [kind, value] of others) if (value !== undefined) world.source.get(a)?.set(kind, value)
        return yield* arrive(world, a)
      }
      case "Promote": {
        let free = fresh(world, command.kind)
        for (const object of command.kind === "class" ? classes : users) {
          const had = world.source.get(object)?.get(command.kind) ?? ""
          world.source.get(object)?.set(command.kind, free)
          yield* arrive(world, object)
          free = had
        }
        return
      }
      case "Change": {
        const of = command.kind === "class" ? classes : users
        const object = of[command.a % of.length] ?? 0
        world.source.get(object)?.set(command.kind, fresh(world, command.kind))
        return yield* arrive(world, object)
      }
      case "Deliver":
        yield* deliver(world, command.limit, command.how)
        return
      case "Wait":
        return yield* TestClock.adjust(100)
      case "RetryDead":
        yield* queue.retry(north, { _tag: "InState", state: "dead", limit: 100 })
    }
  })

const fresh = (world: World, kind: Kind): string => `${kind}-${++world.count}${kind === "email" ? "@x.de" : ""}`

const arrive = (world: World, object: number) =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    const change = changeOf(world, object, world.source.get(object) ?? new Map())
    const state =
      change._tag === "ChangedUser"
        ? ListenerObject.userState(change)
        : change._tag === "ChangedGroup"
          ? ListenerObject.groupState(change)
          : null
    world.states.set(object, state)
    yield* queue.accept([arrival(`file ${++world.count}`, change)])
  })

const changeOf = (world: World, object: number, has: Has): ListenerObject.ListenerObject => {
  const previous = world.states.get(object) ?? null
  if (classes.includes(object)) {
    return group(has.get("class") ?? "", [], {
      id: `g${object}`,
      previous: previous === null || isUser(previous) ? null : previous
    })
  }
  return user(`u${object}`, has.get("name") ?? "", {
    recordUid: has.get("record") ?? "",
    email: has.get("email") ?? null,
    ...(previous !== null && isUser(previous) ? { previous } : {})
  })
}

/** Delivers what can be, and answers with how many items that were. */
const deliver = (world: World, limit: number, how: ReadonlyArray<End>) =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    const claimed = yield* queue.claim(north, limit)
    for (const [index, item] of claimed.entries()) {
      yield* queue.settle([yield* deliverOne(world, item, how[index] ?? "Done")])
    }
    return claimed.length
  })

const deliverOne = (world: World, item: ClaimedItem, how: End) =>
  Effect.gen(function* () {
    const queue = yield* QueueStore
    const { id, object } = item
    if (how === "Release") return { _tag: "Release", id } satisfies Settlement
    if (how === "Dead") return { _tag: "Dead", id, attempt: attempt("never") } satisfies Settlement
    const again: Settlement = { _tag: "RetryAt", id, at: 100, attempt: attempt("not now"), wanted: [], counts: true }
    if (item.stepsAside) {
      // The target has it under a state that was delivered, which is what is stepped aside from.
      const stepped = Aside.stepAside(item)
      world.target.set(object.id, new Set(keysOf(Belonging.before(stepped))))
      return how === "RetryAt" ? again : ({ _tag: "SteppedAside", id } satisfies Settlement)
    }
    const needs = keysOf(Belonging.needs(object))
    const holder = [...world.target].find(([other, has]) => other !== object.id && needs.some((need) => has.has(need)))
    if (holder !== undefined) {
      const dead = yield* queue.list(north, { state: "dead", limit: 100 })
      const excused = dead.some((other) => other.object.id === holder[0])
      assert.isTrue(excused, `${object.id} is refused, since ${holder[0]} has ${needs.join()} at the target`)
      return { _tag: "Dead", id, attempt: attempt("taken") } satisfies Settlement
    }
    // A delivery whose answer is lost has happened.
    world.target.set(object.id, new Set(needs))
    return how === "RetryAt" ? again : ({ _tag: "Done", id, receipt: null, result: "present" } satisfies Settlement)
  })

const keysOf = (belongings: ReadonlyArray<Belonging.Belonging>): ReadonlyArray<string> =>
  belongings.map(({ kind, value }) => `${kind} ${value}`)
