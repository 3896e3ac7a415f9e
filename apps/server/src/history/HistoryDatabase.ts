// @effect-diagnostics nodeBuiltinImport:off
// A thread opens it, which loads as little as it can.
/** The database of the history, `data/history.db`, on one connection. */
import * as Fs from "node:fs"
import { NodeContext } from "@effect/platform-node"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import { type HistoryStore, HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { historyMigrations } from "@id-connector/sql/HistoryMigrations"
import * as SqlHistoryStore from "@id-connector/sql/SqlHistoryStore"
import { Cause, Layer } from "effect"

/** The directory has to be there. Nobody else may read the file: it says who was at which school. */
export const layer = (file: string): Layer.Layer<HistoryStore, HistoryStoreError> =>
  SqlHistoryStore.layer.pipe(
    Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(historyMigrations) })),
    Layer.provide(Layer.suspend(() => opened(file))),
    Layer.provide(NodeContext.layer),
    // The driver throws when it opens a file that is no database.
    Layer.catchAllCause((cause) =>
      Layer.fail(new HistoryStoreError({ operation: `open ${file}`, cause: Cause.squash(cause) }))
    )
  )

const opened = (file: string) => {
  Fs.closeSync(Fs.openSync(file, "a", 0o600))
  return SqliteClient.layer({ filename: file })
}
