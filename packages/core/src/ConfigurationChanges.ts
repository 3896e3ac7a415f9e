/** Says what a new configuration changes, for whoever has to find out later who got what from when on. */
import { Effect, FiberSet } from "effect"
import type { Configuration } from "./config/ConfigStore.js"
import { EventLoopYield } from "./queue/EventLoopYield.js"
import { QueueStore, type QueueStoreError, type SchoolAtAuthority } from "./queue/QueueStore.js"
import * as MappingChange from "./schools/MappingChange.js"
import type { AuthorityName } from "./schools/SchoolAuthority.js"
import type { SchoolMapping } from "./schools/SchoolMapping.js"
import { say } from "./targets/Findings.js"

/** Remembered users that are looked at in one transaction, which takes milliseconds. */
const batch = 2_000

/**
 * To be called with the first configuration and each later one. Does not wait for what takes long. `lastMapping`: what was in
 * effect when the last process ended, null where that is not known.
 */
export const make = Effect.fnUntraced(function* (lastMapping: SchoolMapping | null) {
  const store = yield* QueueStore
  const counting = yield* FiberSet.make<void>()
  let before: Configuration | null = null
  let mapping = lastMapping

  const reportAbsent = (authority: AuthorityName) =>
    Effect.flatMap(store.counts(authority), ({ dead, held, waiting }) =>
      Effect.logWarning("A school authority is not configured any more. Its queue rests until its file is back.", {
        authority,
        waiting,
        held,
        dead
      })
    )

  const reportMapping = (changes: ReadonlyArray<MappingChange.MappingChange>) =>
    Effect.gen(function* () {
      const left = changes.flatMap((change): ReadonlyArray<SchoolAtAuthority> => {
        const authority = change._tag === "Moved" ? change.from : change._tag === "Removed" ? change.authority : null
        // What it was mapped to was a name, or nothing was delivered there.
        return authority === null ? [] : [{ school: change.school, authority: authority as AuthorityName }]
      })
      const counts = yield* countDelivered(store, left)
      const staying = (school: string) => counts[left.findIndex((place) => place.school === school)] ?? 0
      for (const change of changes) yield* Effect.logInfo(sentence[change._tag], dataOf(change, staying))
    })

  return (configuration: Configuration): Effect.Effect<void, QueueStoreError> =>
    Effect.gen(function* () {
      const known = before
      before = configuration
      const gone = [...configuration.absent.keys()].filter((name) => !known?.absent.has(name))
      yield* Effect.forEach(gone, reportAbsent, { discard: true })
      yield* reportUnknown(known, configuration)
      const changes = mapping === null ? [] : MappingChange.between(mapping, configuration.mapping)
      mapping = configuration.mapping
      if (changes.length > 0) {
        yield* FiberSet.run(
          counting,
          Effect.catchAll(reportMapping(changes), ({ message }) =>
            Effect.logError(
              "Could not count the users that stay at a school authority after a change of the mapping. The new mapping is in effect.",
              { reason: message }
            )
          )
        )
      }
    })
})

/** Once for each name that the mapping has newly, or that is configured no more. */
const reportUnknown = (before: Configuration | null, after: Configuration) => {
  const known = before === null ? [] : notConfigured(before)
  return Effect.forEach(
    notConfigured(after).filter((name) => !known.includes(name)),
    (authority) =>
      Effect.logWarning(
        "The mapping names a school authority that is not configured. Changes for it wait until it is.",
        { authority, schools: after.mapping.schoolsOf(authority).names.slice(0, 20).join(", ") }
      ),
    { discard: true }
  )
}

/** The authorities that the mapping names and that are not configured, by name. */
export const notConfigured = ({ authorities, mapping }: Configuration): ReadonlyArray<string> => {
  const known = new Set<string>(authorities.map(({ name }) => name))
  return [...new Set(mapping.entries.map(([, authority]) => authority))].filter((name) => !known.has(name)).sort()
}

/** What is strange about the mapping, in words. */
export const warningsOf = (configuration: Configuration): ReadonlyArray<string> =>
  notConfigured(configuration).map((name) => say("mapped_not_configured", { school_authority: name }).text)

const sentence = {
  Added: "A school was added to the mapping.",
  Removed: "A school was removed from the mapping. Its users stay at the school authority that they were delivered to.",
  Moved: "A school was moved to another school authority. Its users stay at the former one, too."
} as const

const dataOf = (change: MappingChange.MappingChange, staying: (school: string) => number) => {
  switch (change._tag) {
    case "Added":
      return { school: change.school, authority: change.authority }
    case "Removed":
      return { school: change.school, authority: change.authority, users_staying: staying(change.school) }
    case "Moved":
      return { school: change.school, from: change.from, to: change.to, users_staying: staying(change.school) }
  }
}

/** For each of the places, through all remembered users. */
const countDelivered = Effect.fnUntraced(function* (
  store: typeof QueueStore.Service,
  places: ReadonlyArray<SchoolAtAuthority>
) {
  const letOthersGo = yield* EventLoopYield
  let sums: ReadonlyArray<number> = places.map(() => 0)
  let after: number | null = places.length === 0 ? null : 0
  while (after !== null) {
    const { counts, next } = yield* store.countDelivered(places, after, batch)
    sums = sums.map((sum, index) => sum + (counts[index] ?? 0))
    after = next
    yield* letOthersGo
  }
  return sums
})
