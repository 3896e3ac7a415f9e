/** Plugins in files, in a connector that runs as a process of its own. */
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"

const executable = words("id-connector")

/** A directory with these files, and an authority for each of the names, which uses the plugin `notes` or another one. */
const directoryWith = (files: Record<string, string>, authorities: Record<string, string>) =>
  Effect.gen(function* () {
    const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
    const write = (name: string, content: string) => {
      Fs.mkdirSync(dirname(join(directory, name)), { recursive: true })
      Fs.writeFileSync(join(directory, name), content)
    }
    write("directory.json", JSON.stringify(people))
    for (const [name, content] of Object.entries(files)) write(`conf/plugins/${name}`, content)
    for (const [name, plugin] of Object.entries(authorities)) {
      const file = { ...Builders.authority(name), active: true, plugins: [plugin] }
      write(`conf/school_authorities/${name}.json`, JSON.stringify(file))
    }
    const mapping = Object.fromEntries(Object.keys(authorities).map((name) => [`School${name}`, name]))
    write("conf/schools_authorities_mapping.json", JSON.stringify({ mapping }))
    Fs.mkdirSync(join(directory, "data", "listener"), { recursive: true })
    let number = 0
    const drop = (content: unknown) => {
      const name = `2026-02-03-08-00-00-${String(++number).padStart(6, "0")}.json`
      Fs.writeFileSync(join(directory, name), JSON.stringify(content))
      Fs.renameSync(join(directory, name), join(directory, "data", "listener", name))
    }
    return { directory, drop, environment: ServiceProcess.environment(directory) }
  })

/** Writes a line for each delivery into a file. */
const notes = `
import * as Plugin from "@id-connector/core/targets/Plugin"
import { Effect } from "effect"
import { lineOf } from "shared/lines"
import { appendFileSync } from "node:fs"

export default ({ file }) =>
  Plugin.make({
    name: "notes",
    handler: (authority) =>
      Effect.succeed({
        deliver: ({ object }) =>
          Effect.sync(() => {
            appendFileSync(file, lineOf(authority.name, object))
            return { outcome: "created" }
          })
      })
  })
`

const lines = `
import { ListenerObject } from "@id-connector/core"
export const lineOf = (authority, object) => authority + " " + ListenerObject.label(object) + "\\n"
`

describe("Plugins in files", { timeout: 120_000 }, () => {
  it.scopedLive("are loaded with the server's own packages, what they share, and their configuration", () =>
    Effect.gen(function* () {
      const file = join(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()), "notes")
      const { drop, environment } = yield* directoryWith(
        {
          "plugins/notes.mjs": notes,
          "plugins/notes.json": JSON.stringify({ file }),
          "plugins/old_plugin.py": "# no longer",
          "packages/shared/lines.js": lines,
          "packages/package.json": '{"type": "module"}'
        },
        { A: "notes" }
      )
      const service = yield* ServiceProcess.serve(executable, environment)
      yield* service.address
      assert.match(
        service.output(),
        /Loaded a plugin\..*plugin=notes file=conf\/plugins\/plugins\/notes.mjs hooks=handler/
      )
      assert.match(
        service.output(),
        /Python plugins are not run by this connector: conf\/plugins\/plugins\/old_plugin.py/
      )
      drop(Builders.user("anna", { schools: ["SchoolA"] }))
      yield* service.said(/Delivered\..*anna/)
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "A anna\n")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("stop the start when one can't be used, and all that can't are named with the reason", () =>
    Effect.gen(function* () {
      const { environment } = yield* directoryWith(
        {
          "plugins/a-broken.mjs": "export default {{",
          "plugins/b-nothing.mjs": "export const plugin = 1",
          "plugins/c-throws.mjs": "throw new Error('not today')",
          "plugins/d-missing.mjs": 'import "no-such-package"',
          "plugins/e-kelvin.mjs": "export default { name: 'kelvin', handler: () => {} }",
          "plugins/f-first.mjs": "export default { name: 'same', handler: () => {} }",
          "plugins/g-second.mjs": "export default () => ({ name: 'same', handler: () => {} })",
          "plugins/h-config.mjs": "export default () => ({ name: 'config', handler: () => {} })",
          "plugins/h-config.json": "{",
          "plugins/i-hooks.mjs": "export default { name: 'hooks', handler: () => {}, preproces: (one) => one }"
        },
        {}
      )
      let said = ""
      const service = yield* ServiceProcess.serve(executable, environment, (text) => {
        said += text
      })
      assert.strictEqual(yield* service.ended, 1)
      for (const line of [
        /a-broken.mjs: does not load: SyntaxError: /,
        /i-hooks.mjs: the plugin hooks has "preproces", which nobody reads. Is preprocess meant\?/,
        /b-nothing.mjs: has no plugin as its default export/,
        /c-throws.mjs: does not load: Error: not today/,
        /d-missing.mjs: does not load: Error: Cannot find package 'no-such-package'/,
        /e-kelvin.mjs: "kelvin" is the name of a plugin that is built in/,
        /g-second.mjs: the plugin in conf\/plugins\/plugins\/f-first.mjs has the name "same", too/,
        /h-config.mjs: its configuration can't be read: .*h-config.json:.* this is not JSON/
      ]) {
        assert.match(said, line)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("do not end the process with what they begin and nobody waits for", () =>
    Effect.gen(function* () {
      const stray = `
export default {
  name: "stray",
  handler: () => ({
    deliver: async () => {
      Promise.reject(new Error("nobody waits for me"))
      setTimeout(() => { throw new Error("out of a timer") }, 10)
      return { outcome: "created" }
    }
  })
}`
      const { drop, environment } = yield* directoryWith({ "plugins/stray.mjs": stray }, { A: "stray" })
      const service = yield* ServiceProcess.serve(executable, environment)
      yield* service.address
      drop(Builders.user("anna", { schools: ["SchoolA"] }))
      yield* service.said(/A promise of a plugin was rejected.*nobody waits for me/)
      yield* service.said(/A plugin threw in a callback.*out of a timer/)
      drop(Builders.user("ben", { schools: ["SchoolA"] }))
      yield* service.said(/Delivered\..*ben/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
