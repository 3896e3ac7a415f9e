/**
 * The files that were taken over and may still be in the in queue. They are few, and asked for with each batch: they are held in
 * memory, too. In the database a batch is one row, which goes as a whole.
 */
import { SqlClient, type SqlError } from "@effect/sql"
import type { Arrival, FileFate, SourceFile } from "@id-connector/core/queue/QueueStore"
import { Array as Arr, Context, Effect, Layer } from "effect"
import { Transactions } from "./Transactions.js"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

export interface TakenOverShape {
  /** See `QueueStore.takenOver`. */
  readonly find: (files: ReadonlyArray<SourceFile>) => Statements<ReadonlyMap<string, FileFate>>
  /** See `QueueStore.takenOverNames`. */
  readonly names: Statements<ReadonlyArray<string>>
  /** Remembers those that were not known, in their order, and answers with them. To be run in a transaction. */
  readonly remember: (batch: ReadonlyArray<Arrival>) => Statements<ReadonlyArray<Arrival>>
  /** See `QueueStore.forget`. To be run in a transaction. */
  readonly forget: (names: ReadonlyArray<string>) => Statements<void>
}

export class TakenOver extends Context.Tag("@id-connector/sql/SqlQueueStore/TakenOver")<TakenOver, TakenOverShape>() {
  static readonly layer: Layer.Layer<TakenOver, never, SqlClient.SqlClient | Transactions> = Layer.effect(
    TakenOver,
    Effect.map(Effect.all([SqlClient.SqlClient, Transactions]), ([sql, { undone }]) => make(sql, undone))
  )
}

type Entry = readonly [name: string, digest: string, fate: FileFate]

/** What is left of files that came together. */
interface Batch {
  readonly id: number
  /** By name. */
  readonly files: Map<string, Entry>
}

/** What is in the database, after so many transactions were undone. */
interface Memory {
  readonly undone: number
  /** Those of the files, by name. */
  readonly batches: Map<string, Batch>
  /** The last id that was given out. */
  last: number
}

const make = (sql: SqlClient.SqlClient, undone: () => number): TakenOverShape => {
  let memory: Memory | null = null

  const current: Statements<Memory> = Effect.suspend(() =>
    memory?.undone === undone()
      ? Effect.succeed(memory)
      : Effect.map(sql<{ id: number; files: string }>`SELECT id, files FROM taken_over ORDER BY id`, (rows) => {
          const read: Memory = { undone: undone(), batches: new Map(), last: 0 }
          for (const { files, id } of rows) add(read, id, JSON.parse(files))
          memory = read
          return read
        })
  )

  /** Batches of which nothing is left go; others keep what is left. */
  const drop = Effect.fnUntraced(function* ({ batches }: Memory, names: ReadonlyArray<string>) {
    const changed = new Set<Batch>()
    for (const name of names) {
      const batch = batches.get(name)
      if (batch === undefined) continue
      batches.delete(name)
      batch.files.delete(name)
      changed.add(batch)
    }
    const [empty, shorter] = Arr.partition([...changed], ({ files }) => files.size > 0)
    for (const { files, id } of shorter) {
      yield* sql`UPDATE taken_over SET files = ${JSON.stringify([...files.values()])} WHERE id = ${id}`
    }
    if (empty.length > 0) {
      const ids = JSON.stringify(empty.map(({ id }) => id))
      yield* sql`DELETE FROM taken_over WHERE id IN (SELECT value FROM json_each(${ids}))`
    }
  })

  return {
    find: (files) =>
      Effect.map(current, (known) => {
        const found = new Map<string, FileFate>()
        for (const { digest, name } of files) {
          const entry = entryOf(known, name)
          if (entry !== undefined && entry[1] === digest) found.set(name, entry[2])
        }
        return found
      }),

    names: Effect.map(current, ({ batches }) => [...batches.keys()]),

    remember: Effect.fnUntraced(function* (batch) {
      const known = yield* current
      const fresh = new Map<string, Entry>()
      const news = batch.filter(({ fate, file: { digest, name } }) => {
        if ((fresh.get(name) ?? entryOf(known, name))?.[1] === digest) return false
        fresh.set(name, [name, digest, fate])
        return true
      })
      if (news.length === 0) return news
      yield* drop(known, [...fresh.keys()])
      const id = known.last + 1
      const entries = [...fresh.values()]
      add(known, id, entries)
      yield* sql`INSERT INTO taken_over (id, files) VALUES (${id}, ${JSON.stringify(entries)})`
      return news
    }),

    forget: (names) => Effect.flatMap(current, (known) => drop(known, names))
  }
}

const entryOf = ({ batches }: Memory, name: string): Entry | undefined => batches.get(name)?.files.get(name)

const add = (to: Memory, id: number, entries: ReadonlyArray<Entry>): void => {
  const batch: Batch = { id, files: new Map(entries.map((entry) => [entry[0], entry])) }
  for (const [name] of entries) to.batches.set(name, batch)
  to.last = id
}
