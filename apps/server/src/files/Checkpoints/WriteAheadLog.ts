/** SQLite's write-ahead log, seen from a connection that does nothing else. */
import Sqlite from "better-sqlite3"

/** `look` only looks; `write` copies what can be copied into the database, whoever writes meanwhile. */
export type Request = "look" | "write"

/** Pages in the log, and how many of them are in the database, too. When all are, the next commit starts the log anew. */
export interface LogState {
  readonly pages: number
  readonly written: number
}

export const make = (databaseFile: string) => {
  const connection = new Sqlite(databaseFile, { fileMustExist: true })
  return (request: Request): LogState => {
    const [row] = connection.pragma(`wal_checkpoint(${request === "look" ? "NOOP" : "PASSIVE"})`) as ReadonlyArray<{
      readonly log: number
      readonly checkpointed: number
    }>
    return { pages: row?.log ?? 0, written: row?.checkpointed ?? 0 }
  }
}
