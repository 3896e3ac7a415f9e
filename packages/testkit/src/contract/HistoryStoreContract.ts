/** What every history keeps, whatever it stands on: a test suite. */
import { assert, describe, it } from "@effect/vitest"
import { type HistoryEntry, type HistoryRecord, searchable } from "@id-connector/core/history/HistoryEntry"
import { type HistoryFilter, HistoryStore, type Numbered } from "@id-connector/core/history/HistoryStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Effect, FastCheck, type Layer, Option } from "effect"
import * as MemoryHistoryStore from "../memory/MemoryHistoryStore.js"

// @effect-diagnostics strictEffectProvide:off -- each test gets a history of its own.

const hour = 3_600_000

const authorities = ["North", "South", "Träger Ü"].map((name) => AuthorityName.make(name))

const Authority = FastCheck.constantFrom(...authorities)

const about = {
  at: FastCheck.integer({ min: 0, max: 20 }).map((hours) => hours * hour),
  kind: FastCheck.constantFrom("user" as const, "group" as const),
  objectKey: FastCheck.constantFrom("user:1", "user:2", "group:1"),
  name: FastCheck.constantFrom("anna", "Anna", "bert", "School1-1a"),
  file: FastCheck.constantFrom("1.json", "2.json")
}

const ofItem = { ...about, authority: Authority, item: FastCheck.integer({ min: 1, max: 9 }) }

const request = FastCheck.constantFrom(null, "0b8a5c5e-0000-4000-8000-000000000001")

const values = [
  { attribute: "firstname", old: "Anna", new: "Änne" },
  { attribute: "udm_properties.title", old: null, new: ["Dr.", { a: 1 }] }
]

/** One whose values are kept beside it. */
const Valued = FastCheck.record({
  ...ofItem,
  _tag: FastCheck.constant("Delivered" as const),
  outcome: FastCheck.constant("modified" as const),
  detail: FastCheck.constant(null),
  mapping: FastCheck.constant("users"),
  changed: FastCheck.constant(["firstname", "udm_properties"]),
  values: FastCheck.constantFrom([], values, values.slice(1), [
    { attribute: "users", old: ["anna", "bert"], new: { of: "Anna" } }
  ]),
  warnings: FastCheck.constant([]),
  attempts: FastCheck.constant(1),
  millis: FastCheck.constant(7),
  request
})

const Entry: FastCheck.Arbitrary<HistoryEntry> = FastCheck.oneof(
  FastCheck.record({
    ...about,
    _tag: FastCheck.constant("Decided" as const),
    change: FastCheck.constantFrom("changed" as const, "removed" as const),
    recipients: FastCheck.constantFrom(
      [],
      [
        {
          authority: authorities[0] ?? AuthorityName.make("x"),
          because: [{ _tag: "CurrentSchool" as const, school: "A" }]
        }
      ]
    ),
    ignored: FastCheck.constantFrom([], [{ _tag: "SchoolNotMapped" as const, school: "Ä" }])
  }),
  FastCheck.record({
    ...ofItem,
    _tag: FastCheck.constant("Delivered" as const),
    outcome: FastCheck.constantFrom("created" as const, "modified" as const, "removed" as const),
    detail: FastCheck.constantFrom(null, "why", "taken by anna"),
    mapping: FastCheck.constantFrom(null, "users"),
    changed: FastCheck.constantFrom(null, ["firstname"]),
    warnings: FastCheck.constantFrom([], ["look"], ["Bert, ANNA and annabell are not there", "x"]),
    attempts: FastCheck.integer({ min: 1, max: 3 }),
    millis: FastCheck.integer({ min: 0, max: 100 }),
    request
  }),
  Valued,
  FastCheck.record({
    ...ofItem,
    _tag: FastCheck.constant("Failed" as const),
    attempt: FastCheck.integer({ min: 1, max: 3 }),
    reason: FastCheck.constantFrom("it failed", "The user anna is missing."),
    until: about.at,
    request
  }),
  FastCheck.record({
    ...ofItem,
    _tag: FastCheck.constant("GivenUp" as const),
    attempt: FastCheck.integer({ min: 1, max: 3 }),
    reason: FastCheck.constantFrom("never", "bert: no."),
    request
  }),
  FastCheck.record({
    ...ofItem,
    _tag: FastCheck.constant("Acted" as const),
    action: FastCheck.constantFrom("retried" as const, "discarded" as const),
    by: FastCheck.constant({ name: "admin", address: null })
  })
)

