/**
 * Two connectors on one directory would deliver everything twice and in disorder. The lock is one that the operating system
 * drops with the process, however it ends: an exclusive transaction on a small SQLite file.
 */
import { FileSystem, Path } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Cause, Effect, Layer, Schema } from "effect"
import * as SqliteProblem from "./SqliteProblem.js"

export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  directory: Schema.String
}) {
  override get message() {
    return `Another id-connector already runs on ${this.directory}. Stop it first, or set IDC_APP_DIR to another directory.`
  }
}

/** The base directory can't be written. */
export class AppDirUnusable extends Schema.TaggedError<AppDirUnusable>()("AppDirUnusable", {
  directory: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `IDC_APP_DIR: ${this.directory} can't be used, a directory that the connector may write is expected: ${this.detail}`
  }
}

export const layer = (appDir: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* Effect.mapError(
        fs.makeDirectory(path.join(appDir, "data"), { recursive: true }),
        (error) => new AppDirUnusable({ directory: appDir, detail: error.message })
      )
      return hold(path.join(appDir, "data", "id-connector.lock"), (problem) =>
        problem === null
          ? new AlreadyRunning({ directory: appDir })
          : new AppDirUnusable({ directory: appDir, detail: problem })
      )
    })
  )

/** Holds a file of its own as long as the layer lives. Asks for the failure: null when somebody else holds it, or what else is wrong. */
export const hold = <E>(filename: string, failure: (problem: string | null) => E) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const connection = yield* sql.reserve
      yield* connection.executeRaw("PRAGMA busy_timeout = 200", [])
      yield* connection.executeRaw("BEGIN EXCLUSIVE", [])
    })
  ).pipe(
    Layer.provide(Layer.fresh(SqliteClient.layer({ filename, disableWAL: true }))),
    // The driver throws when it opens a file that it may not write.
    Layer.catchAllCause((cause) => {
      const error = Cause.squash(cause)
      return Layer.fail(failure(SqliteProblem.isBusy(error) ? null : SqliteProblem.explain(filename, error)))
    })
  )
