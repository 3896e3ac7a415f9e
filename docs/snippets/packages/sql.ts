import * as NodeContext from "@effect/platform-node/NodeContext"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { Migrations, SqliteDriver, SqlQueueStore } from "@id-connector/sql"
import { Layer } from "effect"

/** Queues and previous states in a file. A Node.js on which the driver would end the process is refused. */
export const storage = (filename: string) =>
  SqlQueueStore.layer.pipe(
    Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(Migrations.migrations) })),
    Layer.provide(SqliteClient.layer({ filename })),
    Layer.provide([NodeContext.layer, SqliteDriver.layer])
  )
