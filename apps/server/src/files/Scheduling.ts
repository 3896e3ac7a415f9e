/**
 * Scheduling objects again: a file for each in the directory that the host's listener reads, which then writes a listener file
 * with the object's present state. `<YYYY-mm-dd-HH-MM-SS-ffffff>_<entryUUID>.json`. The object is marked before, so that what
 * can't be compared with what a target has is sent once more.
 */
import { FileSystem, Path } from "@effect/platform"
import { say } from "@id-connector/api/ErrorSentences"
import { Directory, type DirectoryError, ObjectUnknown } from "@id-connector/core/directory/Directory"
import { ScheduleMarks } from "@id-connector/core/queue/in/ScheduleMarks"
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"

/** A file could not be written. */
export class NotScheduled extends Schema.TaggedError<NotScheduled>()("NotScheduled", { detail: Schema.String }) {
  override get message() {
    return say("not_scheduled", { detail: this.detail }).detail
  }
}

type Failure = ObjectUnknown | NotScheduled | DirectoryError

export interface SchedulingShape {
  /** `begin` is done before, once it is known that there is such a user. */
  readonly user: (name: string, begin?: Effect.Effect<void>) => Effect.Effect<void, Failure>
  readonly group: (name: string, begin?: Effect.Effect<void>) => Effect.Effect<void, Failure>
  /** Everybody of a school, then its groups, so many at the same time. `begin` is told how many; what it answers is run for each. */
  readonly school: (
    name: string,
    parallel: number,
    begin?: (objects: number) => Effect.Effect<Effect.Effect<void>>
  ) => Effect.Effect<{ readonly users: number; readonly groups: number }, Failure>
}

export class Scheduling extends Context.Tag("@id-connector/server/files/Scheduling")<Scheduling, SchedulingShape>() {}

interface Found {
  readonly dn: string
  readonly entryUuid: string
}

/** Where what is scheduled goes. */
export interface Places {
  /** The host's listener takes trigger files from here. Null: there is none, listener files are written at once. */
  readonly triggerDirectory: string | null
  /** The in queue. */
  readonly listenerDirectory: string
}

export const layer = ({ listenerDirectory, triggerDirectory }: Places) =>
  Layer.effect(
    Scheduling,
    Effect.gen(function* () {
      const source = yield* Directory
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const marks = yield* ScheduleMarks
      let last = 0

      /** Microseconds since 1970, each given out once: names are in the order in which they are written. */
      const stamp = Effect.map(Clock.currentTimeMillis, (now) => {
        last = Math.max(last + 1, now * 1_000)
        return last
      })

      /** Whoever watches for files that end in .json must not see half of one. */
      const write = (directory: string, name: string, content: unknown) =>
        Effect.gen(function* () {
          const file = path.join(directory, name)
          yield* fs.makeDirectory(directory, { recursive: true })
          yield* fs.writeFileString(`${file}.tmp`, JSON.stringify(content))
          yield* fs.rename(`${file}.tmp`, file)
        })

      const trigger = (kind: "user" | "group", name: string, { dn, entryUuid }: Found): Effect.Effect<void, Failure> =>
        Effect.gen(function* () {
          yield* Effect.mapError(marks.add(entryUuid), ({ message }) => new NotScheduled({ detail: message }))
          const at = nameOf(yield* stamp)
          const written =
            triggerDirectory === null
              ? Effect.flatMap(source.listenerObject(kind, name), (object) =>
                  Option.isNone(object) ? Effect.void : write(listenerDirectory, `${at}.json`, object.value)
                )
              : write(triggerDirectory, `${at}_${entryUuid}.json`, {
                  entry_uuid: entryUuid,
                  dn,
                  object_type: kind === "user" ? "users/user" : "groups/group",
                  command: "m"
                })
          yield* Effect.mapError(written, (error) =>
            error._tag === "DirectoryError" ? error : new NotScheduled({ detail: error.message })
          )
        })

      return {
        user: (name, begin = Effect.void) =>
          Effect.gen(function* () {
            const user = Option.getOrNull(yield* source.user(name))
            if (user?.isSchoolUser !== true) return yield* new ObjectUnknown({ kind: "user", name })
            yield* begin
            yield* trigger("user", user.username, user)
          }),
        group: (name, begin = Effect.void) =>
          Effect.gen(function* () {
            const group = Option.getOrNull(yield* source.group(name))
            if (group === null) return yield* new ObjectUnknown({ kind: "group", name })
            yield* begin
            yield* trigger("group", group.name, group)
          }),
        school: (name, parallel, begin = () => Effect.succeed(Effect.void)) =>
          Effect.gen(function* () {
            const users = yield* source.usersOfSchool(name)
            const groups = yield* source.groupsOfSchool(name)
            if (users.length + groups.length === 0) return yield* new ObjectUnknown({ kind: "school", name })
            const options = { concurrency: parallel, discard: true } as const
            const done = yield* begin(users.length + groups.length)
            yield* Effect.forEach(users, (user) => Effect.zipLeft(trigger("user", user.username, user), done), options)
            yield* Effect.forEach(groups, (group) => Effect.zipLeft(trigger("group", group.name, group), done), options)
            return { users: users.length, groups: groups.length }
          })
      }
    })
  )

/** `2026-02-03-04-05-06-789012` of microseconds since 1970, in UTC. */
const nameOf = (microseconds: number): string => {
  const { day, hours, minutes, month, seconds, year } = DateTime.toPartsUtc(
    DateTime.unsafeMake(Math.floor(microseconds / 1_000))
  )
  const two = (part: number) => String(part).padStart(2, "0")
  return [
    year,
    two(month),
    two(day),
    two(hours),
    two(minutes),
    two(seconds),
    String(microseconds % 1_000_000).padStart(6, "0")
  ].join("-")
}
