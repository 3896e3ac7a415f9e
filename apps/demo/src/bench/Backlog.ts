// @effect-diagnostics nodeBuiltinImport:off globalTimers:off strictEffectProvide:off
// A benchmark measures from outside, with the clock on the wall; filling the storage is a small program of its own.
/** What a backlog costs: claiming from it, starting with it, and the memory it takes. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { NodeContext } from "@effect/platform-node"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { Effect, Either, Layer } from "effect"
import { percent, perSecond, type Row } from "./Table.js"
import * as World from "./World.js"

const authority = AuthorityName.make("Bench")
const batch = 500
const claims = 4_000
const claimedAtOnce = 16

export const measure = async (items: number): Promise<ReadonlyArray<Row>> => {
  const world = World.make(0)
  try {
    const file = Path.join(world.directory, "data", "id-connector.db")
    Fs.writeFileSync(file, "")
    const { claimEmpty, claimFull, fill } = await prepare(file, items)
    const { requests, url } = await world.target({ read: 0, write: 0 })
    world.configure(url, { active: true })
    const start = performance.now()
    const server = await world.serve()
    // Login, roles, schools (twice), a search, and the first user.
    await World.until(async () => (await requests()) >= 6)
    const first = performance.now() - start
    const before = await requests()
    const window = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    const delivered = ((await requests()) - before) / 2
    const rate = perSecond(delivered, performance.now() - window)
    const peak = server.peakMiB()
    const ended = await server.end()
    const waiting = `${items.toLocaleString("en")} items waiting`
    return [
      { measure: `filling the queue, ${waiting}`, figure: perSecond(items, fill), baseline: "", ratio: "" },
      {
        measure: `claim and settle by ${claimedAtOnce}, ${waiting}`,
        figure: perSecond(claims, claimFull),
        baseline: `with ${claims.toLocaleString("en")} items ${perSecond(claims, claimEmpty)}`,
        ratio: percent(claimEmpty, claimFull)
      },
      {
        measure: `start-up to the first delivery, ${waiting}`,
        figure: `${Math.round(first)} ms`,
        baseline: "",
        ratio: ""
      },
      { measure: `delivering creates, 0 ms, ${waiting}`, figure: rate, baseline: "", ratio: "" },
      { measure: `peak memory, ${waiting}`, figure: `${Math.round(peak)} MiB`, baseline: "", ratio: "" },
      { measure: `end after SIGTERM, ${waiting}`, figure: `${Math.round(ended)} ms`, baseline: "", ratio: "" }
    ]
  } finally {
    await world.end()
  }
}

/** Fills the storage through its own front door. Milliseconds. */
const prepare = (filename: string, items: number) =>
  Effect.gen(function* () {
    const store = yield* QueueStore
    const accept = (first: number, count: number) =>
      store.accept(
        Array.from({ length: count }, (_, at) => {
          const index = first + at
          const text = JSON.stringify(World.userFile(index, "first"))
          const object = Either.getOrThrowWith(
            ListenerObject.decodeText(text),
            ({ reasons }) => new Error(reasons.join())
          )
          if (object._tag !== "ChangedUser") throw new Error("a user is expected")
          return {
            file: { name: `${index}`, digest: "" },
            fate: "remove" as const,
            object,
            text,
            recipients: [authority],
            remember: { _tag: "State" as const, state: ListenerObject.userState(object) }
          }
        })
      )
    const forget = store.takenOverNames.pipe(Effect.flatMap(store.forget))
    const claim = Effect.gen(function* () {
      const start = performance.now()
      for (let done = 0; done < claims; done += claimedAtOnce) {
        const claimed = yield* store.claim(authority, claimedAtOnce)
        yield* store.settle(claimed.map(({ id }) => ({ _tag: "Done", id, receipt: null, result: "present" })))
      }
      return performance.now() - start
    })
    for (let first = 0; first < claims; first += batch) yield* accept(first, batch)
    yield* forget
    const claimEmpty = yield* claim
    const start = performance.now()
    for (let first = claims; first < items + 2 * claims; first += batch) {
      yield* accept(first, batch)
      if ((first / batch) % 20 === 0) yield* forget
    }
    yield* forget
    const fill = performance.now() - start
    const claimFull = yield* claim
    return { claimEmpty, claimFull, fill }
  }).pipe(
    Effect.provide(
      SqlQueueStore.layer.pipe(
        Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) })),
        Layer.provide(SqliteClient.layer({ filename })),
        Layer.provide(NodeContext.layer)
      )
    ),
    Effect.withTracerEnabled(false),
    Effect.runPromise
  )
