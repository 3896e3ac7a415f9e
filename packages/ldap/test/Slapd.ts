/** A real OpenLDAP server on this machine for a test: its own directory, schema, certificate and ports. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import type { AddressInfo } from "node:net"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, layer } from "@effect/vitest"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, type Scope } from "effect"

export const base = "dc=example,dc=com"
export const hostDn = `cn=host,${base}`
export const hostPassword = "host s3cr3t"

const slapd = "/usr/sbin/slapd"

/** Without it tests are skipped, but not where continuous integration is to run all of them. `npm test` says so. */
const isSkipped = !Fs.existsSync(slapd) && ["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())

/** Of UCS's schema what is asked for. */
const schema = Fs.readFileSync(new URL("../../../container/ucs.schema", import.meta.url), "utf8")

/** `layer` of tests that need the server: they are skipped where it may be missing and is. */
export const layerAtServer = ((built, options) => {
  const suite = layer(built, options)
  return isSkipped ? (name: string, tests: never) => describe.skip(name, () => suite("needs slapd", tests)) : suite
}) as typeof layer

export interface Slapd {
  readonly port: number
  readonly tlsPort: number
  /** The certificate that the server shows, to be trusted. */
  readonly ca: string
  /** Kills the server and starts it anew on the same data and ports. */
  readonly restart: Effect.Effect<void>
}

/** Serves the entries (LDIF) until the scope closes. Fails loudly where there is no slapd: see {@link layerAtServer}. */
export const make = (ldif: string): Effect.Effect<Slapd, never, Scope.Scope> =>
  Effect.gen(function* () {
    if (!Fs.existsSync(slapd)) {
      return yield* Effect.die(
        new Error(`These tests need a real LDAP server: apt-get install slapd (${slapd} is missing)`)
      )
    }
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "id-connector-slapd-"))),
      (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
    )
    const { cert, key } = yield* KelvinSimulatorHttp.certificate
    const at = (name: string) => join(directory, name)
    const write = (name: string, content: string) => Fs.writeFileSync(at(name), content)
    write("ucs.schema", schema)
    write("cert.pem", cert)
    write("key.pem", key)
    Fs.mkdirSync(at("data"))
    write(
      "slapd.conf",
      [
        ...["core", "cosine", "inetorgperson", "nis"].map((name) => `include /etc/ldap/schema/${name}.schema`),
        `include ${at("ucs.schema")}`,
        "modulepath /usr/lib/ldap",
        "moduleload back_mdb",
        `pidfile ${at("pid")}`,
        `TLSCertificateFile ${at("cert.pem")}`,
        `TLSCertificateKeyFile ${at("key.pem")}`,
        "database mdb",
        "maxsize 67108864",
        // Whoever does not ask page by page gets no more.
        "limits * size.soft=500 size.hard=500 size.prtotal=unlimited",
        `suffix "${base}"`,
        `rootdn "cn=root,${base}"`,
        `directory ${at("data")}`,
        "index objectClass,uid,cn,ucsschoolSchool,ucsschoolRole eq",
        'access to attrs=userPassword by anonymous auth by dn.exact="cn=host,dc=example,dc=com" read by * none',
        'access to * by dn.exact="cn=host,dc=example,dc=com" read by anonymous auth by * none',
        ""
      ].join("\n")
    )
    write("content.ldif", ldif)
    execFileSync("/usr/sbin/slapadd", ["-q", "-f", at("slapd.conf"), "-l", at("content.ldif")], { stdio: "pipe" })
    const [port, tlsPort] = yield* Effect.all([freePort, freePort])
    let child: ChildProcess | null = null
    const start = Effect.promise(async () => {
      child = spawn(
        slapd,
        ["-d", "0", "-f", at("slapd.conf"), "-h", `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`],
        { stdio: "ignore" }
      )
      while (!(await answers(port)) || !(await answers(tlsPort)))
        await new Promise((resolve) => setTimeout(resolve, 20))
    })
    const stop = Effect.promise(async () => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, "exit")
      child.kill("SIGKILL")
      await ended
    })
    yield* Effect.acquireRelease(start, () => stop)
    return { port, tlsPort, ca: cert, restart: Effect.zipRight(stop, start) }
  })

const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
})

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
