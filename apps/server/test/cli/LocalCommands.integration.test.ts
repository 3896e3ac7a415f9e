import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Settings from "@id-connector/server/Settings"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { authority } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

/** A directory of its own, without a connector. */
const local = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const app = yield* fs.makeTempDirectoryScoped()
  const env = ServiceProcess.environment(app)
  const idc = (...args: ReadonlyArray<string>) => CommandProcess.run("id-connector", args, env)
  const write = (name: string, content: string, mode = 0o600) => {
    const file = join(app, name)
    Fs.mkdirSync(join(file, ".."), { recursive: true })
    Fs.writeFileSync(file, content, { mode })
    return file
  }
  return { app, env, idc, write }
}).pipe(Effect.provide(NodeContext.layer))

describe("The commands that need no connector", { timeout: 240_000 }, () => {
  it.scopedLive("check-config says all that is wrong with the files, each with its path", () =>
    Effect.gen(function* () {
      const { app, env, idc, write } = yield* local
      const north = write("conf/school_authorities/North.json", JSON.stringify(authority("North")))
      const mapping = write("conf/schools_authorities_mapping.json", JSON.stringify({ School1: "North" }))
      const fine = yield* idc("check-config")
      assert.deepStrictEqual([fine.code, fine.err], [0, ""])
      assert.match(fine.out, /2 files under .*: 0 errors, 0 warnings\.$/)

      const broken = write("conf/school_authorities/East.json", '{"name": "East", "url": 7}')
      const odd = write(
        "conf/school_authorities/West.json",
        JSON.stringify({
          ...authority("Far"),
          plugin_config: {},
          plugins: ["kelvn"],
          plugin_configs: { kelvin: { ssl_context: { ca_file: "far.pem" } } }
        }),
        0o644
      )
      Fs.writeFileSync(mapping, JSON.stringify({ School1: "North", School2: "Nowhere" }))
      const args = ["check-config", app, "--json"]
      const found = yield* CommandProcess.run("id-connector", args, { ...env, IDC_HTP_PORT: "1" })
      assert.deepStrictEqual([found.code, found.err], [1, ""])
      const { errors, files, warnings } = JSON.parse(found.out)
      assert.deepStrictEqual(files, [broken, north, odd, mapping])
      assert.isNotEmpty(errors)
      for (const error of errors) assert.ok(error.startsWith(`${broken}: `), error)
      for (const start of [
        `${odd}: plugin_config: is not known`,
        `${odd}: plugins: there is no plugin "kelvn"`,
        `${odd}: name: the authority is called "Far", and the file is not`,
        `${odd}: plugin_configs.kelvin.ssl_context.ca_file: ${join(app, "conf", "far.pem")} does not exist. A file`,
        `${odd}: mode 0644: others can read its passwords`,
        `${odd}: name: the mapping gives no school to Far`,
        `${mapping}: The school authority "Nowhere" is not configured`,
        "IDC_HTP_PORT: is no variable that is read. Is IDC_HTTP_PORT meant?"
      ])
        assert.ok(
          warnings.some((warning: string) => warning.startsWith(start)),
          `${start}\n${warnings.join("\n")}`
        )
    })
  )

  it.scopedLive("trash lists what the in queue could not use and why, brings it back, and deletes it", () =>
    Effect.gen(function* () {
      const { app, idc, write } = yield* local
      const inQueue = join(app, "data", "listener")
      assert.match((yield* idc("trash", "list")).out, /^There is nothing in .*trash\.$/)
      for (const name of ["a.json", "b.json", "b.json.1"]) write(`data/listener/trash/${name}`, "{")
      const old = new Date(Date.now() - 40 * 86_400_000)
      Fs.utimesSync(join(inQueue, "trash", "a.json"), old, old)
      // The newest first, and of the same moment by name.
      const now = new Date()
      for (const name of ["b.json", "b.json.1"]) Fs.utimesSync(join(inQueue, "trash", name), now, now)
      const listed = yield* idc("trash", "list")
      assert.match(listed.out, /^FILE .*WHY\nb\.json .* the content is not JSON: .*\nb\.json\.1 .*\na\.json /)

      const restored = yield* idc("trash", "restore", "b.json", "b.json.1", "c.json")
      assert.strictEqual(restored.code, 1)
      assert.match(restored.out, /^2 files moved back into /)
      assert.match(restored.err, /c\.json: there is no such file\.$/)
      assert.deepStrictEqual(Fs.readdirSync(inQueue).sort(), ["b.1.json", "b.json", "trash"])
      write("data/listener/trash/b.json", "{}")
      assert.match((yield* idc("trash", "restore", "--all")).err, /b\.json: stays, since the in queue has /)
      assert.strictEqual(Fs.readFileSync(join(inQueue, "b.json"), "utf8"), "{")

      assert.strictEqual((yield* idc("trash", "clean")).code, 2)
      Fs.renameSync(join(inQueue, "a.json"), join(inQueue, "trash", "a.json"))
      assert.match(
        (yield* idc("trash", "clean", "--yes")).out,
        /^Deleted 1 file from .* \(files older than 30 days\)\.$/
      )
      assert.deepStrictEqual(Fs.readdirSync(join(inQueue, "trash")), ["b.json"])
    })
  )

  it.scopedLive("repl has Effect and the packages at hand", () =>
    Effect.gen(function* () {
      const { env } = yield* local
      const input = 'await run(Effect.succeed(core.SchoolMapping.make({ A: "B" }).authorityOf("a")))\n'
      const { code, out } = yield* CommandProcess.run("id-connector", ["repl"], env, input)
      assert.deepStrictEqual([code, out], [0, "'B'"])
    })
  )

  it.scopedLive("help and mistakes have no escape codes in a pipe, and mistakes end with 2", () =>
    Effect.gen(function* () {
      const { idc } = yield* local
      const help = yield* idc("--help")
      assert.strictEqual(help.code, 0)
      assert.isAtMost(Math.max(...help.out.split("\n").map(({ length }) => length)), 80)
      for (const command of ["queue retry", "authority check", "mapping set", "check-config", "trash clean", "repl"])
        assert.match(help.out, new RegExp(`^  ${command} +[A-Z]`, "m"))
      const documented = Fs.readFileSync(new URL("../../../../docs/commands.md", import.meta.url), "utf8")
      for (const [, command = ""] of help.out.matchAll(/^ {2}([a-z][a-z_ -]*?) {2,}[A-Z]/gm))
        assert.include(documented, `\`${command}`, command)
      assert.strictEqual(
        (yield* idc("trash", "list", "--limit", "0")).err,
        "id-connector trash list: --limit: a whole number from 1 to 100000 is expected."
      )
      const wrong = yield* idc("queue", "item")
      assert.deepStrictEqual(
        [wrong.code, wrong.err.split("\n")[0]],
        [2, 'id-connector queue: there is no command "item". Is items meant?']
      )
      assert.notInclude(`${help.out}${wrong.err}`, "\u001b")
      const completions = yield* idc("--completions", "bash")
      assert.match(completions.out, /complete -o default -F _id_connector id-connector$/)
    })
  )
})

describe("A variable that begins like ours and that nobody reads", () => {
  it("is named with the nearest known one", () => {
    assert.deepStrictEqual(
      Settings.unknownVariablesIn(["IDC_APP_DIR", "IDC_API_TOKEN", "IDC_DATABASE_URI", "IDC_FOO", "PATH"]),
      [
        "IDC_DATABASE_URI: is no variable that is read. Is IDC_DATABASE_URL meant?",
        "IDC_FOO: is no variable that is read."
      ]
    )
  })
})
