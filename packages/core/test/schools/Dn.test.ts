import { assert, describe, it } from "@effect/vitest"
import * as Dn from "@id-connector/core/schools/Dn"
import { FastCheck as fc, Option } from "effect"

describe("Dn", () => {
  it("takes escapes for what they stand for", () => {
    assert.deepStrictEqual(Option.getOrNull(Dn.firstValue("uid=M\\C3\\BCller\\, J.,ou=X,dc=e")), "Müller, J.")
    assert.deepStrictEqual(Option.getOrNull(Dn.school("uid=a\\,ou=b,cn=c,OU = Gym ,dc=e")), "Gym")
  })

  it("is not taken in by what is no DN", () => {
    for (const text of ["", "anna", "=a", "uid=", "uid=a,,dc=e"]) assert.ok(Option.isNone(Dn.parse(text)), text)
  })

  it("gives every text a key", () => {
    fc.assert(fc.property(fc.string(), (text) => assert.strictEqual(typeof Dn.key(text), "string")))
  })
})
