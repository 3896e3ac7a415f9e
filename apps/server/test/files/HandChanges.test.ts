import { assert, describe, it } from "@effect/vitest"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as HandChanges from "@id-connector/server/files/HandChanges"
import * as LastGood from "@id-connector/server/files/LastGood"

const known = (more: Partial<Omit<LastGood.Known, "names">> & { readonly names?: ReadonlyArray<string> } = {}) => ({
  ...LastGood.nothing,
  ...more,
  names: (more.names ?? []).map((name) => AuthorityName.make(name))
})

const told = (before: LastGood.Known, after: LastGood.Known) =>
  HandChanges.between(before, after).map(({ action, subject }) => `${action} ${subject}`)

describe("What was changed by hand", () => {
  it("is nothing where nothing has changed", () => {
    const one = known({ names: ["North"], digests: { North: "1" }, mapping: { A: "North" }, problems: ["x.json: y"] })
    assert.deepStrictEqual(told(one, one), [])
    // In another order it is the same mapping.
    assert.deepStrictEqual(told(known({ mapping: { A: "1", B: "2" } }), known({ mapping: { B: "2", A: "1" } })), [])
  })

  it("names authorities that came, changed and went, and says that the mapping is another", () => {
    const before = known({ names: ["East", "North", "West"], digests: { East: "1", North: "1", West: "1" } })
    const after = known({
      names: ["East", "North", "South", "West"],
      absent: { [AuthorityName.make("West")]: 1 },
      digests: { East: "2", North: "1", South: "1" },
      mapping: { A: "North" }
    })
    assert.deepStrictEqual(told(before, after), [
      "file.authority_added South",
      "file.authority_changed East",
      "file.authority_removed West",
      "file.mapping_changed null"
    ])
    assert.deepStrictEqual(told(after, known({ ...after, absent: {}, digests: { ...after.digests, West: "1" } })), [
      "file.authority_added West"
    ])
  })

  it("does not say that a file has changed of which nothing was known", () => {
    assert.deepStrictEqual(told(known({ names: ["North"] }), known({ names: ["North"], digests: { North: "1" } })), [])
  })

  it("names each file once that can't be used any more", () => {
    const problems = [
      "/srv/conf/school_authorities/East.json: url: is missing",
      "/srv/conf/school_authorities/East.json: name: is missing",
      "/srv/conf/school_authorities/A.json and /srv/conf/school_authorities/B.json: name: both",
      "conf/schools_authorities_mapping.json is empty, and had 2 schools",
      "something else"
    ]
    assert.deepStrictEqual(told(known(), known({ problems })), [
      "file.unusable East.json",
      "file.unusable A.json",
      "file.unusable schools_authorities_mapping.json",
      "file.unusable conf"
    ])
    assert.deepStrictEqual(told(known({ problems }), known({ problems: problems.slice(1) })), [])
  })
})
