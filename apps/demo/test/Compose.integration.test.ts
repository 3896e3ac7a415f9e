import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, Schedule } from "effect"
import * as Ldif from "../src/compose/Ldif.js"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const sources = ["--conditions=@id-connector/source", "--import", "tsx"]

/** Without slapd this is skipped, but not where continuous integration is to run all tests. */
const isSkipped = !Fs.existsSync("/usr/sbin/slapd") && ["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** A part as a process. What it says is in `said()`. */
const part = (...words: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(process.execPath, [...sources, join(root, "apps/demo/src/compose/bin.ts"), ...words], {
          env: { ...process.env, PATH: `/usr/sbin:${process.env.PATH}` }
        })
        let text = ""
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding("utf8").on("data", (some) => {
            text += some
          })
        }
        return { child, said: () => text }
      }),
      ({ child }) => Effect.promise(() => ServiceProcess.end(child, "SIGTERM"))
    ),
    ({ child, said }) => ({
      says: (what: RegExp) =>
        Effect.sync(() => {
          if (child.exitCode !== null) throw new Error(`It ended: ${said()}`)
          return what.test(said())
        }).pipe(
          Effect.repeat({ until: (isSaid) => isSaid, schedule: Schedule.spaced("50 millis") }),
          Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => new Error(`${what} was not said: ${said()}`) })
        )
    })
  )

describe.skipIf(isSkipped)("The parts of compose.yaml (needs slapd)", { timeout: 120_000 }, () => {
  it.scopedLive("bring two days of changes from an LDAP server's school to two Kelvin servers", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const certificates = join(directory, "certificates")
      const appDir = join(directory, "app")
      Fs.mkdirSync(appDir)
      Fs.writeFileSync(join(directory, "machine.secret"), Ldif.host.password)
      const [ldapPort, ...ports] = yield* Effect.all([freePort, freePort, freePort])
      const common = (name: string, port: number) => [
        ...["--name", name, "--name", "localhost", "--port", `${port}`],
        ...["--certificates", certificates]
      ]
      const ldap = yield* part("ldap", ...common("ldap", ldapPort), "--schema", join(root, "container/ucs.schema"))
      const north = yield* part("kelvin", ...common("north", ports[0]), "--school", "GymNord", "--school", "GsNord")
      const south = yield* part("kelvin", ...common("south", ports[1]), "--school", "GymSued", "--school", "GsSued")
      yield* Effect.all([ldap.says(/listens/), north.says(/listens/), south.says(/listens/)])
      // Both are called so here.
      Fs.writeFileSync(
        join(certificates, "localhost.pem"),
        ["north", "south"].map((name) => Fs.readFileSync(join(certificates, `${name}.pem`), "utf8")).join("")
      )
      const { IDC_DIRECTORY: _, ...environment } = ServiceProcess.environment(appDir, {
        ldap_server_name: "localhost",
        ldap_server_port: `${ldapPort}`,
        ldap_base: Builders.base,
        ldap_hostdn: Ldif.host.dn,
        IDC_LDAP_CA_FILE: join(certificates, "ldap.pem"),
        IDC_MACHINE_SECRET_FILE: join(directory, "machine.secret")
      })
      const connector = yield* ServiceProcess.serve([...sources, join(root, "apps/server/src/bin.ts")], environment)
      const address = yield* connector.address
      const targets = ports.flatMap((port) => ["--target", `localhost:${port}`])
      yield* part("school", "--app-dir", appDir, "--certificates", certificates, "--pause", "1", ...targets)
      yield* Effect.all([
        north.says(/It has ada\.w, cem\.y, gerd\.l, hanna\.b; classes GsNord-2b, GymNord-5a\./),
        south.says(/It has ben\.k, dora\.s, emil\.f, frida\.o, hanna\.b; classes GsSued-1a, GymSued-7c\./)
      ]).pipe(Effect.mapError(({ message }) => new Error(`${message}\nThe connector said: ${connector.output()}`)))
      const body = new URLSearchParams({ username: "admin", password: "demo" })
      const token = yield* Effect.promise(() => fetch(address.replace(/v1$/, "token"), { method: "POST", body }))
      assert.strictEqual(token.status, 200, "the administrator of the LDAP server may log in")
      assert.notInclude(connector.output(), "no password hashes")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it("are the commands that compose.yaml runs", () => {
    const text = Fs.readFileSync(join(root, "compose.yaml"), "utf8")
    for (const word of ["kelvin", "ldap", "school"]) assert.match(text, new RegExp(`compose/bin\\.js, ${word}\\b`))
    assert.isTrue(Fs.existsSync(join(root, "container/ucs.schema")))
  })
})
