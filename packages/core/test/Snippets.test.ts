import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { reasons } from "../../../docs/snippets/packages/core.js"
import { distribution } from "../../../docs/snippets/who-gets-it.js"

describe("The example in the README", () => {
  it("is the one that is compiled and run here", () => {
    const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")
    assert.ok(read("README.md").includes(read("docs/snippets/who-gets-it.ts")))
  })

  it("says who gets the change, and what was left out of account", () => {
    assert.deepStrictEqual<unknown>(distribution, {
      recipients: [{ authority: "North", because: [{ _tag: "CurrentSchool", school: "DemoSchool" }] }],
      ignored: [{ _tag: "SchoolNotMapped", school: "Elsewhere" }]
    })
  })
})

describe("The example of this package's README", () => {
  it("says who gets the change, and why", () => {
    assert.deepStrictEqual(reasons, Either.right(["North: school DemoSchool"]))
  })
})
