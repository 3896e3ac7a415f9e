import { assert, describe, it } from "@effect/vitest"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import * as ClassMembers from "@id-connector/kelvin/delivery/ClassMembers"

const roles = new Map([
  ["pupil", ["student:school:A"]],
  ["teacher", ["teacher:school:A"]],
  ["elsewhere", ["teacher:school:Z"]]
])

const members = (local: ReadonlyArray<string>, atTarget: ReadonlyArray<string>, ignored = ["teacher"]) =>
  ClassMembers.partial({
    local,
    atTarget,
    roles,
    ignored: new Set(ignored),
    schools: SchoolName.makeSet(["a"])
  })

describe("The members of a class that is synchronised in part", () => {
  it("are the local ones, and those of the target with a role that is none of ours", () => {
    assert.deepStrictEqual(members(["pupil", "teacher"], []), ["pupil"])
    assert.deepStrictEqual(members(["pupil"], ["teacher"]), ["pupil", "teacher"])
  })

  it("leave out who is not in the class here any more", () => {
    assert.deepStrictEqual(members([], ["pupil", "teacher"]), ["teacher"])
  })

  it("keep who is known at the target only", () => {
    assert.deepStrictEqual(members([], ["caretaker"]), ["caretaker"])
  })

  it("do not leave somebody to the target for a role at a school of another authority", () => {
    assert.deepStrictEqual(members(["elsewhere"], []), ["elsewhere"])
    assert.deepStrictEqual(members([], ["elsewhere"]), [])
  })

  it("are each there once, however a name is spelt", () => {
    assert.deepStrictEqual(members(["Pupil"], ["pupil", "STRANGER", "stranger"]), ["Pupil", "STRANGER"])
  })

  it("are the local ones and the strangers when no role is ignored", () => {
    assert.deepStrictEqual(members(["pupil", "teacher"], ["elsewhere", "caretaker"], []), [
      "pupil",
      "teacher",
      "caretaker"
    ])
  })
})
