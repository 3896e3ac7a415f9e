/** An in queue's directory in memory: files are put in by tests, and what became of them can be asked. */
import { Spool, type SpoolEntry } from "@id-connector/core/queue/in/Spool"
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

interface File {
  readonly text: string
  readonly modifiedAt: number
}

/** A text is written as it is, everything else as JSON. */
export const layer: Layer.Layer<Spool | MemorySpool> = Layer.effectContext(
  Effect.gen(function* () {
    const files = new Map<string, File>()
    const trash = new Map<string, File>()
    const signs = yield* Queue.sliding<void>(1)
    let unread: ReadonlyArray<string> = []
    let isTrashBroken = false
    const sorted = (names: Iterable<string>) => [...names].sort()

    const spool: Context.Tag.Service<Spool> = {
      look: Effect.sync(() => {
        const isJson = (name: string) => name.endsWith(".json")
        unread = sorted(files.keys()).filter(isJson)
        return {
          waiting: unread.length,
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
      next: (limit) =>
        Effect.sync(() => {
          const names = unread.slice(0, limit)
          unread = unread.slice(limit)
          return names.map((name): SpoolEntry => {
            const file = files.get(name)
            return file === undefined
              ? { _tag: "Gone", name }
              : { _tag: "Content", file: { name, digest: file.text }, text: file.text, modifiedAt: file.modifiedAt }
          })
        }),
      gone: (names) => Effect.sync(() => names.filter((name) => !files.has(name))),
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
