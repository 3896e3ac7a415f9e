/**
 * The previous states that the Python connector remembers: `data/old_data_db/`, a disk cache (the Python library diskcache 5) with
 * an SQLite table, and files beside it for what is large.
 */
import { FileSystem, Path } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { PreviousState } from "@id-connector/core/changes/PreviousState"
import type { RememberedState } from "@id-connector/core/queue/PreviousStateStore"
import { Effect, Either, Layer, Option, Schema, Stream } from "effect"
import * as Pickle from "./Pickle.js"

/** The cache can't be read at all. */
export class OldStatesUnreadable extends Schema.TaggedError<OldStatesUnreadable>()("OldStatesUnreadable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The previous states of the Python connector can't be read from ${this.file}: ${this.detail}. Without them, users who leave a school authority would stay there. Bring the directory back from a backup, or move it away to go on without.`
  }
}

/** A row of the cache: what is remembered of an object, or why that can't be read. */
export type OldState =
  | { readonly _tag: "State"; readonly state: RememberedState }
  /** It had an end, which is over: as if it were not there. */
  | { readonly _tag: "Expired" }
  | { readonly _tag: "Unreadable"; readonly id: string; readonly reason: string }

interface Row {
  readonly rowid: number
  readonly key: unknown
  readonly expire_time: number | null
  readonly mode: number
  readonly filename: string | null
  readonly value: unknown
}

/** Rows that are read at once. */
const portion = 500

/** What {@link OldState} of mode 4 is: pickled. */
const pickled = 4

export interface Reading {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whether the files may be written: SQLite puts them in order when it opens them. Otherwise a copy of them is read. */
  readonly isOurs: boolean
}

/** All rows, in portions. The database is opened as a usual one: after an unclean stop its newest rows are in a file beside it. */
export const read = (
  directory: string,
  { isOurs, now }: Reading
): Stream.Stream<ReadonlyArray<OldState>, OldStatesUnreadable, FileSystem.FileSystem | Path.Path> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(directory, "cache.db")
      if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return Stream.empty
      const unreadable = (cause: unknown) =>
        new OldStatesUnreadable({ file, detail: cause instanceof Error ? innermost(cause).message : String(cause) })
      const filename = isOurs ? file : yield* Effect.mapError(copied(directory), unreadable)
      const context = yield* Effect.mapError(
        Layer.build(SqliteClient.layer({ filename, disableWAL: true })),
        unreadable
      )
      const sql = yield* Effect.provide(SqlClient.SqlClient, context)
      return Stream.paginateEffect(0, (after) =>
        sql<Row>`
          SELECT rowid, key, expire_time, mode, filename, value FROM Cache
          WHERE rowid > ${after} ORDER BY rowid LIMIT ${portion}`.pipe(
          Effect.mapError(unreadable),
          Effect.flatMap((rows) =>
            Effect.map(
              Effect.forEach(rows, (row) => stateOf(directory, row, now)),
              (states) => [states, rows.length < portion ? Option.none() : Option.map(last(rows), ({ rowid }) => rowid)]
            )
          )
        )
      )
    })
  )

/** The database with what lies beside it, in a directory that is removed afterwards. */
const copied = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const copy = yield* fs.makeTempDirectoryScoped({ prefix: "id-connector-states-" })
    for (const name of ["cache.db", "cache.db-wal"]) {
      if (yield* fs.exists(path.join(directory, name))) {
        yield* fs.copyFile(path.join(directory, name), path.join(copy, name))
      }
    }
    return path.join(copy, "cache.db")
  })

const last = <A>(rows: ReadonlyArray<A>): Option.Option<A> => Option.fromNullable(rows.at(-1))

const innermost = (error: Error): Error => (error.cause instanceof Error ? innermost(error.cause) : error)

const stateOf = (directory: string, { expire_time, filename, key, mode, value }: Row, now: number) =>
  Effect.gen(function* () {
    const id = typeof key === "string" ? key.toLowerCase() : ""
    const unreadable = (reason: string): OldState => ({ _tag: "Unreadable", id, reason })
    if (id === "") return unreadable("its key is no text")
    const expiresAt = expire_time === null ? null : expire_time * 1_000
    if (expiresAt !== null && expiresAt <= now) return { _tag: "Expired" } satisfies OldState
    if (mode !== pickled) return unreadable(`it is stored in the form ${mode}, which the Python connector never used`)
    const bytes = filename === null ? Either.right(value) : yield* fileIn(directory, filename)
    if (Either.isLeft(bytes)) return unreadable(bytes.left)
    if (!(bytes.right instanceof Uint8Array)) return unreadable("its value is no pickle")
    const unpickled = Either.flatMap(Pickle.decode(bytes.right), (pickle) =>
      Either.mapLeft(decode(pickle), () => "it is neither a user nor a group")
    )
    return Either.match(unpickled, {
      onLeft: unreadable,
      onRight: (state): OldState => ({ _tag: "State", state: { id, state, expiresAt } })
    })
  })

const decode = Schema.decodeUnknownEither(PreviousState)

/** A path of the cache's own, `db/d3/ea0cdd8f0e8a874b78fc87a72238.val`: none that leads elsewhere. */
const fileIn = (directory: string, name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!/^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]+\.val$/.test(name)) {
      return Either.left(`it is in a file of another kind, ${JSON.stringify(name)}`)
    }
    return yield* fs.readFile(path.join(directory, name)).pipe(
      Effect.map((bytes): Either.Either<unknown, string> => Either.right(bytes)),
      Effect.catchAll(({ message }) => Effect.succeed(Either.left(message)))
    )
  })
