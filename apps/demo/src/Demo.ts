// @effect-diagnostics nodeBuiltinImport:off
// A free port is the operating system's to tell.
/**
 * The connector for real, in a directory that is thrown away: two school authorities behind HTTPS (simulated), a small
 * school, two days of changes. Everything that is decided and delivered is printed.
 */
import * as Net from "node:net"
import { FileSystem, Path } from "@effect/platform"
import { Connector, type QueueStatus } from "@id-connector/core/Connector"
import { Events } from "@id-connector/core/events/Events"
import { defaultLayout } from "@id-connector/core/schools/SourceDomain"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as HttpApp from "@id-connector/server/http/HttpApp"
import * as Logging from "@id-connector/server/log/Logging"
import * as StandardOutput from "@id-connector/server/log/StandardOutput"
import * as Main from "@id-connector/server/Main"
import * as SecureRandom from "@id-connector/server/process/SecureRandom"
import type { Settings } from "@id-connector/server/Settings"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Console, Context, Effect, Layer, Schedule, Schema, Stream } from "effect"
import * as Report from "./Report.js"
import * as School from "./School.js"

/** Something was not delivered, or not within the time the demonstration gives it. */
export class NotDelivered extends Schema.TaggedError<NotDelivered>()("NotDelivered", { detail: Schema.String }) {
  override get message() {
    return `Not everything was delivered: ${this.detail}.`
  }
}

/** How long a day's changes may take. */
const timeLimit = "60 seconds"

/** Runs until it is interrupted, or with `once` until everything is delivered. */
export const run = (once: boolean) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "id-connector-demo-" })
    const inQueue = path.join(directory, "data", "listener")
    yield* Console.log(`The ID Connector works in ${directory}\n`)

    const tls = yield* KelvinSimulatorHttp.certificate
    const targets = yield* Effect.forEach(School.authorities, ({ name, schools }) =>
      Effect.gen(function* () {
        const simulator = yield* KelvinSimulator.make({ schools })
        const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls })
        yield* Console.log(`School authority ${name.padEnd(15)} ${url}  runs ${schools.join(", ")}`)
        return { name, simulator, url }
      })
    )
    const settings = yield* prepare(directory, targets)
    const context = yield* Layer.build(
      HttpApp.layer(settings.http, path.join(directory, "conf", "tokens.secret")).pipe(
        Layer.provideMerge(Main.layer(settings)),
        Layer.provide(Logging.layer(settings.logDirectory, StandardOutput.none)),
        Layer.provide(Ucr.layer(settings.ucrFile)),
        Layer.provide(SecureRandom.layer)
      )
    )
    const { password, uid } = School.administrator
    yield* Console.log(
      [
        `Management API              http://127.0.0.1:${settings.http.port}${HttpApp.documentation}  log in as ${uid} with the password ${password}`,
        `For a shell                 API=http://127.0.0.1:${settings.http.port}${HttpApp.root}`
      ].join("\n")
    )
    const connector = Context.get(context, Connector)
    yield* Context.get(context, Events).stream.pipe(
      Stream.runForEach((event) => {
        const line = Report.line(event)
        return line === null ? Effect.void : Console.log(line)
      }),
      Effect.forkScoped
    )

    const day = (title: string, files: ReadonlyArray<School.ListenerFile>) =>
      Effect.gen(function* () {
        yield* Console.log(`\n${title}: ${files.length} listener files are dropped into the in queue`)
        yield* Effect.forEach(files, (file) => drop(inQueue, file), { discard: true })
        yield* quiet(connector, inQueue)
      })
    yield* day("The first day", School.firstDay)
    yield* day("The second day", School.secondDay)

    yield* Console.log("\nIn the end")
    for (const { name, simulator } of targets) {
      yield* Console.log(Report.holding(name, simulator.state()).join("\n"))
    }
    yield* allDelivered(yield* connector.status)
    yield* Console.log("\nEverything was delivered.")
    if (once) return
    const example = path.join(directory, School.example.name)
    yield* fs.writeFileString(example, JSON.stringify(School.example.content, null, 2))
    yield* Console.log(
      [
        "",
        "The connector keeps running. Drop in a change of your own, for example this one (edit it first, if you like):",
        `  cp ${example} ${inQueue}/`,
        `The log is ${path.join(settings.logDirectory, "queues.log")}. Ctrl-C ends it and removes the directory.`,
        ""
      ].join("\n")
    )
    return yield* Effect.never
  }).pipe(Effect.scoped)

interface Target {
  readonly name: string
  readonly url: string
}

/** Writes what an administrator would have configured. */
const prepare = (directory: string, targets: ReadonlyArray<Target>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const conf = path.join(directory, "conf")
    const json = (file: string, content: unknown) =>
      fs.writeFileString(file, JSON.stringify(content, null, 2), { mode: 0o600 })
    yield* fs.makeDirectory(path.join(conf, "school_authorities"), { recursive: true })
    for (const { name, url } of targets) {
      yield* json(path.join(conf, "school_authorities", `${name}.json`), School.authorityFile(name, url))
    }
    yield* json(path.join(conf, "schools_authorities_mapping.json"), { mapping: School.mapping })
    yield* json(path.join(directory, "directory.json"), School.directory)
    const settings: Settings = {
      appDir: directory,
      listenerDirectory: path.join(directory, "data", "listener"),
      databaseFile: path.join(directory, "data", "id-connector.db"),
      directory: { _tag: "File", path: path.join(directory, "directory.json") },
      ucrFile: path.join(directory, "base.conf"),
      logDirectory: path.join(directory, "log"),
      http: { host: "127.0.0.1", port: yield* freePort, tls: null },
      triggerDirectory: null,
      layout: { ...defaultLayout, base: Builders.base }
    }
    return settings
  })

/** To be told before anything listens there. */
const freePort = Effect.async<number>((resume) => {
  const server = Net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Written beside and renamed, as the converter does it. */
const drop = (inQueue: string, { content, name }: School.ListenerFile) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const beside = path.join(inQueue, `${name}.tmp`)
    yield* fs.writeFileString(beside, JSON.stringify(content))
    yield* fs.rename(beside, path.join(inQueue, name))
  })

/** Waits until the in queue is empty and no item waits. */
const quiet = (connector: Context.Tag.Service<Connector>, inQueue: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const files = (yield* fs.readDirectory(inQueue)).filter((name) => name !== "trash")
    const queues = yield* connector.status
    return files.length === 0 && queues.every(({ inFlight, waiting }) => inFlight === 0 && waiting === 0)
  }).pipe(
    Effect.repeat({ until: (isQuiet) => isQuiet, schedule: Schedule.spaced("50 millis") }),
    Effect.timeoutFail({
      duration: timeLimit,
      onTimeout: () => new NotDelivered({ detail: `after ${timeLimit} something still waits` })
    })
  )

const allDelivered = (queues: ReadonlyArray<QueueStatus>) => {
  const left = queues.filter(({ dead, inFlight, waiting }) => dead + inFlight + waiting > 0)
  return left.length === 0
    ? Effect.void
    : new NotDelivered({
        detail: left
          .map(({ authority, dead, waiting }) => `${authority}: ${waiting} items wait, ${dead} dead letters`)
          .join("; ")
      })
}