const Record: FastCheck.Arbitrary<HistoryRecord> = FastCheck.oneof(
  { weight: 4, arbitrary: Entry },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("Audited" as const),
      at: about.at,
      by: FastCheck.record({ name: FastCheck.constantFrom("admin", "Other"), address: FastCheck.constant("10.0.0.1") }),
      action: FastCheck.constantFrom(
        "queues.pause",
        "history.object",
        "history.export",
        "schedule.user",
        "history.list"
      ),
      subject: FastCheck.constantFrom(null, "North", "anna", "user/Anna", "user/1", "user/bert", "group/bert"),
      status: FastCheck.constantFrom(null, 200),
      request
    })
  }
)

const optional = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined, freq: 3 })

const given = <A extends object>(filter: A): A =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as A

const Filter = FastCheck.record({
  objectKey: optional(about.objectKey),
  name: optional(FastCheck.constantFrom("ANNA", "bert", "nobody")),
  kind: optional(about.kind),
  authority: optional(Authority),
  entry: optional(FastCheck.constantFrom("Decided" as const, "Delivered" as const, "Acted" as const)),
  outcome: optional(FastCheck.constantFrom(...searchable)),
  since: optional(about.at),
  until: optional(about.at),
  before: optional(FastCheck.integer({ min: 1, max: 40 })),
  limit: FastCheck.integer({ min: 1, max: 50 })
}).map((filter) => given(filter) as HistoryFilter)

const numbered = (records: ReadonlyArray<HistoryRecord>): ReadonlyArray<Numbered> =>
  [...records]
    // As it is but for clocks that are set: later ones have greater numbers.
    .sort((a, b) => a.at - b.at)
    .map((record, index) => ({ id: index + 1, record }))

const Records = FastCheck.array(Record, { maxLength: 40 }).map(numbered)

