import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import process from "node:process"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import { people } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

const executable = CommandProcess.words("id-connector")

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** Nothing is set for the source directory. */
const nothing = { IDC_DIRECTORY: "", ldap_base: "" }

/** Starts the service, and waits until it ends or its API listens: what it said, and its exit code. */
const start = (env: NodeJS.ProcessEnv) =>
  Effect.gen(function* () {
    let err = ""
    const service = yield* ServiceProcess.serve(executable, env, (text) => {
      err += text
    })
    const end = Effect.map(service.ended, (code) => ({ code, err, out: service.output() }))
    return { ...service, end }
  })

/** A file for the in queue, and an authority that gets it. */
const deliverable = (directory: string, url: string, ssl_context: object = { verify_mode: 0 }) => {
  const authorities = join(directory, "conf", "school_authorities")
  const inQueue = join(directory, "data", "listener")
  for (const place of [authorities, inQueue]) Fs.mkdirSync(place, { recursive: true })
  Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
  const authority = Builders.authority("T1", { url, kelvin: { ssl_context } })
  Fs.writeFileSync(join(authorities, "T1.json"), JSON.stringify(authority))
  Fs.writeFileSync(
    join(directory, "conf", "schools_authorities_mapping.json"),
    JSON.stringify({ mapping: { School1: "T1" } })
  )
  const file = join(inQueue, "2026-02-03-04-05-06-789012.json")
  Fs.writeFileSync(file, JSON.stringify(Builders.user("anna")))
  return file
}

const target = Effect.gen(function* () {
  const simulator = yield* KelvinSimulator.make({ schools: ["School1"] })
  const tls = yield* KelvinSimulatorHttp.certificate
  return { simulator, cert: tls.cert, key: tls.key, ...(yield* KelvinSimulatorHttp.serve(simulator, { tls })) }
})

