/** What a backlog costs: claiming from it, starting with it, and the memory it takes. */
import { Effect } from "effect"
import { type Measure, number, perSecond, rates } from "./Measure.js"
import * as Stopwatch from "./Stopwatch.js"
import * as Storage from "./Storage.js"
import * as Target from "./Target.js"
import * as Wait from "./Wait.js"
import * as World from "./World.js"

const claims = 320
const rounds = 50

/**
 * By turns from a storage with few items and from one with all of them, a little each time, so that both meet the same machine.
 */
const measureClaims = (database: string, items: number) =>
  Effect.gen(function* () {
    const few = yield* Storage.open(`${database}-few`)
    const many = yield* Storage.open(database)
    // When all claims are done, as many are left as were asked for.
    const filled = items + claims * rounds * 2
    const filling = yield* many.fill(filled)
    yield* few.fill(claims)
    const round = Effect.gen(function* () {
      yield* few.fill(claims)
      return { few: yield* few.claim(claims), many: yield* many.claim(claims) }
    })
    // V8 compiles it, and SQLite reads its first pages.
    yield* Effect.replicateEffect(round, rounds)
    const measured = yield* Effect.replicateEffect(round, rounds)
    const middleFew = middle(measured.map((each) => each.few))
    const middleMany = middle(measured.map((each) => each.many))
    return [
      {
        id: `backlog.fill.${items}`,
        name: `filling the queue, ${waiting(items)}`,
        figure: rates(filled, filling),
        limit: null
      },
      {
        id: `backlog.claim.${items}`,
        name: `claim and settle by ${Storage.claimedAtOnce}, ${waiting(items)}`,
        figure: rates(claims, middleMany),
        limit: {
          name: `with ${number(2 * claims)} items ${rates(claims, middleFew)}`,
          ratio: middleFew.processor / middleMany.processor
        }
      }
    ]
  }).pipe(Effect.scoped)

/** The storage alone. */
export const measureStorage = (items: number) =>
  World.make(0).pipe(
    Effect.flatMap(({ database }) => measureClaims(database, items)),
    Effect.scoped
  )

/** And then the connector on it. */
export const measure = (items: number) =>
  Effect.gen(function* () {
    const world = yield* World.make(0)
    const measures: ReadonlyArray<Measure> = yield* measureClaims(world.database, items)
    const target = yield* Target.start
    world.configure(target.url, { active: true })
    // Log in, roles, schools (twice), a search, and the first user.
    const isDelivering = Effect.map(target.requests, (requests) => requests >= 6)
    const [starting, connector] = yield* Stopwatch.timed(
      Effect.tap(world.serve, () => Wait.until("the first user is delivered", isDelivering))
    )
    const before = yield* target.requests
    const [{ millis }] = yield* Stopwatch.timed(Effect.sleep("10 seconds"))
    const delivered = ((yield* target.requests) - before) / 2
    const peak = yield* connector.peakMiB
    const ending = yield* connector.end
    const more = (id: string, name: string, figure: string): Measure => ({
      id: `backlog.${id}.${items}`,
      name: `${name}, ${waiting(items)}`,
      figure,
      limit: null
    })
    return [
      ...measures,
      more("start", "start-up to the first delivery", `${Math.round(starting.millis)} ms`),
      more("deliver", "delivering creates, 0 ms", perSecond(delivered, millis)),
      more("memory", "peak memory", `${Math.round(peak)} MiB`),
      more("end", "end after SIGTERM", `${Math.round(ending)} ms`)
    ]
  }).pipe(Effect.scoped)

const waiting = (items: number) => `${number(items)} items waiting`

const middle = (times: ReadonlyArray<Stopwatch.Elapsed>): Stopwatch.Elapsed => {
  const of = (which: keyof Stopwatch.Elapsed) =>
    times.map((each) => each[which]).sort((a, b) => a - b)[times.length >> 1] ?? 0
  return { millis: of("millis"), processor: of("processor") }
}
