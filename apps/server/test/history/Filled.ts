/** The directory of a connector whose history has many entries already. */
import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import type { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import { HistoryStore } from "@id-connector/core/history/HistoryStore"
import * as HistoryDatabase from "@id-connector/server/history/HistoryDatabase"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Array as Arr, Clock, Effect } from "effect"

/** Each entry of the history is of a user of its own, and longer than most: `user1` with the id 1 is the oldest. */
export const make = (entries: number, audited: number) =>
  Effect.gen(function* () {
    const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    Fs.mkdirSync(join(directory, "data"))
    const now = yield* Clock.currentTimeMillis
    const ignored = Array.from({ length: 8 }, (_, index) => ({
      _tag: "SchoolNotMapped" as const,
      school: `School${index}`.padEnd(60, "x")
    }))
    const records = Array.from({ length: entries + audited }, (_, index) => ({
      id: index + 1,
      record: recordOf(index, entries, now - 3_600_000 + index, ignored)
    }))
    const added = Effect.flatMap(HistoryStore, (history) =>
      Effect.forEach(Arr.chunksOf(records, 5_000), (some) => history.add(some), { discard: true })
    )
    yield* Effect.provide(added, HistoryDatabase.layer(join(directory, "data", "history.db")))
    return directory
  }).pipe(Effect.provide(NodeContext.layer))

const recordOf = (
  index: number,
  entries: number,
  at: number,
  ignored: ReturnType<typeof Builders.decided>["ignored"]
): HistoryRecord =>
  index < entries
    ? Builders.decided(`user${index + 1}`, { at, ignored })
    : {
        _tag: "Audited",
        at,
        by: { name: index % 2 === 0 ? "even" : "odd", address: null },
        action: "queues.pause",
        subject: "North",
        status: 200,
        request: null
      }
