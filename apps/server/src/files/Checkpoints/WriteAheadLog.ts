/** SQLite's write-ahead log, seen from a connection that does nothing else. */
import Sqlite from "better-sqlite3"

/**
 * `look` only looks; `write` copies what can be copied into the database, whoever writes meanwhile; `empty` copies all and cuts
 * the file off, while nobody else uses it.
 */
export type Request = "look" | "write" | "empty"

const modes = { look: "NOOP", write: "PASSIVE", empty: "TRUNCATE" } satisfies Record<Request, string>

/** Milliseconds in which nobody can write, because somebody else reads. */
const patience = 200

/** Pages in the log, and how many of them are in the database, too. When all are, the next commit starts the log anew. */
export interface LogState {
  readonly pages: number
  readonly written: number
}

export const make = (databaseFile: string) => {
  const connection = new Sqlite(databaseFile, { fileMustExist: true, timeout: patience })
  return (request: Request): LogState => {
    const [row] = connection.pragma(`wal_checkpoint(${modes[request]})`) as ReadonlyArray<{
      readonly log: number
      readonly checkpointed: number
    }>
    return { pages: row?.log ?? 0, written: row?.checkpointed ?? 0 }
  }
}
