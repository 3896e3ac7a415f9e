/**
 * Marks of objects that were scheduled by hand, as empty files `<entryUUID>_<when>`: the commands, which are processes of their
 * own, leave them for the service.
 */
import { FileSystem, Path } from "@effect/platform"
import { ScheduleMarks, type ScheduleMarksShape } from "@id-connector/core/queue/in/ScheduleMarks"
import { SpoolError } from "@id-connector/core/queue/in/Spool"
import { Clock, Effect, Layer } from "effect"

export const layer = (directory: string) =>
  Layer.effect(
    ScheduleMarks,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const failed = (operation: string) =>
        Effect.mapError(
          ({ message }: { readonly message: string }) =>
            new SpoolError({ operation: `${operation} ${directory}`, detail: message })
        )
      const marks: ScheduleMarksShape = {
        add: (entryUuid) =>
          Effect.gen(function* () {
            const name = `${encodeURIComponent(entryUuid.toLowerCase())}_${yield* Clock.currentTimeNanos}`
            yield* fs.makeDirectory(directory, { recursive: true })
            yield* fs.writeFile(path.join(directory, name), new Uint8Array())
          }).pipe(failed("mark as scheduled in")),
        all: fs.readDirectory(directory).pipe(
          Effect.catchIf(
            (error) => error._tag === "SystemError" && error.reason === "NotFound",
            () => Effect.succeed([])
          ),
          Effect.map((names) => {
            const byObject = new Map<string, Array<string>>()
            for (const name of names) {
              const entryUuid = decode(name.slice(0, Math.max(0, name.lastIndexOf("_"))))
              byObject.set(entryUuid, [...(byObject.get(entryUuid) ?? []), name])
            }
            return byObject
          }),
          failed("read")
        ),
        remove: (names) =>
          Effect.forEach(names, (name) => fs.remove(path.join(directory, name), { force: true }), {
            discard: true
          }).pipe(failed("remove marks in"))
      }
      return marks
    })
  )

/** Nobody but us writes here; what somebody did all the same is no object's. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ""
  }
}
