// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments and its end.
/**
 * `npm run nodes`: delivers made-up years for some seconds while V8 collects garbage all the time. The connector must not end,
 * and nothing may be lost.
 */
import type { ChildProcess } from "node:child_process"
import process from "node:process"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Clock, Console, Effect } from "effect"
import * as Rig from "./Rig.js"
import * as Year from "./Year.js"

/** Small rooms for young objects are full at once, and old ones are looked through four times a second, in every thread. */
const collecting: Rig.Executable = [
  "--expose-gc",
  "--max-semi-space-size=1",
  "--import",
  "data:text/javascript,setInterval(globalThis.gc, 250).unref()"
]

/** Fails with what went wrong. */
const oneYear = (seed: number) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "id-connector-load-" })
    const year = Year.make({ users: 400, classes: 36, seed })
    const rig = yield* Rig.make(directory, [...collecting, ...Rig.built], Year.generator(seed))
    const connector = yield* rig.start
    rig.drop(year.files, 0)
    const left = yield* Effect.raceFirst(
      rig.settled,
      Effect.flatMap(end(connector), (how) => Effect.fail(how))
    )
    const wrong = [...left, ...rig.logged("dead letter")]
    for (const { name, simulator } of rig.targets) {
      const held = simulator.state().users.map((user) => user.name)
      if (JSON.stringify(held.sort()) !== JSON.stringify(year.users[name])) {
        wrong.push(`${name}: holds ${held.length} users, ${year.users[name]?.length ?? 0} are expected`)
      }
    }
    connector.kill("SIGTERM")
    const ending = yield* end(connector)
    if (ending !== "it ended with 0") wrong.push(ending)
    if (wrong.length > 0) return yield* Effect.fail(wrong.join("\n"))
    return year.files.length
  }).pipe(Effect.scoped)

const end = (child: ChildProcess) =>
  Effect.async<string>((resume) => {
    const say = () => resume(Effect.succeed(`it ended with ${child.exitCode ?? child.signalCode}`))
    if (child.exitCode !== null || child.signalCode !== null) return say()
    child.once("exit", say)
  })

const seconds = Number(process.argv[2] ?? "60")

Effect.gen(function* () {
  const start = yield* Clock.currentTimeMillis
  let files = 0
  let seed = 1
  while ((yield* Clock.currentTimeMillis) - start < seconds * 1_000) files += yield* oneYear(seed++)
  yield* Console.log(`Node.js ${process.versions.node}: ${files} files in ${seconds} s of collections, nothing lost.`)
}).pipe(
  Effect.catchAll((wrong) =>
    Effect.zipRight(
      Console.error(`Node.js ${process.versions.node}: ${wrong}`),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  ),
  // @effect-diagnostics-next-line strictEffectProvide:off
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