describe("The start of the service", { timeout: 60_000 }, () => {
  it.scopedLive(
    "needs nothing: it says what is missing, answers, and keeps what comes until there is a directory",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        const { simulator, url } = yield* target
        const file = deliverable(directory, url)
        const alone = yield* start(ServiceProcess.environment(directory, nothing))
        const address = yield* alone.address
        const get = (path: string) => Effect.promise(async () => (await fetch(`${address}${path}`)).text())
        const said =
          /no source directory is configured\. Set ldap_server_name, ldap_hostdn and ldap_base .* or IDC_DIRECTORY=file:/
        const ready = JSON.parse(yield* get("/health/ready"))
        assert.strictEqual(ready.status, "ok")
        assert.match(ready.missing.join(), said)
        assert.include(yield* get("/docs"), "<html")
        assert.match(alone.output(), new RegExp(`WARN .*What is missing: ${said.source}.* nobody can log in`))
        yield* alone.said(
          /Something that the queues depend on failed. Will retry. reason=.*no source directory is configured/
        )
        yield* Effect.promise(() => ServiceProcess.end(alone.child, "SIGTERM"))
        assert.isTrue(Fs.existsSync(file))
        assert.deepStrictEqual(simulator.state().users, [])

        const complete = yield* start(ServiceProcess.environment(directory))
        const again = yield* complete.address
        yield* delivered(simulator)
        assert.isFalse(Fs.existsSync(file))
        const now = yield* Effect.promise(async () => (await fetch(`${again}/health/ready`)).json())
        assert.deepStrictEqual(now, { status: "ok" })
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("delivers nothing when it fails: the port is taken, a file with certificates or a key is none", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const { simulator, url } = yield* target
      const file = deliverable(directory, url)
      const place = (name: string) => join(directory, name)
      const port = yield* taken
      const failing = (more: NodeJS.ProcessEnv) =>
        Effect.gen(function* () {
          const { end } = yield* start(ServiceProcess.environment(directory, more))
          const { code, err, out } = yield* end
          assert.strictEqual(code, 1, `${err}${out}`)
          return err
            .split("\n")
            .filter((line) => line.startsWith("IDC_"))
            .join("\n")
        })
      assert.match(
        yield* failing({ IDC_HTTP_PORT: String(port) }),
        new RegExp(`^IDC_HTTP_HOST, IDC_HTTP_PORT: .*127.0.0.1:${port}: .*EADDRINUSE`)
      )
      assert.lengthOf(simulator.requests(), 0)
      assert.isFalse(Fs.existsSync(place("data/id-connector.db")))
      assert.match(
        yield* failing({ IDC_CA_FILE: place("directory.json") }),
        new RegExp(`^IDC_CA_FILE: ${place("directory.json")} holds no certificate`)
      )
      Fs.writeFileSync(place("conf/tokens.secret"), "no hex")
      assert.lengthOf(simulator.requests(), 0)
      const { end } = yield* start(ServiceProcess.environment(directory))
      assert.match((yield* end).err, /The key file .*tokens\.secret can't be used/)
      assert.lengthOf(simulator.requests(), 0)
      assert.isTrue(Fs.existsSync(file))
      assert.isFalse(Fs.existsSync(place("data/id-connector.db")))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  // Only root can be somebody else.
  it.scopedLive.skipIf(process.getuid?.() !== 0)(
    "says which directory an account may not write, and not that another connector runs",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        for (const place of ["", "app", "app/data"]) {
          const made = join(directory, place)
          Fs.mkdirSync(made, { recursive: true })
          Fs.chmodSync(made, 0o755)
        }
        const env = ServiceProcess.environment(directory, { ...nothing, IDC_APP_DIR: join(directory, "app") })
        const err = yield* Effect.promise(async () => {
          const child = spawn(process.execPath, [...executable, "serve"], { env, uid: 65_534, gid: 65_534 })
          let text = ""
          child.stderr.setEncoding("utf8").on("data", (more) => {
            text += more
          })
          await once(child, "exit")
          return text
        })
        assert.include(err, `IDC_APP_DIR: ${join(directory, "app", "data")} can't be written: permission denied.`)
        assert.notInclude(err, "Another id-connector")
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says that LDAP does not answer, and runs all the same", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const { end, address, child, said } = yield* start(
        ServiceProcess.environment(directory, {
          IDC_DIRECTORY: "ldap",
          ldap_server_name: "127.0.0.1",
          ldap_server_port: "1",
          ldap_hostdn: "cn=host,dc=example,dc=com",
          IDC_MACHINE_SECRET_FILE: join(directory, "directory.json")
        })
      )
      Fs.writeFileSync(join(directory, "directory.json"), "s3cr3t")
      yield* said(/WARN .*The source directory does not answer\. .*reason=.*ldap:\/\/127\.0\.0\.1:1: /)
      yield* address
      child.kill("SIGTERM")
      assert.strictEqual((yield* end).code, 0)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive(
    "makes one file do for targets and for the commands: IDC_CA_FILE; the check says so where it is missing",
    () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        const { cert, key, url } = yield* target
        deliverable(directory, url, {})
        const place = (name: string) => join(directory, name)
        Fs.writeFileSync(place("cert.pem"), cert)
        Fs.writeFileSync(place("key.pem"), key)
        const common = { IDC_API_USER: "admin", IDC_API_PASSWORD: "s3cr3t" }
        const serving = (more: NodeJS.ProcessEnv) =>
          Effect.gen(function* () {
            const env = ServiceProcess.environment(directory, { ...common, ...more })
            const { address } = yield* start(env)
            const api = (yield* address).replace("127.0.0.1", "localhost")
            return (other: NodeJS.ProcessEnv = {}) =>
              CommandProcess.run("id-connector", ["authority", "check", "T1"], { ...env, IDC_API_URL: api, ...other })
          })
        const without = yield* Effect.scoped(Effect.flatMap(serving({}), (check) => check()))
        assert.strictEqual(without.code, 1, without.out)
        assert.match(
          without.out,
          /certificate is not trusted: .*ssl_context\.ca_file of this authority, or in IDC_CA_FILE/
        )
        assert.notInclude(without.out, "verify_mode")
        const check = yield* serving({
          IDC_CA_FILE: place("cert.pem"),
          IDC_HTTP_TLS_CERT: place("cert.pem"),
          IDC_HTTP_TLS_KEY: place("key.pem")
        })
        const trusted = yield* check()
        assert.deepStrictEqual([trusted.code, trusted.err], [0, ""], trusted.out)
        assert.match((yield* check({ IDC_CA_FILE: "" })).err, /its certificate is not trusted .*IDC_CA_FILE/)
      }).pipe(Effect.provide(NodeContext.layer))
  )
})

const delivered = (simulator: KelvinSimulator.KelvinSimulator) =>
  Effect.async<void>((resume) => {
    const look = setInterval(() => {
      if (simulator.state().users.length > 0) resume(Effect.void)
    }, 10)
    return Effect.sync(() => clearInterval(look))
  })

/** A port that somebody else has. */
const taken = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer().listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => (server.address() as AddressInfo).port
)
