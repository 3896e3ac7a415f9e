/**
 * School authorities of one name, one after the other. What is stored of an authority stands under its name; when it is deleted, an
 * authority of the same name is another one from then on, whose rows stand under another name. So deleting is one small
 * change, whatever is stored, and what is left of the old one can be removed bit by bit.
 */
import { SqlClient, type SqlError } from "@effect/sql"
import type { DeletedAuthority } from "@id-connector/core/queue/QueueStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Context, Effect, Layer } from "effect"

type Statements<A> = Effect.Effect<A, SqlError.SqlError>

export interface GenerationsShape {
  /** Under what name the rows of an authority stand, or of a deleted one. */
  readonly idOf: (authority: AuthorityName) => AuthorityName
  /** Whose rows stand under a name. */
  readonly nameOf: (id: AuthorityName) => AuthorityName
  /** To be run in a transaction; `commit` after it. */
  readonly delete: (authority: AuthorityName) => Statements<{ readonly commit: () => void }>
  readonly deleted: Statements<ReadonlyArray<DeletedAuthority>>
  /** To be run in a transaction. See `QueueStore.clearDeleted`. */
  readonly clear: (id: AuthorityName, limit: number) => Statements<number>
}

export class Generations extends Context.Tag("@id-connector/sql/SqlQueueStore/Generations")<
  Generations,
  GenerationsShape
>() {
  static readonly layer: Layer.Layer<Generations, never, SqlClient.SqlClient> = Layer.effect(
    Generations,
    Effect.orDie(Effect.flatMap(SqlClient.SqlClient, (sql) => make(sql)))
  )
}

/** The rows of the first authority of a name stand under that name alone, but it is asked for with this number. */
const first = "0"

/** No name has it. */
const separator = "\u001f"

const make = (sql: SqlClient.SqlClient): Statements<GenerationsShape> =>
  Effect.map(
    sql<{ authority: string; generation: number }>`SELECT authority, generation FROM authority_generations`,
    (rows) => {
      const generations = new Map(rows.map(({ authority, generation }) => [authority, String(generation)]))
      const rowsOf = (authority: string): AuthorityName => {
        const [name = "", generation = generations.get(authority)] = authority.split(separator)
        // Both are names already.
        return (
          generation === undefined || generation === first ? name : `${name}${separator}${generation}`
        ) as AuthorityName
      }

      return {
        idOf: (authority) => (generations.size === 0 ? authority : rowsOf(authority)),
        nameOf: (id) => id.split(separator, 1)[0] as AuthorityName,
        delete: Effect.fnUntraced(function* (authority) {
          const next = Number(generations.get(authority) ?? 0) + 1
          const now = yield* Clock.currentTimeMillis
          yield* sql`INSERT INTO deleted_authorities (id, authority, at) VALUES (${rowsOf(authority)}, ${authority}, ${now})`
          yield* sql`
            INSERT INTO authority_generations (authority, generation) VALUES (${authority}, ${next})
            ON CONFLICT (authority) DO UPDATE SET generation = excluded.generation`
          return { commit: () => void generations.set(authority, String(next)) }
        }),
        deleted: Effect.map(
          sql<DeletedAuthority>`SELECT id, authority, at FROM deleted_authorities ORDER BY at, id`,
          (rows) =>
            rows.map((row) =>
              row.id === row.authority ? { ...row, id: `${row.authority}${separator}${first}` as AuthorityName } : row
            )
        ),
        clear: Effect.fnUntraced(function* (id, limit) {
          const cleared = yield* sql`
            DELETE FROM delivered WHERE authority = ${id} AND object_key IN (
              SELECT object_key FROM delivered WHERE authority = ${id} LIMIT 0 + ${limit}
            ) RETURNING 1`
          if (cleared.length > 0) return cleared.length
          const items = yield* sql`
            SELECT 1 FROM queue_counts WHERE authority = ${id} AND state <> 'delivered' AND items > 0 LIMIT 1`
          if (items.length > 0) return 0
          for (const table of ["removals", "paused", "queue_counts"]) {
            yield* sql`DELETE FROM ${sql(table)} WHERE authority = ${id}`
          }
          yield* sql`DELETE FROM deleted_authorities WHERE id = ${id}`
          return 0
        })
      }
    }
  )
