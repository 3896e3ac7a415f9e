/** Every mistake that a plugin can make, in every hook, while changes for others flow. */
import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import { words } from "../cli/CommandProcess.js"
import { people } from "../http/ApiWorld.js"

const executable = words("id-connector")

/** How the body of a hook goes wrong. */
const mistakes = {
  throws: "throw new TypeError('it throws')",
  rejects: "return Promise.reject(new Error('it rejects'))",
  nonsense: "return () => 'nonsense'",
  endless: "return new Promise(() => {})",
  busy: "const until = Date.now() + 1_200; while (Date.now() < until); throw new Error('it was busy')"
}

const good = {
  deliver: "return { outcome: 'created' }",
  ping: "",
  handles: "return true",
  check: "return {}",
  concurrency: "return 4",
  deletionLimit: "return null",
  preprocess: "return object",
  distribute: "return []",
  handler: "return handler"
}

type Hook = keyof typeof good

const hooks = Object.keys(good) as ReadonlyArray<Hook>

/** A plugin in which one hook is wrong. `preprocess` and `distribute` see everybody's objects: they go wrong at their own. */
const pluginWith = (name: string, wrong: Hook, mistake: string) => {
  const body = (hook: Hook) => (hook === wrong ? mistake : good[hook])
  const own = `if (!String(object.dn).includes("${name}")) { ${wrong === "distribute" ? good.distribute : good.preprocess} }`
  return `
export default {
  name: "${name}",
  timeLimits: { preprocess: "3 seconds", handler: "3 seconds", ping: "3 seconds", deliver: "3 seconds" },
  handles: (object) => { ${body("handles")} },
  check: (authority) => { ${body("check")} },
  concurrency: (authority) => { ${body("concurrency")} },
  deletionLimit: (authority) => { ${body("deletionLimit")} },
  ${wrong === "preprocess" ? `preprocess: (object) => { ${own} ${mistake} },` : ""}
  ${wrong === "distribute" ? `distribute: (object) => { ${own} ${mistake} },` : ""}
  handler: (authority) => {
    const handler = {
      ping: () => { ${body("ping")} },
      deliver: (delivery) => { ${body("deliver")} }
    }
    ${body("handler")}
  }
}`
}

const changes = 1_000

describe("Plugins that are wrong, each in one hook", { timeout: 280_000 }, () => {
  it.scopedLive("keep nobody else from anything, and each is told in the log", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const write = (name: string, content: unknown) =>
        Fs.writeFileSync(join(directory, name), typeof content === "string" ? content : JSON.stringify(content))
      for (const folder of ["conf/plugins/plugins", "conf/school_authorities", "data/listener"]) {
        Fs.mkdirSync(join(directory, folder), { recursive: true })
      }
      const simulator = yield* KelvinSimulator.make({ schools: ["Well"] })
      const { url } = yield* KelvinSimulatorHttp.serve(simulator)
      const kelvin = { ssl_context: { check_hostname: false, verify_mode: 0 } }
      write("directory.json", people)
      write("conf/school_authorities/Well.json", Builders.authority("Well", { url, kelvin }))
      const mapping: Record<string, string> = { Well: "Well" }
      const faulty = hooks.flatMap((hook) =>
        Object.entries(mistakes).map(([kind, mistake]) => ({ name: `${hook}-${kind}`, hook, kind, mistake }))
      )
      for (const { hook, mistake, name } of faulty) {
        write(`conf/plugins/plugins/${name}.mjs`, pluginWith(name, hook, mistake))
        write(`conf/school_authorities/${name}.json`, {
          ...Builders.authority(name, { url: "https://faulty.example.com/" }),
          plugins: [name]
        })
        mapping[`School-${name}`] = name
      }
      write("conf/schools_authorities_mapping.json", { mapping })
      const service = yield* ServiceProcess.serve(executable, ServiceProcess.environment(directory))
      yield* service.address
      let number = 0
      const drop = (content: unknown) => {
        const file = `2026-02-03-08-00-00-${String(++number).padStart(6, "0")}.json`
        write(file, content)
        Fs.renameSync(join(directory, file), join(directory, "data", "listener", file))
      }
      for (let index = 0; index < changes; index++) {
        drop(Builders.user(`u${index}`, { schools: ["Well"] }))
        const one = faulty[index / 20]
        if (one !== undefined) drop(Builders.user(`v${index}`, { schools: [`School-${one.name}`] }))
      }
      yield* Effect.sync(() => simulator.state().users.length).pipe(
        Effect.repeat({ until: (count) => count === changes, schedule: Schedule.spaced("200 millis") }),
        Effect.timeout("200 seconds")
      )
      const untold = () =>
        faulty.filter(({ hook, name }) => {
          // The log puts a backslash before quotes.
          const line = `The plugin \\"${name}\\" (conf/plugins/plugins/${name}.mjs) is faulty: its hook ${hook} `
          return !service.output().includes(line)
        })
      yield* Effect.sync(untold).pipe(
        Effect.repeat({ until: (names) => names.length <= 1, schedule: Schedule.spaced("200 millis") }),
        Effect.timeout("30 seconds"),
        Effect.ignore
      )
      // Whatever a ping answers means yes.
      assert.deepStrictEqual(
        untold().map(({ name }) => name),
        ["ping-nonsense"]
      )
      assert.match(service.output(), /kept the whole connector waiting for 1\.\d s in its hook/)
      assert.isNull(service.child.exitCode)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