/** Defines the suite. `layer` is built anew for each test, and has to be empty then. */
export const historyStoreContract = <E>(name: string, layer: Layer.Layer<HistoryStore, E>): void => {
  describe(`HistoryStore on ${name}`, () => {
    it.effect("H1: a name finds its object as long as an entry has it, and no longer", () =>
      Effect.gen(function* () {
        const history = yield* HistoryStore
        const called = (id: number, at: number, spelled: string): Numbered => ({
          id,
          record: {
            _tag: "Acted",
            at,
            kind: "user",
            objectKey: "user:1",
            name: spelled,
            file: "1.json",
            authority: authorities[0] ?? AuthorityName.make("x"),
            item: id,
            action: "retried",
            by: { name: "admin", address: null }
          }
        })
        yield* history.add([called(1, 0, "ÄNNE"), called(2, hour, "Bert"), called(3, 2 * hour, "BERT")])
        const found = (spelled: string) => Effect.map(history.list({ name: spelled, limit: 9 }), (all) => all.length)
        assert.deepStrictEqual([yield* found("Änne"), yield* found("bert")], [3, 3])
        yield* history.purge({ history: hour, audit: 0, values: 0 }, 10)
        assert.deepStrictEqual([yield* found("Änne"), yield* found("bert")], [0, 2])
        yield* history.purge({ history: 2 * hour, audit: 0, values: 0 }, 10)
        assert.deepStrictEqual(yield* found("bert"), 1)
      }).pipe(Effect.provide(layer))
    )
    it.effect("H1: who is erased is named by nobody's entry, unless somebody else is called so", () =>
      Effect.gen(function* () {
        const history = yield* HistoryStore
        const failed = (id: number, objectKey: string, spelled: string, reason: string): Numbered => ({
          id,
          record: {
            _tag: "GivenUp",
            at: 0,
            kind: "user",
            objectKey,
            name: spelled,
            file: "1.json",
            authority: authorities[0] ?? AuthorityName.make("x"),
            item: id,
            attempt: 1,
            reason,
            request: null
          }
        })
        const audited = (id: number, action: string, subject: string): Numbered => ({
          id,
          record: {
            _tag: "Audited",
            at: 0,
            by: { name: "admin", address: null },
            action,
            subject,
            status: 200,
            request: null
          }
        })
        yield* history.add([
          failed(1, "user:Ü-1", "Anna.ß", "anna.ß is wrong"),
          failed(2, "user:2", "bert", 'Taken by "ANNA.ß", not by anna.ßb; see bert.'),
          audited(3, "history.object", "user/anna.ß"),
          audited(4, "history.erase", "user/ü-1"),
          audited(5, "schedule.user", "Anna.ß"),
          audited(6, "history.object", "user/annab"),
          failed(7, "user:3", "Carl", "c")
        ])
        assert.strictEqual(yield* history.erase("user:Ü-1", ["anna.ß", "carl"]), 1)
        assert.deepStrictEqual(
          (yield* history.list({ limit: 9 })).map(({ record }) => record._tag === "GivenUp" && record.reason),
          ["c", 'Taken by "(erased)", not by anna.ßb; see bert.']
        )
        assert.deepStrictEqual(
          (yield* history.audit({ limit: 9 })).map(({ record }) => record.subject),
          ["user/annab", "(erased)", "user/(erased)", "user/(erased)"]
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("H3: takes what the outbox has, and says what can't be read", () =>
      Effect.gen(function* () {
        const history = yield* HistoryStore
        const [record] = FastCheck.sample(Entry, 1)
        const texts = ["", "{}", '{"_tag":"Delivered","at":1}', '{"_tag":"Unheard","at":1}', JSON.stringify(record)]
        const unreadable = yield* history.take(texts.map((text, index) => ({ id: index + 1, text })))
        assert.deepStrictEqual(unreadable, [1, 2, 3, 4])
        assert.deepStrictEqual(yield* history.list({ limit: 9 }), [{ id: 5, record }] as never)
      }).pipe(Effect.provide(layer))
    )
    it.effect("H2: keeps values beside their entry until their own date, and they do not come back", () =>
      Effect.gen(function* () {
        const history = yield* HistoryStore
        const [one] = FastCheck.sample(Valued, 1)
        if (one === undefined) return assert.fail("there is a sample")
        const entry = (id: number, at: number): Numbered => ({ id, record: { ...one, at, values } })
        // The second one is from before the clock was set.
        const records = [entry(1, 5 * hour), entry(2, hour), entry(3, 9 * hour)]
        yield* history.add(records)
        const kept = Effect.map(history.list({ limit: 9 }), (all) =>
          all.map(({ id, record }) => [id, record._tag === "Delivered" ? record.values : null])
        )
        assert.deepStrictEqual(
          yield* kept,
          [3, 2, 1].map((id) => [id, values])
        )
        assert.strictEqual(yield* history.purge({ history: 0, audit: 0, values: 2 * hour }, 10), 1)
        yield* history.add(records)
        assert.deepStrictEqual(yield* kept, [
          [3, values],
          [2, undefined],
          [1, values]
        ])
        assert.strictEqual(yield* history.purge({ history: 0, audit: 0, values: 6 * hour }, 10), 1)
        assert.strictEqual(yield* history.purge({ history: 0, audit: 0, values: 6 * hour }, 10), 0)
        assert.deepStrictEqual(
          yield* Effect.map(
            history.one(3),
            Option.map(({ record }) => record)
          ),
          Option.some(records[2]?.record)
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect.prop(
      "H1: answers every question as the history in memory does, also after records were told twice, purged and erased",
      [
        Records,
        FastCheck.array(Filter, { minLength: 1, maxLength: 5 }),
        about.at,
        about.at,
        about.objectKey,
        FastCheck.constantFrom([], ["ANNA"])
      ],
      ([records, filters, tooOld, valuesTooOld, erased, called]) => {
        const look = Effect.gen(function* () {
          const history = yield* HistoryStore
          const lists = Effect.forEach(filters, (filter) => history.list(filter))
          const audits = Effect.forEach(filters, ({ before, limit, since, until }) =>
            Effect.all([
              history.audit(given({ by: "ADMIN", since, until, before, limit }) as never),
              history.audit(given({ about: "ANNA", since, until, before, limit }) as never)
            ])
          )
          const all = Effect.all([lists, audits, Effect.map(history.one(3), Option.getOrNull)])
          yield* history.add(records.slice(0, 20))
          yield* history.take(records.slice(10).map(({ id, record }) => ({ id, text: JSON.stringify(record) })))
          const first = yield* all
          const gone = yield* history.purge({ history: tooOld, audit: tooOld / 2, values: valuesTooOld }, 10)
          const second = yield* all
          yield* history.add(records.slice(5))
          const again = yield* all
          const forgotten = yield* history.erase(erased, called)
          return [first, gone, second, again, forgotten, yield* all]
        })
        return Effect.gen(function* () {
          assert.deepStrictEqual(
            yield* Effect.provide(look, layer),
            yield* Effect.provide(look, MemoryHistoryStore.layer)
          )
        })
      },
      { fastCheck: { numRuns: 60 }, timeout: 120_000 }
    )
  })
}
