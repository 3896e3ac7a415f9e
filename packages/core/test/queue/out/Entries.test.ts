import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as HistoryRules from "@id-connector/core/history/HistoryRules"
import * as Entries from "@id-connector/core/queue/out/Entries"
import { ItemId, type QueueItem } from "@id-connector/core/queue/QueueStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import type { Delivered } from "@id-connector/core/targets/Plugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Either } from "effect"

const hashes = {
  userPassword: ["{crypt}h4sh-1"],
  sambaNTPassword: "h4sh-2-of-anna",
  krb5Key: ["h4sh-3-of-anna"],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1
}

const object = Either.getOrThrow(
  ListenerObject.decode({ ...Builders.user("anna", { schools: ["A"] }), user_passwords: hashes })
)

const item: QueueItem = {
  id: ItemId.make(1),
  authority: SchoolAuthority.AuthorityName.make("North"),
  objectKey: ListenerObject.objectKey(object),
  object,
  aliases: [],
  hadValues: [],
  sendAgain: false,
  file: "1.json",
  state: "in_flight",
  attempts: 0,
  availableAt: 0,
  lastError: null,
  receipt: null,
  confirmed: false,
  stepsAside: false
}

const delivered = (more: Partial<Delivered>): Delivered => ({
  outcome: "modified",
  detail: null,
  warnings: [],
  receipt: null,
  ...more
})

const differences = [
  { attribute: "firstname", current: "Ana", wanted: "Anna" },
  { attribute: "birthday", current: null, wanted: "2012-03-04" },
  { attribute: "udm_properties.note", current: null, wanted: "h4sh-2-of-anna" }
]

const rules = (settings: object) =>
  HistoryRules.of(Either.getOrThrow(SchoolAuthority.decode({ ...Builders.authority("North"), ...settings })))

const entry = (settings: object, ...deliveries: ReadonlyArray<Delivered>) =>
  Entries.ofSuccess(item, deliveries, rules(settings), 0, 1)

const valuesOf = (settings: object, ...deliveries: ReadonlyArray<Delivered>) => {
  const found = entry(settings, ...deliveries)
  return found?._tag === "Delivered" ? found.values : null
}

describe("What the history says of a delivery", () => {
  it("has values only where the school authority keeps them, though a plugin hands them over", () => {
    assert.isUndefined(valuesOf({}, delivered({ differences })))
    assert.isUndefined(valuesOf({ history_values: false }, delivered({ differences })))
    assert.isUndefined(valuesOf({ history_values: true }, delivered({ differences: null })))
  })

  it("leaves out birthday and email unless others are named, and every secret", () => {
    assert.deepStrictEqual(valuesOf({ history_values: true }, delivered({ differences })), [
      { attribute: "firstname", old: "Ana", new: "Anna" },
      { attribute: "udm_properties.note", old: null, new: "**********" }
    ])
    assert.deepStrictEqual(
      valuesOf({ history_values: true, history_values_except: ["firstname", "note"] }, delivered({ differences })),
      [{ attribute: "birthday", old: null, new: "2012-03-04" }]
    )
  })

  it("has the values of all plugins", () => {
    const other = delivered({ differences: [{ attribute: "room", current: "1", wanted: "2" }] })
    assert.lengthOf(valuesOf({ history_values: true }, delivered({ differences }), other) ?? [], 3)
  })

  it("is nothing where nothing was changed and the school authority does not want that in its history", () => {
    const unchanged = delivered({ outcome: "unchanged" })
    const off = { history_unchanged: false }
    assert.isNull(entry(off, unchanged))
    assert.isNotNull(entry({}, unchanged))
    assert.isNotNull(entry(off, unchanged, delivered({})))
    for (const outcome of ["created", "modified", "removed", "absent", "ignored", "stepped aside"] as const) {
      assert.isNotNull(entry(off, delivered({ outcome })), outcome)
    }
  })

  it("is configured by switches and a list of names, and nothing else", () => {
    const problems = SchoolAuthority.decode({
      ...Builders.authority("North"),
      history_values: "yes",
      history_values_except: "birthday",
      history_unchanged: 0
    })
    assert.deepStrictEqual(
      Either.getOrThrow(Either.flip(problems)).map((problem) => problem.split(":")[0]),
      ["history_values", "history_values_except", "history_unchanged"]
    )
  })
})
