/** What a delivery hands over for a history that keeps values. */
import { assert, describe, it } from "@effect/vitest"
import * as ChangedValues from "@id-connector/core/history/ChangedValues"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect } from "effect"
import { users, world } from "./World.js"

const user = (properties: Record<string, unknown> = {}) => Builders.user("anna", { schools: ["A"], properties })

const hashes = {
  userPassword: ["{crypt}h4sh-1-of-anna"],
  sambaNTPassword: "h4sh-2-of-anna",
  krb5Key: ["h4shOfAnna33"],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1
}

const wanted = { wantsDifferences: true }

describe("The differences of a delivery", () => {
  it.scoped("are all of a new user with nothing before, then what changes with what the target had", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({})
      const created = yield* deliver(user({ firstname: "Ana", title: "Dr." }), wanted)
      const values = created.differences ?? []
      assert.deepInclude(values, { attribute: "firstname", current: null, wanted: "Ana" })
      assert.deepInclude(values, { attribute: "udm_properties.title", current: null, wanted: "Dr." })
      assert.ok(values.every(({ current }) => current === null))
      const modified = yield* deliver(user({ firstname: "Anna", title: null }), { ...wanted, receipt: created.receipt })
      assert.deepStrictEqual(modified.differences, [
        { attribute: "firstname", current: "Ana", wanted: "Anna" },
        { attribute: "udm_properties.title", current: "Dr.", wanted: null }
      ])
      const unchanged = yield* deliver(user({ firstname: "Anna", title: null }), wanted)
      assert.deepStrictEqual([unchanged.outcome, unchanged.differences ?? []], ["unchanged", []])
    })
  )

  it.scoped("are not made where nobody wants them", () =>
    Effect.gen(function* () {
      const { deliver } = yield* world({})
      assert.isNull((yield* deliver(user({ firstname: "Ana" }))).differences)
      assert.isNull((yield* deliver(user({ firstname: "Anna" }))).differences)
      assert.isNull((yield* deliver(Builders.schoolClass("A", "1a"))).differences)
    })
  )

  it.scoped("have no password, no hash, and nothing that comes from a secret", () =>
    Effect.gen(function* () {
      const mapping = { users: { ...users, password: "password", unixPassword: "note" } }
      const { deliver } = yield* world({}, { sync_password_hashes: true, mapping })
      const anna = (note: string) => ({ ...user({ unixPassword: note }), user_passwords: hashes })
      const created = yield* deliver(anna("s3cr3t-1"), wanted)
      const modified = yield* deliver(anna("s3cr3t-2"), { ...wanted, receipt: created.receipt, sendAgain: true })
      assert.deepStrictEqual([created.outcome, modified.outcome], ["created", "modified"])
      assert.includeMembers([...(modified.changed ?? [])], ["kelvin_password_hashes"])
      for (const { differences } of [created, modified]) {
        assert.notMatch(JSON.stringify(differences), /h4sh|s3cr3t|password/)
      }
    })
  )

  it.scoped("of a class of a thousand are those who come and go, once they are kept", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 1_000 }, (_, n) => `pupil${n}`)
      const { deliver, simulator } = yield* world({
        users: [...names, "new"].map((name) => ({
          name,
          school: "A",
          firstname: "F",
          lastname: "L",
          record_uid: name,
          source_uid: "S"
        }))
      })
      const members = (all: ReadonlyArray<string>) =>
        all.map((name) => `uid=${name},cn=schueler,cn=users,ou=A,${Builders.base}`)
      const schoolClass = (all: ReadonlyArray<string>, description: string) => {
        const made = Builders.schoolClass("A", "1a")
        return { ...made, object: { ...made.object, users: members(all), description } }
      }
      const created = yield* deliver(schoolClass(names, "1a"), wanted)
      assert.deepStrictEqual([created.outcome, simulator.state().classes.length], ["created", 1])
      const modified = yield* deliver(schoolClass([...names.slice(1), "new"], "1a, room 2"), wanted)
      assert.deepStrictEqual(ChangedValues.of(modified.differences ?? [], [], []), [
        { attribute: "description", old: "1a", new: "1a, room 2" },
        { attribute: "users", old: ["pupil0", "(and 999 in both)"], new: ["new", "(and 999 in both)"] }
      ])
      assert.isBelow(JSON.stringify(ChangedValues.of(created.differences ?? [], [], [])).length, 1_000)
    })
  )
})
