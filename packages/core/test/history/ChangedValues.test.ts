import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as ChangedValues from "@id-connector/core/history/ChangedValues"
import * as HistoryRules from "@id-connector/core/history/HistoryRules"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Either, FastCheck, Redacted } from "effect"

/** Only what must not be kept has this in it. */
const mark = "never-k3pt"

const Leaf = (marked: FastCheck.Arbitrary<unknown>): FastCheck.Arbitrary<unknown> =>
  FastCheck.letrec((tie) => ({
    value: FastCheck.oneof(
      { depthSize: "small" },
      marked,
      FastCheck.array(tie("value"), { maxLength: 4 }),
      FastCheck.dictionary(FastCheck.constantFrom("a", "b", "__proto__"), tie("value"), { maxKeys: 3 })
    )
  })).value

const Harmless = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.integer(),
  FastCheck.constantFrom(null, true, Number.NaN, undefined, 10n, Symbol("s"), () => 1)
)

const Value = Leaf(Harmless)

const Marked = Leaf(FastCheck.constantFrom(mark, `a ${mark} b`))

const excepted = ["birthday", "email", "phone"]

const Excepted = FastCheck.constantFrom(...excepted, ...excepted.map((name) => `udm_properties.${name}`))

const Secret = FastCheck.constantFrom(
  "password",
  "kelvin_password_hashes",
  "user_password",
  "samba_nt_password",
  "krb_5_key",
  "key",
  "token",
  "udm_properties.sambaNTPassword",
  "udm_properties.pwdHistory",
  "udm_properties.krb5Key",
  "udm_properties.clientSecret",
  "udm_properties.Kennwort"
)

const plain = FastCheck.constantFrom("firstname", "users", "udm_properties.title", "school_classes")

const difference = (attribute: FastCheck.Arbitrary<string>, value: FastCheck.Arbitrary<unknown>) =>
  FastCheck.record({ attribute, current: value, wanted: value })

/** Values that hold others under names of which nothing may be kept. */
const Nested = FastCheck.tuple(FastCheck.oneof(Secret, Excepted), Marked, Value).map(([name, marked, other]) => ({
  [name]: marked,
  [name.replace("udm_properties.", "")]: marked,
  a: [{ [name]: marked, c: other }]
}))

const Differences = FastCheck.array(
  FastCheck.oneof(
    difference(FastCheck.oneof(Excepted, Secret), Marked),
    difference(plain, Value),
    difference(plain, Nested)
  ),
  { maxLength: 10 }
)

const of = (attribute: string, current: unknown, wanted: unknown) =>
  ChangedValues.of([{ attribute, current, wanted }], [], [])

const members = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `pupil${from + n}`)

