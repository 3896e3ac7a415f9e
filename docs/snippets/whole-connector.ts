import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SourceDomain } from "@id-connector/core"
import { Builders, KelvinSimulator, KelvinSimulatorHttp } from "@id-connector/testkit"
import { Effect, Layer, Schedule } from "effect"
import { connector } from "./packages/server.js"

const write = (file: string, content: unknown) => writeFileSync(file, JSON.stringify(content))

/** The files of a connector with one school authority. */
const prepare = (appDir: string, url: string) => {
  mkdirSync(join(appDir, "conf", "school_authorities"), { recursive: true })
  mkdirSync(join(appDir, "data", "listener"), { recursive: true })
  // The simulated target has a certificate that nobody signed.
  const kelvin = { ssl_context: { check_hostname: false, verify_mode: 0 } }
  write(join(appDir, "conf", "school_authorities", "North.json"), Builders.authority("North", { url, kelvin }))
  write(join(appDir, "conf", "schools_authorities_mapping.json"), { mapping: { School1: "North" } })
  write(join(appDir, "directory.json"), { users: [], groups: [] })
  return {
    appDir,
    listenerDirectory: join(appDir, "data", "listener"),
    databaseFile: join(appDir, "data", "id-connector.db"),
    directory: { _tag: "File", path: join(appDir, "directory.json") },
    ucrFile: join(appDir, "base.conf"),
    logDirectory: join(appDir, "log"),
    layout: { ...SourceDomain.defaultLayout, base: Builders.base },
    http: { host: "127.0.0.1", port: 0, tls: null },
    triggerDirectory: null
  } as const
}

/** A connector with its files, database and threads delivers a user over HTTPS; answers with what the target holds then. */
export const users = Effect.gen(function* () {
  const north = yield* KelvinSimulator.make({ schools: ["School1"], ldapBase: Builders.base })
  const { url } = yield* KelvinSimulatorHttp.serve(north)
  const appDir = mkdtempSync(join(tmpdir(), "id-connector-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(appDir, { recursive: true, force: true })))
  const settings = prepare(appDir, url)
  yield* Layer.build(connector(settings))
  // Written beside and renamed: the in queue never sees half of it.
  write(join(appDir, "anna.json"), Builders.user("anna"))
  renameSync(join(appDir, "anna.json"), join(settings.listenerDirectory, "2026-02-03-04-05-06-000001.json"))
  yield* Effect.sync(() => north.state().users.length).pipe(
    Effect.repeat({ until: (count) => count > 0, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("30 seconds")
  )
  return north.state().users
}).pipe(Effect.scoped)
