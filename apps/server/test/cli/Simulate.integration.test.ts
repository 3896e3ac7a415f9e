import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import type { Outcome } from "@id-connector/testkit/harness/Outcome"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import * as CommandProcess from "./CommandProcess.js"

/** A directory with an authority, a mapping, and these listener files. Relative names are of it. */
const prepared = (
  files: { readonly [name: string]: unknown },
  url = "https://kelvin.north.example/ucsschool/kelvin/v1/"
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* fs.makeTempDirectoryScoped()
    const north = Builders.authority("North", { url, kelvin: { ssl_context: { verify_mode: 0 } } })
    for (const [name, content] of Object.entries({
      "North.json": north,
      "mapping.json": { mapping: { A: "North" } },
      ...files
    })) {
      const file = path.join(directory, name)
      yield* fs.makeDirectory(path.dirname(file), { recursive: true })
      yield* fs.writeFileString(file, JSON.stringify(content))
    }
    return (...words: ReadonlyArray<string>) =>
      CommandProcess.run(
        "id-connector",
        [
          "simulate",
          "--authority",
          path.join(directory, "North.json"),
          "--mapping",
          path.join(directory, "mapping.json"),
          ...words.map((word) => (word.startsWith("-") || word === "North" ? word : path.join(directory, word)))
        ],
        { PATH: process.env.PATH }
      )
  })

const anna = Builders.user("anna", { schools: ["A"] })

describe("id-connector simulate", { timeout: 60_000 }, () => {
  it.scopedLive("says what was decided, mapped and sent, and ends with 0", () =>
    Effect.gen(function* () {
      const simulate = yield* prepared({ "1.json": anna })
      const { code, err, out } = yield* simulate("1.json")
      assert.deepStrictEqual([code, err], [0, ""])
      for (const line of [
        "user anna, changed (1.json)",
        "North: concerned (school A)",
        'firstname = "F-anna"  from firstname',
        "POST /v1/users/ -> 201",
        "North has 1 user and 0 classes."
      ]) {
        assert.include(out, line)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("drops the files of a directory when all before them is delivered", () =>
    Effect.gen(function* () {
      const { id } = anna
      const renamed = { ...Builders.user("bea", { schools: ["A"], id }), dn: Builders.userDn("bea", "A") }
      const simulate = yield* prepared({ "day1/1.json": anna, "day2/1.json": renamed })
      const { code, out } = yield* simulate("--json", "day1", "day2")
      const { changes, targets }: Outcome = JSON.parse(out)
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(
        changes.map(({ decisions }) => decisions[0]?.attempts.map(({ outcome }) => outcome)),
        [["created"], ["modified"]]
      )
      assert.deepStrictEqual(
        targets.North?.users.map(({ name }) => name),
        ["bea"]
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("with --target reads from the real target over HTTPS, and leaves it as it is", () =>
    Effect.gen(function* () {
      const target = yield* KelvinSimulator.make({
        schools: ["A"],
        users: [{ name: "anna", firstname: "Old", school: "A", record_uid: "rec-anna", source_uid: "S" }],
        classes: [{ name: "1a", school: "A", users: ["anna"] }]
      })
      const { url } = yield* KelvinSimulatorHttp.serve(target)
      const before = JSON.stringify(target.state())
      const simulate = yield* prepared({ "1.json": anna }, url)
      const { code, err, out } = yield* simulate("--target", "North", "1.json")
      assert.deepStrictEqual([code, err], [0, ""])
      assert.include(out, "kelvin: modified")
      assert.include(out, "PATCH /v1/users/anna -> 200")
      assert.include(out, "At North 1 user and 0 classes would be written. Nothing was: it was only read.")
      assert.deepStrictEqual([target.writes(), JSON.stringify(target.state())], [[], before])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("ends with 1 when something would become a dead letter, and says why", () =>
    Effect.gen(function* () {
      const simulate = yield* prepared({
        "1.json": anna,
        "targets.json": { North: { users: [{ name: "anna", school: "A", record_uid: "somebody-else" }] } }
      })
      const { code, out } = yield* simulate("--targets", "targets.json", "1.json")
      assert.strictEqual(code, 1)
      assert.match(out, /North: user anna is a dead letter: .*somebody-else/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("names the file, and what is expected, when it can't be used", () =>
    Effect.gen(function* () {
      const simulate = yield* prepared({ "1.json": anna, "bad.json": { North: { users: [{}] } }, "empty/x.txt": 1 })
      const missing = yield* simulate("2.json")
      assert.match(missing.err, /2\.json: there is no such file\.$/)
      const bad = yield* simulate("--targets", "bad.json", "1.json")
      assert.match(bad.err, /bad\.json: North\.users\.0\.name: is missing/)
      const empty = yield* simulate("empty")
      assert.match(empty.err, /empty: no listener file/)
      const both = yield* simulate("--json", "--html", "1.json")
      assert.deepStrictEqual([missing.code, bad.code, empty.code, both.code], [1, 1, 1, 2])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
