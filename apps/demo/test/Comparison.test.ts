import { assert, describe, it } from "@effect/vitest"
import type { HeldUser } from "@id-connector/testkit/simulator/KelvinSimulator"
import { FastCheck } from "effect"
import * as Comparison from "../src/faults/Comparison.js"

const user = (name: string, firstname: string): HeldUser => ({
  name,
  firstname,
  lastname: "Meier",
  school: "School1",
  schools: ["School1"],
  roles: ["student"],
  birthday: null,
  expiration_date: null,
  disabled: false,
  email: null,
  record_uid: name,
  source_uid: "source",
  ucsschool_roles: [],
  udm_properties: {},
  workgroups: {},
  legal_guardians: [],
  legal_wards: [],
  hashes: null,
  password: null
})

/** First names by name. */
const names = FastCheck.dictionary(FastCheck.constantFrom("anna", "ben", "cleo"), FastCheck.constantFrom("A", "B"))

const holding = (firstnames: { readonly [name: string]: string }): Comparison.Held => ({
  users: Object.entries(firstnames).map(([name, firstname]) => user(name, firstname)),
  classes: []
})

const requests = FastCheck.array(
  FastCheck.record({
    at: FastCheck.nat(10_000),
    method: FastCheck.constantFrom("GET", "PATCH"),
    path: FastCheck.constantFrom("/token", "/users/a")
  })
).map((all) => all.sort((a, b) => a.at - b.at))

describe("the comparison of two ends", () => {
  it("finds each user that is missing, that should not be there, or that is another one", () => {
    FastCheck.assert(
      FastCheck.property(names, names, (expected, actual) => {
        const found = Comparison.differences("North", holding(expected), holding(actual))
        for (const name of ["anna", "ben", "cleo"]) {
          const about = found.filter((line) => line.startsWith(`North: user ${name} `))
          const [wanted, held] = [expected[name], actual[name]]
          if (wanted === held) assert.deepStrictEqual(about, [])
          else if (held === undefined) assert.deepStrictEqual(about, [`North: user ${name} is missing`])
          else if (wanted === undefined) assert.deepStrictEqual(about, [`North: user ${name} should not be there`])
          else assert.match(about.join(), /^North: user \w+ is \{.*\} instead of \{.*\}$/)
        }
      })
    )
  })

  it("says how many users there are when they are not those of the year", () => {
    assert.deepStrictEqual(Comparison.unexpected("North", ["anna", "ben"], holding({ ben: "B", anna: "A" })), [])
    assert.deepStrictEqual(Comparison.unexpected("North", ["anna"], holding({})), [
      "North: undisturbed it holds 0 users, 1 are expected"
    ])
  })

  it("counts pauses up to the last write", () => {
    const at = (seconds: number, method: string) => ({ at: seconds * 1000, method, path: "/users/a" })
    const written = [at(0, "PATCH"), at(3, "GET"), at(4, "PATCH")]
    assert.strictEqual(Comparison.longestPause([...written, at(60, "GET")]), 3)
    assert.strictEqual(Comparison.longestPause([...written, at(60, "PATCH")]), 56)
  })

  it("finds no pause that is longer than all of it", () => {
    FastCheck.assert(
      FastCheck.property(requests, (all) => {
        const whole = (all.at(-1)?.at ?? 0) - (all[0]?.at ?? 0)
        assert.isAtMost(Comparison.longestPause(all) * 1000, whole + 1e-6)
      })
    )
  })
})
