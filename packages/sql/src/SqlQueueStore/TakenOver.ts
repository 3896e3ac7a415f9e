/**
 * The files that were taken over and may still be in the in queue. They are few, and asked for with each batch: they are held in
 * memory, too. In the database a batch is one row, which goes as a whole.
 */
import { SqlClient, type SqlError } from "@effect/sql"
import type { Arrival, FileFate, SourceFile } from "@id-connector/core/QueueStore"
import { Context, Effect, Layer } from "effect"
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

/** A file, and the row it is in. */
interface Known {
  readonly digest: string
  readonly fate: FileFate
  readonly row: number
}

/** What is in the database, after so many transactions were undone. */
interface Memory {
  readonly undone: number
  readonly files: Map<string, Known>
  /** Names of the files in a row. */
  readonly rows: Map<number, Set<string>>
  /** The last number that was given to a row. */
  last: number
}

type Entry = readonly [name: string, digest: string, fate: FileFate]

const make = (sql: SqlClient.SqlClient, undone: () => number): TakenOverShape => {
  let memory: Memory | null = null

  const current: Statements<Memory> = Effect.suspend(() =>
    memory?.undone === undone()
      ? Effect.succeed(memory)
      : Effect.map(sql<{ id: number; files: string }>`SELECT id, files FROM taken_over ORDER BY id`, (rows) => {
          const read: Memory = { undone: undone(), files: new Map(), rows: new Map(), last: 0 }
          for (const { files, id } of rows) add(read, id, JSON.parse(files))
          memory = read
          return read
        })
  )

  /** Rows of which nothing is left go; others keep what is left. */
  const drop = Effect.fnUntraced(function* (from: Memory, names: ReadonlyArray<string>) {
    const changed = new Set<number>()
    for (const name of names) {
      const known = from.files.get(name)
      if (known === undefined) continue
      from.files.delete(name)
      from.rows.get(known.row)?.delete(name)
      changed.add(known.row)
    }
    const empty: Array<number> = []
    for (const row of changed) {
      const left = from.rows.get(row) ?? new Set<string>()
      if (left.size > 0) yield* sql`UPDATE taken_over SET files = ${textOf(from, left)} WHERE id = ${row}`
      else {
        from.rows.delete(row)
        empty.push(row)
      }
    }
    if (empty.length > 0) {
      yield* sql`DELETE FROM taken_over WHERE id IN (SELECT value FROM json_each(${JSON.stringify(empty)}))`
    }
  })

  return {
    find: (files) =>
      Effect.map(current, (known) => {
        const found = new Map<string, FileFate>()
        for (const { digest, name } of files) {
          const file = known.files.get(name)
          if (file !== undefined && file.digest === digest) found.set(name, file.fate)
        }
        return found
      }),

    names: Effect.map(current, ({ files }) => [...files.keys()]),

    remember: Effect.fnUntraced(function* (batch) {
      const known = yield* current
      const fresh = new Map<string, Entry>()
      const news = batch.filter(({ fate, file: { digest, name } }) => {
        if ((fresh.get(name)?.[1] ?? known.files.get(name)?.digest) === digest) return false
        fresh.set(name, [name, digest, fate])
        return true
      })
      if (news.length === 0) return news
      yield* drop(known, [...fresh.keys()])
      const row = known.last + 1
      const entries = [...fresh.values()]
      add(known, row, entries)
      yield* sql`INSERT INTO taken_over (id, files) VALUES (${row}, ${JSON.stringify(entries)})`
      return news
    }),

    forget: (names) => Effect.flatMap(current, (known) => drop(known, names))
  }
}

const add = (to: Memory, row: number, entries: ReadonlyArray<Entry>): void => {
  for (const [name, digest, fate] of entries) to.files.set(name, { digest, fate, row })
  to.rows.set(row, new Set(entries.map(([name]) => name)))
  to.last = row
}

const textOf = ({ files }: Memory, names: ReadonlySet<string>): string =>
  JSON.stringify(
    [...names].flatMap((name): ReadonlyArray<Entry> => {
      const known = files.get(name)
      return known === undefined ? [] : [[name, known.digest, known.fate]]
    })
  )
