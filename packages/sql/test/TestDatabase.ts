/** SQLite files of tests. */
import { FileSystem, type Error as PlatformError } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import type { Migrator, SqlClient, SqlError } from "@effect/sql"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { migrations } from "@id-connector/sql/Migrations"
import { type ConfigError, Effect, Layer } from "effect"

type Database = Layer.Layer<
  SqlClient.SqlClient | FileSystem.FileSystem,
  ConfigError.ConfigError | Migrator.MigrationError | SqlError.SqlError | PlatformError.PlatformError
>

/** The database in this file, with all tables. */
export const database = (filename: string): Database =>
  SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) }).pipe(
    Layer.provideMerge(SqliteClient.layer({ filename })),
    Layer.provideMerge(NodeContext.layer)
  )

/** The name of a new file that is removed at the end. */
export const newFile = FileSystem.FileSystem.pipe(
  Effect.flatMap((fs) => fs.makeTempDirectoryScoped()),
  Effect.map((directory) => `${directory}/queue.db`)
)

/** A new file that is removed at the end. */
export const fresh: Database = newFile.pipe(Effect.map(database), Layer.unwrapScoped, Layer.provide(NodeContext.layer))
