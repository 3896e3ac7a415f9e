/**
 * Scheduling objects again: a file for each in the directory that the host's listener reads, which then writes a listener file
 * with the object's present state. `<YYYY-mm-dd-HH-MM-SS-ffffff>_<entryUUID>.json`. The object is marked before, so that what
 * can't be compared with what a target has is sent once more.
 */
import { FileSystem, Path } from "@effect/platform"
import { Directory, type DirectoryError, ObjectUnknown } from "@id-connector/core/directory/Directory"
import { ScheduleMarks } from "@id-connector/core/queue/in/ScheduleMarks"
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"

/** A file could not be written. */
export class NotScheduled extends Schema.TaggedError<NotScheduled>()("NotScheduled", { detail: Schema.String }) {
  override get message() {
    return `The trigger file could not be written: ${this.detail} Check IDC_LISTENER_TRIGGER_DIR and IDC_APP_DIR.`
  }
}

type Failure = ObjectUnknown | NotScheduled | DirectoryError

export interface SchedulingShape {
  readonly user: (name: string) => Effect.Effect<void, Failure>
  readonly group: (name: string) => Effect.Effect<void, Failure>
  /** Everybody of a school, then its groups, so many at the same time. */
  readonly school: (
    name: string,
    parallel: number
  ) => Effect.Effect<{ readonly users: number; readonly groups: number }, Failure>
}

export class Scheduling extends Context.Tag("@id-connector/server/files/Scheduling")<Scheduling, SchedulingShape>() {}

interface Found {
  readonly dn: string
  readonly entryUuid: string
}

export const layer = (directory: string) =>
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

      const trigger = (objectType: "users/user" | "groups/group", { dn, entryUuid }: Found) =>
        Effect.gen(function* () {
          yield* marks.add(entryUuid)
          const name = `${nameOf(yield* stamp)}_${entryUuid}.json`
          const content = JSON.stringify({ entry_uuid: entryUuid, dn, object_type: objectType, command: "m" })
          const file = path.join(directory, name)
          // The listener reads files that end in .json: it must not see half of one.
          yield* fs.makeDirectory(directory, { recursive: true })
          yield* fs.writeFileString(`${file}.tmp`, content)
          yield* fs.rename(`${file}.tmp`, file)
        }).pipe(Effect.mapError(({ message }) => new NotScheduled({ detail: message })))

      return {
        user: (name) =>
          Effect.gen(function* () {
            const user = Option.getOrNull(yield* source.user(name))
            if (user?.isSchoolUser !== true) return yield* new ObjectUnknown({ kind: "user", name })
            yield* trigger("users/user", user)
          }),
        group: (name) =>
          Effect.gen(function* () {
            const group = Option.getOrNull(yield* source.group(name))
            if (group === null) return yield* new ObjectUnknown({ kind: "group", name })
            yield* trigger("groups/group", group)
          }),
        school: (name, parallel) =>
          Effect.gen(function* () {
            const users = yield* source.usersOfSchool(name)
            const groups = yield* source.groupsOfSchool(name)
            if (users.length + groups.length === 0) return yield* new ObjectUnknown({ kind: "school", name })
            const options = { concurrency: parallel, discard: true } as const
            yield* Effect.forEach(users, (user) => trigger("users/user", user), options)
            yield* Effect.forEach(groups, (group) => trigger("groups/group", group), options)
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
