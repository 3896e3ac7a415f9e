/**
 * `data/out_queues_trash/<YYYYmmdd_HHMMSS>.<authority>/`: what was still queued when an authority was deleted, a file for each
 * item, named like its listener file. Password hashes are not among it: they are read anew when the object is scheduled.
 */
import { FileSystem, Path } from "@effect/platform"
import { OutQueueTrash, TrashError } from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueRow from "@id-connector/core/queue/QueueRow"
import type { QueueItem } from "@id-connector/core/queue/QueueStore"
import { DateTime, Effect, Layer } from "effect"

export const layer = (directory: string) =>
  Layer.effect(
    OutQueueTrash,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      return {
        keep: (authority, removedAt, items) =>
          Effect.gen(function* () {
            const own = path.join(directory, `${stampOf(removedAt)}.${authority}`)
            yield* fs.makeDirectory(own, { recursive: true, mode: 0o750 })
            yield* Effect.forEach(
              items,
              // Two items may come of one file; no file is called what an id is.
              (item) =>
                fs.writeFileString(path.join(own, `${item.id}_${path.basename(item.file)}`), contentOf(item), {
                  mode: 0o600
                }),
              { concurrency: 8, discard: true }
            )
          }).pipe(Effect.mapError(({ message }) => new TrashError({ detail: message })))
      }
    })
  )

const contentOf = (item: QueueItem): string => {
  const { payload, previous } = QueueRow.rowOf(item)
  return previous === null ? payload : JSON.stringify({ ...JSON.parse(payload), old_data: JSON.parse(previous) })
}

/** `20260203_040506` in UTC. */
export const stampOf = (millis: number): string =>
  DateTime.formatIso(DateTime.unsafeMake(millis)).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_")
