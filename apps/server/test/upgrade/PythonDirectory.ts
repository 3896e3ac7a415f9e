/** Writes a base directory as the Python connector leaves it: its own forms of JSON, names, and a disk cache with pickled values. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer } from "effect"

/** As Python's `json.dumps(sort_keys=True, indent=4)` writes it, slashes escaped, everything beyond ASCII, too. */
export const json = (value: unknown): string =>
  JSON.stringify(sorted(value), null, 4)
    .replaceAll("/", "\\/")
    .replaceAll(/[^ -~\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)])
  )
}

/** What was added by preprocessing. A removed object loses `object` and `options`. */
export const preprocessed = (
  file: { readonly object: unknown; readonly [key: string]: unknown },
  added: { readonly old_data: unknown; readonly user_passwords?: unknown }
): string => {
  const { object, options, ...head } = file
  return json(
    object === null
      ? { ...head, ...added, action: "delete" }
      : { ...head, object, options, ...added, action: "add_mod" }
  )
}

export const write = (directory: string, files: { readonly [name: string]: string }): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = Path.join(directory, name)
    Fs.mkdirSync(Path.dirname(file), { recursive: true })
    Fs.writeFileSync(file, text)
  }
}

/** Texts, lists and dictionaries, pickled with protocol 5. */
const pickle = (value: unknown): Buffer => {
  const parts: Array<Buffer> = []
  const op = (...bytes: ReadonlyArray<number>) => parts.push(Buffer.from(bytes))
  const put = (inner: unknown): void => {
    if (inner === null) op(0x4e)
    else if (typeof inner === "string") {
      const text = Buffer.from(inner)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(text.length)
      if (text.length < 256) op(0x8c, text.length)
      else parts.push(Buffer.from([0x58]), length)
      parts.push(text)
      op(0x94)
    } else if (Array.isArray(inner)) {
      op(0x5d, 0x94, 0x28)
      for (const one of inner) put(one)
      op(0x65)
    } else {
      op(0x7d, 0x94, 0x28)
      for (const [key, one] of Object.entries(inner as object)) {
        put(key)
        put(one)
      }
      op(0x75)
    }
  }
  put(value)
  const frame = Buffer.concat(parts.concat(Buffer.from([0x2e])))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(frame.length))
  return Buffer.concat([Buffer.from([0x80, 5, 0x95]), length, frame])
}

export interface Remembered {
  readonly id: string
  readonly value: unknown
  /** Seconds since 1970. */
  readonly expires?: number
}

/**
 * `old_data_db/`, as a kill leaves it: what was written last is in the file beside the database only. A value of 32768 bytes and more
 * gets a file of its own.
 */
export const writeStates = (directory: string, states: ReadonlyArray<Remembered>) =>
  Effect.gen(function* () {
    const working = Path.join(directory, "..", "old_data_db.working")
    yield* written(working, directory, states)
    Fs.rmSync(working, { recursive: true })
  })

/** Copied to where it is expected while it is open. */
const written = (directory: string, to: string, states: ReadonlyArray<Remembered>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value)`
    yield* sql`CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, expire_time REAL,
      access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB, size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0,
      filename TEXT, value BLOB)`
    for (const [index, { expires = null, id, value }] of states.entries()) {
      const bytes = pickle(value)
      const name = `d${index % 10}/3e/${index.toString(16).padStart(28, "0")}.val`
      const isLarge = bytes.length >= 32_768
      if (isLarge) {
        Fs.mkdirSync(Path.dirname(Path.join(directory, name)), { recursive: true })
        Fs.writeFileSync(Path.join(directory, name), bytes)
      }
      yield* sql`INSERT INTO Cache (key, raw, store_time, expire_time, size, mode, filename, value)
        VALUES (${id}, 1, 1795830700.7, ${expires}, ${isLarge ? bytes.length : 0}, 4, ${isLarge ? name : null},
          ${isLarge ? null : bytes})`
    }
    Fs.cpSync(directory, to, { recursive: true })
    Fs.rmSync(Path.join(to, "cache.db-shm"))
  }).pipe(Effect.provide(Layer.fresh(SqliteClient.layer({ filename: cacheIn(directory) }))))

const cacheIn = (directory: string) => {
  Fs.mkdirSync(directory, { recursive: true })
  return Path.join(directory, "cache.db")
}