describe("Values that the history keeps", () => {
  it.prop(
    "have nothing of an excepted attribute nor of one with the name of a secret, wherever it stands",
    [Differences],
    ([differences]) => {
      const values = ChangedValues.of(differences, excepted, [])
      assert.notInclude(JSON.stringify(values), mark)
      assert.ok(values.every(({ attribute }) => !excepted.includes(attribute.replace("udm_properties.", ""))))
    },
    { fastCheck: { numRuns: 500 } }
  )

  it.prop(
    "have no secret of the object, whatever attribute it is in",
    [FastCheck.array(difference(plain, Leaf(FastCheck.constantFrom("h4sh-of-anna", "x{ssha}h4sh-of-anna")))), Value],
    ([differences, other]) => {
      const values = ChangedValues.of(
        [...differences, { attribute: "title", current: null, wanted: other }],
        [],
        ["h4sh-of-anna"]
      )
      assert.notInclude(JSON.stringify(values), "h4sh-of-anna")
    }
  )

  it.prop(
    "are of bounded size, and plain JSON",
    [
      FastCheck.array(
        difference(
          FastCheck.oneof(plain, FastCheck.string({ maxLength: 300 })),
          Leaf(FastCheck.constantFrom("x".repeat(2_000), members(0, 500), 1))
        ),
        {
          maxLength: 200
        }
      )
    ],
    ([differences]) => {
      const values = ChangedValues.of(differences, [], [])
      const json = JSON.stringify(values)
      assert.isBelow(json.length, 60_000)
      assert.deepStrictEqual(JSON.parse(json), values)
    },
    { fastCheck: { numRuns: 30 } }
  )

  it("say what was and what is, null where there is nothing, and leave out what is the same", () => {
    assert.deepStrictEqual(
      ChangedValues.of(
        [
          { attribute: "firstname", current: "Anna", wanted: "Änne" },
          { attribute: "udm_properties.title", current: undefined, wanted: "Dr." },
          { attribute: "disabled", current: false, wanted: false }
        ],
        HistoryRules.defaults.except,
        []
      ),
      [
        { attribute: "firstname", old: "Anna", new: "Änne" },
        { attribute: "udm_properties.title", old: null, new: "Dr." }
      ]
    )
  })

  it("name those who come to a class of a thousand and go, and how many stay", () => {
    assert.deepStrictEqual(of("users", members(0, 1_000), members(1, 1_002)), [
      { attribute: "users", old: ["pupil0", "(and 999 in both)"], new: ["pupil1000", "pupil1001", "(and 999 in both)"] }
    ])
    const [created] = of("users", null, members(0, 1_000))
    assert.deepStrictEqual(created?.new, [...members(0, 20), "(and 980 more)"])
    assert.deepStrictEqual(of("school_classes", { A: members(0, 30), B: ["1a"] }, { A: members(0, 31) }), [
      {
        attribute: "school_classes",
        old: { A: ["(and 30 in both)"], B: ["1a"] },
        new: { A: ["pupil30", "(and 30 in both)"] }
      }
    ])
  })

  it("are cut when they are long, and say so", () => {
    const [long] = of("description", "short", "y".repeat(100_000))
    assert.strictEqual(long?.new, `${"y".repeat(500)}... (cut, has 100000 characters)`)
    const many = Array.from({ length: 150 }, (_, n) => ({ attribute: `a${n}`, current: n, wanted: n + 1 }))
    const values = ChangedValues.of(many, [], [])
    assert.lengthOf(values, 101)
    assert.deepStrictEqual(values.at(-1), { attribute: "...", old: null, new: "(more attributes are left out)" })
    const large = Array.from({ length: 60 }, (_, n) => ({
      attribute: `a${n}`,
      current: null,
      wanted: `${n}`.repeat(500)
    }))
    assert.match(String(ChangedValues.of(large, [], []).at(-1)?.new), /left out: too much/)
  })

  it("are not in the way when a plugin hands over what can't be looked at", () => {
    const cyclic: Record<string, unknown> = { a: 1 }
    cyclic.self = cyclic
    const failing = Object.defineProperty({}, "a", { enumerable: true, get: () => assert.fail("looked at") })
    assert.lengthOf(of("a", cyclic, null), 1)
    assert.deepStrictEqual(of("a", null, failing), [{ attribute: "a", old: "(not shown)", new: null }])
    assert.notInclude(JSON.stringify(of("a", null, Redacted.make("s3cr3t"))), "s3cr3t")
  })

  it("have no password hash, of whatever kind", () => {
    for (const hash of ["{crypt}$6$h4sh$h4sh", "{SSHA}h4sh", "$2b$12$h4sh", "$argon2id$v=19$h4sh", "{K5KEY}h4sh"]) {
      assert.notInclude(JSON.stringify(of("description", hash, `was ${hash}`)), "h4sh")
    }
  })

  it("know the secrets of an object: hashes and properties, not what stands in many an attribute", () => {
    const user = Builders.user("anna", { schools: ["A"] })
    const hashes = {
      userPassword: ["{crypt}h4sh-1"],
      sambaNTPassword: "h4sh-2",
      krb5Key: ["h4sh-3"],
      krb5KeyVersionNumber: 1,
      sambaPwdLastSet: 1
    }
    const object = Either.getOrThrow(
      ListenerObject.decode({
        ...user,
        user_passwords: hashes,
        object: { ...user.object, initialPassword: ["s3cr3t-4"], pwdChangeNextLogin: "1" }
      })
    )
    const secrets = ChangedValues.secretsOf(object)
    assert.includeMembers([...secrets], ["h4sh-2", "s3cr3t-4"])
    assert.deepStrictEqual(
      ChangedValues.of(
        [
          { attribute: "title", current: "1", wanted: "s3cr3t-4" },
          { attribute: "udm_properties.x", current: "h4sh-2", wanted: ["a h4sh-3 b"] }
        ],
        [],
        secrets
      ),
      [
        { attribute: "title", old: "1", new: "**********" },
        { attribute: "udm_properties.x", old: "**********", new: ["**********"] }
      ]
    )
  })
})
