/** What the history says of a year that was delivered, compared with what has happened: an entry for everything, and none twice. */
import type { HistoryRecord } from "@id-connector/core/history/HistoryEntry"

/** What has happened, by those who do not read the history. */
export interface Happened {
  /** Names of the listener files. */
  readonly files: ReadonlyArray<string>
  /** Ids of the items that were settled, each as often as it was. */
  readonly settled: ReadonlyArray<number>
}

/** A line for everything of which the history does not have exactly one entry. */
export const misses = (records: ReadonlyArray<HistoryRecord>, { files, settled }: Happened): ReadonlyArray<string> => {
  const decided = records.flatMap((record) => (record._tag === "Decided" ? [record.file] : []))
  const delivered = records.flatMap((record) => (record._tag === "Delivered" ? [record.item] : []))
  return [...unequal("file", files, decided), ...unequal("item", settled, delivered)]
}

const unequal = <A>(what: string, happened: ReadonlyArray<A>, written: ReadonlyArray<A>): ReadonlyArray<string> => {
  const times = counted(happened)
  const entries = counted(written)
  return [...new Set([...times.keys(), ...entries.keys()])].flatMap((one) => {
    const [is, ought] = [entries.get(one) ?? 0, times.get(one) ?? 0]
    return is === ought ? [] : [`${what} ${one}: ${is} entries in the history instead of ${ought}`]
  })
}

const counted = <A>(values: ReadonlyArray<A>): ReadonlyMap<A, number> => {
  const times = new Map<A, number>()
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1)
  return times
}
