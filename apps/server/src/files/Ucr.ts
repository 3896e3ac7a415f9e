/** Values of the Univention Configuration Registry, from its file of lines `key: value`. It is read again when it changes. */

import { FileSystem } from "@effect/platform"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Context, Effect, Layer, LogLevel, Option } from "effect"

export interface UcrShape {
  /** The value of a key; none when it is not set or there is no file. */
  readonly get: (key: string) => Effect.Effect<Option.Option<string>>
  /** `ucsschool-id-connector/source_uid`, default `TESTID`. */
  readonly sourceUid: Effect.Effect<string>
  /** `ucsschool-id-connector/log_level`: DEBUG, INFO, WARNING or ERROR; anything else is INFO. */
  readonly logLevel: Effect.Effect<LogLevel.LogLevel>
  /** `ucsschool-id-connector/access_tokel_ttl` (that is how it is spelt), in minutes; what is no number is 60. */
  readonly tokenLife: Effect.Effect<number>
}

export class Ucr extends Context.Tag("@id-connector/server/files/Ucr")<Ucr, UcrShape>() {}

/** The file is looked at this often at most, in milliseconds. */
const lookEvery = 1_000

/** In minutes. */
const defaultTokenLife = 60

const levels: { readonly [name: string]: LogLevel.LogLevel } = {
  DEBUG: LogLevel.Debug,
  INFO: LogLevel.Info,
  WARNING: LogLevel.Warning,
  ERROR: LogLevel.Error
}

/** In characters: a longer line is none of UCR's. */
const longestLine = 10_000

const parse = (text: string): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const line of text.split("\n")) {
    if (line.length > longestLine) continue
    const at = line.indexOf(":")
    if (at > 0 && !line.startsWith("#")) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  return values
}

const reportLost = (file: string) =>
  Effect.logWarning(
    "The UCR file is missing, empty or can't be read. The last known values stay in effect, or the defaults where there are none.",
    {
      file
    }
  )

export const layer = (file: string): Layer.Layer<Ucr, never, FileSystem.FileSystem> =>
  Layer.effect(
    Ucr,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      let values: ReadonlyMap<string, string> = new Map()
      let lookedAt = Number.NEGATIVE_INFINITY
      let version = ""
      let isReported = false
      const read = Effect.gen(function* () {
        const now = yield* MonotonicClock.currentTimeMillis
        if (now - lookedAt < lookEvery) return values
        lookedAt = now
        const info = yield* Effect.option(fs.stat(file))
        const seen = Option.match(info, {
          onNone: () => "missing",
          onSome: ({ ino, mtime, size }) =>
            `${Option.getOrElse(ino, () => "")} ${Option.getOrNull(mtime)?.getTime() ?? ""} ${size}`
        })
        if (seen !== version) {
          // A file that is being replaced, or can't be read for a moment, must not change who the connector is.
          const text = yield* Effect.option(fs.readFileString(file))
          const isLost = Option.isNone(text) || text.value.trim() === ""
          if (isLost && (values.size > 0 || (Option.isSome(info) && Option.isNone(text)))) {
            if (!isReported) yield* reportLost(file)
            isReported = true
            return values
          }
          isReported = false
          version = seen
          values = parse(Option.getOrElse(text, () => ""))
        }
        return values
      })
      const get = (key: string) => Effect.map(read, (all) => Option.fromNullable(all.get(key)))
      return {
        get,
        sourceUid: Effect.map(get("ucsschool-id-connector/source_uid"), (value) =>
          Option.getOrElse(
            Option.filter(value, (uid) => uid !== ""),
            () => "TESTID"
          )
        ),
        tokenLife: Effect.map(get("ucsschool-id-connector/access_tokel_ttl"), (value) =>
          Option.match(value, {
            onNone: () => defaultTokenLife,
            onSome: (text) => (/^\d{1,6}$/.test(text.trim()) && Number(text) > 0 ? Number(text) : defaultTokenLife)
          })
        ),
        logLevel: Effect.map(get("ucsschool-id-connector/log_level"), (value) =>
          Option.getOrElse(
            Option.flatMap(value, (name) => Option.fromNullable(levels[name.toUpperCase()])),
            () => LogLevel.Info
          )
        )
      }
    })
  )
