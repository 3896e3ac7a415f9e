/** A history as a state's connector has it after some time, filled through its front door. */

import type { HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import { HistoryStore, type Numbered } from "@id-connector/core/history/HistoryStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as HistoryDatabase from "@id-connector/server/history/HistoryDatabase"
import { Array, Clock, Context, Duration, Effect, Layer } from "effect"
import * as Stopwatch from "./Stopwatch.js"

/** As the connector takes entries over. */
const atOnce = 1_000

const authorities = 400

/** Each person has so many entries in the end, far apart from each other. */
const entriesOfEach = 20

export interface FilledHistory {
  /** Somebody in it. */
  readonly person: (index: number) => string
  readonly authority: (index: number) => string
  readonly filling: Stopwatch.Elapsed
}

/** A new file of so many entries: nobody has it open when this returns. */
export const make = (filename: string, entries: number) =>
  Effect.gen(function* () {
    const store = Context.get(yield* Layer.build(HistoryDatabase.layer(filename)), HistoryStore)
    const people = Math.ceil(entries / entriesOfEach)
    const now = yield* Clock.currentTimeMillis
    // What is older than ninety days would be removed.
    const begin = now - Duration.toMillis("80 days")
    const at = (id: number) => Math.round(begin + ((now - begin) * id) / entries)
    const fill = Effect.gen(function* () {
      for (let first = 1; first <= entries; first += atOnce) {
        yield* store.add(
          Array.makeBy(Math.min(atOnce, entries - first + 1), (more) => entry(first + more, people, at(first + more)))
        )
      }
    })
    const [filling] = yield* Stopwatch.timed(Effect.withTracerEnabled(fill, false))
    return { person: (index) => nameOf(index % people), authority: nameOfAuthority, filling } satisfies FilledHistory
  }).pipe(Effect.scoped, Effect.orDie)

/** `at`: in milliseconds since 1970. */
const entry = (id: number, people: number, at: number): Numbered<HistoryEntry> => {
  // Neighbours are other people, as at night, when the whole directory comes along.
  const person = (id * 7_919) % people
  const name = nameOf(person)
  const authority = AuthorityName.make(nameOfAuthority(person))
  const subject = {
    at,
    kind: "user" as const,
    objectKey: `user:${String(person).padStart(8, "0")}-6f1c-103b-8f6b-5d9c2f0a7e11`,
    name,
    file: `2026-08-01-02-03-04-${id}.json`
  }
  if (id % 2 === 0) {
    const because = [{ _tag: "CurrentSchool" as const, school: `School${person % 1_000}` }]
    return {
      id,
      record: { ...subject, _tag: "Decided", change: "changed", recipients: [{ authority, because }], ignored: [] }
    }
  }
  const item = { ...subject, authority, item: id, request: "0b8a5c5e-0000-4000-8000-000000000001" }
  return {
    id,
    record:
      id % 1_000 === 1
        ? { ...item, _tag: "GivenUp", attempt: 5, reason: "422 mailPrimaryAddress: The domain is not hosted." }
        : {
            ...item,
            _tag: "Delivered",
            outcome: id % 3 === 0 ? "unchanged" : "modified",
            detail: null,
            mapping: "users_student",
            changed: id % 3 === 0 ? [] : ["firstname", "school_classes"],
            warnings: [],
            attempts: 1,
            millis: 42
          }
  }
}

const nameOf = (person: number) => `pupil${person}`
const nameOfAuthority = (index: number) => `Authority${index % authorities}`
