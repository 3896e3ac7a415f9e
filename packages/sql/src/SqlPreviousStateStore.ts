/** The previous states in SQLite. They are written by the queue's `accept`, in its transaction. */
import type { SqlError } from "@effect/sql"
import { PreviousState, withoutMember } from "@id-connector/core/changes/PreviousState"
import { PreviousStateStore, type RememberedState } from "@id-connector/core/queue/PreviousStateStore"
import { Clock, Effect, Either, Layer, Schema } from "effect"
import { isGone, PreviousStates, type PreviousStatesShape, type Remembered } from "./SqlQueueStore/PreviousStates.js"
import { operation, Transactions } from "./SqlQueueStore/Transactions.js"

/** Needs the tables of `Migrations`. */
export const layer: Layer.Layer<PreviousStateStore, never, PreviousStates | Transactions> = Layer.effect(
  PreviousStateStore,
  Effect.map(Effect.all([PreviousStates, Transactions]), ([rows, { reading, transaction }]) => ({
    get: (ids) => get(rows, ids).pipe(reading, operation("previousStates.get")),
    adopt: (states) => adopt(rows, states).pipe(transaction, operation("previousStates.adopt")),
    forget: (id) => rows.forget(id.toLowerCase()).pipe(transaction, operation("previousStates.forget")),
    forgetMember: (username) =>
      forgetMember(rows, username, (step) => step.pipe(transaction, operation("previousStates.forgetMember"))),
    purge: rows.purge.pipe(transaction, operation("previousStates.purge"))
  }))
)

const adopt = Effect.fnUntraced(function* (rows: PreviousStatesShape, states: ReadonlyArray<RememberedState>) {
  const given = states.map(({ expiresAt, id, state }) => ({ id: id.toLowerCase(), state, expiresAt }))
  const stored = yield* rows.find(given.map(({ id }) => id))
  const news = new Map<string, Remembered>()
  for (const { expiresAt, id, state } of given) {
    if (stored.has(id) || news.has(id)) continue
    news.set(id, { state: encode(state), expiresAt: expiresAt === null ? null : Math.ceil(expiresAt) })
  }
  yield* rows.remember(news)
})

const encode = Schema.encodeSync(Schema.parseJson(PreviousState))

const get = Effect.fnUntraced(function* (rows: PreviousStatesShape, ids: ReadonlyArray<string>) {
  const now = yield* Clock.currentTimeMillis
  const wanted = ids.map((id) => id.toLowerCase())
  const stored = yield* rows.find(wanted)
  const states = new Map<string, PreviousState>()
  for (const id of wanted) {
    const row = stored.get(id)
    if (row === undefined || isGone(row, now)) continue
    const state = decode(row.state)
    if (Either.isRight(state)) states.set(id, state.right)
    else yield* warn(id)
  }
  return states
})

const decode = Schema.decodeEither(Schema.parseJson(PreviousState))

/** One that can't be read is as if there were none. Nobody else's change may wait for that. */
const warn = (id: string): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning(
      "What is remembered of an object can't be read: its next change is processed without that. If the object leaves a school authority with that change, it is not removed there."
    ),
    { module: "Storage", entryUUID: id }
  )

/** Groups that are looked at in one transaction, which takes milliseconds. */
const portion = 2_000

const forgetMember = Effect.fnUntraced(function* <E>(
  rows: PreviousStatesShape,
  username: string,
  run: (step: Effect.Effect<Step, SqlError.SqlError>) => Effect.Effect<Step, E>
) {
  let groups = 0
  let after: number | null = 0
  while (after !== null) {
    const step: Step = yield* run(forgetPortion(rows, username, after))
    groups += step.changed
    after = step.last
    yield* Effect.yieldNow()
  }
  return groups
})

interface Step {
  readonly changed: number
  readonly last: number | null
}

const forgetPortion = Effect.fnUntraced(function* (rows: PreviousStatesShape, username: string, after: number) {
  const { found, last } = yield* rows.maybeWith(username, after, portion)
  const changed = found.flatMap(({ row, state }) => {
    const decoded = decode(state)
    const left = Either.isRight(decoded) ? withoutMember(decoded.right, username) : null
    return left === null ? [] : [[row, encode(left)] as const]
  })
  yield* rows.rewrite(changed)
  return { changed: changed.length, last }
})
