/** The history in memory, for tests: the model that other storages are compared with. It looks through everything each time. */
import * as Erasure from "@id-connector/core/history/Erasure"
import { type HistoryEntry, type HistoryRecord, outcomeOf } from "@id-connector/core/history/HistoryEntry"
import { type HistoryFilter, HistoryStore, type Numbered } from "@id-connector/core/history/HistoryStore"
import * as RecordText from "@id-connector/core/history/RecordText"
import { Effect, Layer, Option } from "effect"

/** Empty at first. Every build of the layer has its own content. */
export const layer: Layer.Layer<HistoryStore> = Layer.sync(HistoryStore, () => {
  let all: ReadonlyArray<Numbered> = []
  const entries = () => newestFirst(all).flatMap((numbered) => (isEntry(numbered) ? [numbered] : []))
  const keep = (isKept: (record: HistoryRecord) => boolean, limit = all.length): number => {
    const before = all.length
    // In the order of numbers, and only as far as `limit`.
    const audited = all.filter(({ record }) => record._tag === "Audited").slice(0, limit)
    const others = all.filter(({ record }) => record._tag !== "Audited").slice(0, limit)
    const gone = new Set([...audited, ...others].filter(({ record }) => !isKept(record)))
    all = all.filter((numbered) => !gone.has(numbered))
    return before - all.length
  }
  const withoutValues = (before: number, limit: number): number => {
    const tooOld = all
      .filter(({ record }) => "values" in record && record.at < before)
      .sort((a, b) => a.record.at - b.record.at || a.id - b.id)
      .slice(0, limit)
    all = all.map((numbered) => (tooOld.includes(numbered) ? unvalued(numbered) : numbered))
    return tooOld.length
  }
  const add = (records: ReadonlyArray<Numbered>): void => {
    const known = new Set(all.map(({ id }) => id))
    const news = records.filter(
      ({ id }, index) => !known.has(id) && records.findIndex((one) => one.id === id) === index
    )
    all = [...all, ...news].sort((a, b) => a.id - b.id)
  }
  return {
    add: (records) => Effect.sync(() => add(records)),
    take: (texts) =>
      Effect.sync(() => {
        const { records, unreadable } = RecordText.parseAll(texts)
        add(records)
        return unreadable
      }),
    list: (filter) =>
      Effect.sync(() => {
        const keys = filter.name === undefined ? null : new Set(namedSo(entries(), filter.name))
        return entries()
          .filter(({ id, record }) => isBefore(id, filter) && isWithin(record, filter) && fits(record, filter, keys))
          .slice(0, filter.limit)
      }),
    one: (id) => Effect.sync(() => Option.fromNullable(entries().find((entry) => entry.id === id))),
    audit: (filter) =>
      Effect.sync(() =>
        newestFirst(all)
          .flatMap(({ id, record }) => (record._tag === "Audited" ? [{ id, record }] : []))
          .filter(
            ({ id, record }) =>
              isBefore(id, filter) &&
              isWithin(record, filter) &&
              (filter.by === undefined || record.by.name.toLowerCase() === filter.by.toLowerCase()) &&
              (filter.about === undefined || slashed(record.subject ?? "").includes(slashed(filter.about)))
          )
          .slice(0, filter.limit)
      ),
    purge: ({ audit, history, values }, limit) =>
      Effect.sync(() => {
        const gone = keep((record) => record.at >= (record._tag === "Audited" ? audit : history), limit)
        return gone + withoutValues(values, limit)
      }),
    erase: (objectKey, called = []) =>
      Effect.sync(() => {
        const others = entries().filter(({ record }) => record.objectKey !== objectKey)
        const taken = new Set(others.map(({ record }) => record.name.toLowerCase()))
        const own = entries().flatMap(({ record }) => (record.objectKey === objectKey ? [record.name] : []))
        const names = new Set([...own, ...called].map((name) => name.toLowerCase()).filter((name) => !taken.has(name)))
        const gone = keep((record) => record._tag === "Audited" || record.objectKey !== objectKey)
        all = all.map(({ id, record }) => ({
          id,
          record:
            (record._tag === "Audited"
              ? Erasure.fromAudit(record, { objectKey, names })
              : Erasure.fromTexts(record, { objectKey, names })) ?? record
        }))
        return gone
      })
  }
})

const newestFirst = (all: ReadonlyArray<Numbered>) => [...all].reverse()

const unvalued = ({ id, record }: Numbered): Numbered => {
  if (record._tag !== "Delivered") return { id, record }
  const { values: _, ...rest } = record
  return { id, record: rest }
}

const isEntry = (numbered: Numbered): numbered is Numbered<HistoryEntry> => numbered.record._tag !== "Audited"

const namedSo = (entries: ReadonlyArray<Numbered<HistoryEntry>>, name: string): ReadonlyArray<string> =>
  entries.flatMap(({ record }) => (record.name.toLowerCase() === name.toLowerCase() ? [record.objectKey] : []))

const isBefore = (id: number, { before }: { readonly before?: number }) => before === undefined || id < before

const isWithin = (
  { at }: HistoryRecord,
  { since, until }: { readonly since?: number; readonly until?: number }
): boolean => (since === undefined || at >= since) && (until === undefined || at <= until)

const fits = (entry: HistoryEntry, filter: HistoryFilter, keys: ReadonlySet<string> | null): boolean =>
  (keys === null || keys.has(entry.objectKey)) &&
  (filter.objectKey === undefined || entry.objectKey === filter.objectKey) &&
  (filter.kind === undefined || entry.kind === filter.kind) &&
  (filter.authority === undefined || ("authority" in entry && entry.authority === filter.authority)) &&
  (filter.entry === undefined || entry._tag === filter.entry) &&
  (filter.outcome === undefined || outcomeOf(entry) === filter.outcome)

/** In small letters as far as SQLite knows them. */
const slashed = (text: string): string => `/${text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())}/`
