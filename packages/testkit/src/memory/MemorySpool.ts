/** An in queue's directory in memory: files are put in by tests, and what became of them can be asked. */
import * as FilesInMemory from "@id-connector/core/queue/in/FilesInMemory"
import { Spool } from "@id-connector/core/queue/in/Spool"
import { Clock, Context, Effect, Layer, Queue, Stream } from "effect"

export interface MemorySpoolShape {
  /** Puts a file into the directory, as if written at once. */
  readonly put: (name: string, content: unknown) => Effect.Effect<void>
  /** Names of the files in the directory. */
  readonly names: Effect.Effect<ReadonlyArray<string>>
  /** Names of the files in the trash. */
  readonly trashed: Effect.Effect<ReadonlyArray<string>>
  /** Lets moving to the trash fail, or not any more. */
  readonly breakTrash: (isBroken: boolean) => Effect.Effect<void>
}

/** The test's side of the spool. */
export class MemorySpool extends Context.Tag("@id-connector/testkit/memory/MemorySpool")<
  MemorySpool,
  MemorySpoolShape
>() {}

/** A text is written as it is, everything else as JSON. */
export const layer: Layer.Layer<Spool | MemorySpool> = Layer.effectContext(
  Effect.gen(function* () {
    const files = new Map<string, FilesInMemory.File>()
    const trash = new Map<string, FilesInMemory.File>()
    const signs = yield* Queue.sliding<void>(1)
    const reader = FilesInMemory.reader(files)
    let isTrashBroken = false
    const sorted = (names: Iterable<string>) => [...names].sort()

    const spool: Context.Tag.Service<Spool> = {
      look: Effect.sync(() => {
        const isJson = (name: string) => name.endsWith(".json")
        const waiting = sorted(files.keys()).filter(isJson)
        reader.startOn(waiting)
        return {
          waiting: waiting.length,
          strangers: sorted(files.keys())
            .filter((name) => !isJson(name))
            .map((name) => ({
              name,
              reason: "the name does not end in .json",
              modifiedAt: files.get(name)?.modifiedAt ?? 0
            })),
          directories: []
        }
      }),
      next: reader.next,
      gone: reader.gone,
      remove: (names) =>
        Effect.sync(() => {
          for (const name of names) files.delete(name)
          return { names, problem: null }
        }),
      settle: Effect.void,
      trash: (names) =>
        Effect.sync(() => {
          if (isTrashBroken) return { names: [], problem: "it is broken" }
          for (const name of names) {
            const file = files.get(name)
            if (file !== undefined) trash.set(name, file)
            files.delete(name)
          }
          return { names, problem: null }
        }),
      changes: Stream.concat(Stream.make(undefined), Stream.fromQueue(signs))
    }
    return Context.make(Spool, spool).pipe(
      Context.add(MemorySpool, {
        put: (name, content) =>
          Effect.flatMap(Clock.currentTimeMillis, (modifiedAt) => {
            files.set(name, { text: typeof content === "string" ? content : JSON.stringify(content), modifiedAt })
            return Queue.offer(signs, undefined)
          }),
        names: Effect.sync(() => sorted(files.keys())),
        trashed: Effect.sync(() => sorted(trash.keys())),
        breakTrash: (isBroken) =>
          Effect.sync(() => {
            isTrashBroken = isBroken
          })
      })
    )
  })
)
