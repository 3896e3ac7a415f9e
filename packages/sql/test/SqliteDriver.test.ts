import process from "node:process"
import { assert, describe, it } from "@effect/vitest"
import * as SqliteDriver from "@id-connector/sql/SqliteDriver"
import { Effect, Layer } from "effect"

const fits = (node: string, driver: string) => SqliteDriver.problem(node, driver) === null

describe("the SQLite driver", () => {
  it("12 is for any Node.js but 24 from 24.19 on, 13 for those with Node-API 10", () => {
    for (const node of ["20.19.0", "20.20.2", "22.0.0", "22.13.1", "23.5.0"]) {
      assert.deepStrictEqual([node, fits(node, "12.11.1"), fits(node, "13.2.0")], [node, true, false])
    }
    for (const node of ["22.14.0", "22.23.3", "23.6.0", "24.0.0", "24.18.1", "25.9.0", "26.12.1"]) {
      assert.deepStrictEqual([node, fits(node, "12.11.1"), fits(node, "13.2.0")], [node, true, true])
    }
    for (const node of ["24.19.0", "24.21.0"]) {
      assert.deepStrictEqual([node, fits(node, "12.11.1"), fits(node, "13.2.0")], [node, false, true])
    }
  })

  it("that does not fit is refused with the line that helps", () => {
    assert.strictEqual(
      SqliteDriver.problem("24.21.0", "12.11.1"),
      'better-sqlite3 12.11.1 crashes Node.js 24.21.0 in a garbage collection: put "overrides": { "better-sqlite3": "13.2.0" } into your package.json and run npm install.'
    )
    assert.strictEqual(
      SqliteDriver.problem("20.20.2", "13.2.0"),
      'better-sqlite3 13.2.0 crashes Node.js 20.20.2 when a database is opened: use Node.js 22.14 or newer, or put "overrides": { "better-sqlite3": "12.11.1" } into your package.json and run npm install.'
    )
  })

  it.effect(`of this Node.js (${process.versions.node}) is there`, () =>
    Effect.scoped(Layer.build(SqliteDriver.layer)).pipe(Effect.asVoid)
  )
})
