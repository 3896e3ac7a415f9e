// @effect-diagnostics nodeBuiltinImport:off
// This is the process: its arguments, its children and its end.
/**
 * The parts of the demonstration that are not the connector, each a process of its own: a simulated Kelvin server, an LDAP server with
 * the small school, and what stands for the state's listener. `compose.yaml` puts them together.
 */
import { spawn, spawnSync } from "node:child_process"
import process from "node:process"
import { Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { version } from "@id-connector/server/Version"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Console, Effect, Schedule, Schema } from "effect"
import * as Executable from "../Executable.js"
import * as School from "../School.js"
import * as Ldif from "./Ldif.js"

/** A part of the demonstration can't do its work. */
class PartFailed extends Schema.TaggedError<PartFailed>()("PartFailed", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

const names = Options.text("name").pipe(
  Options.atLeast(1),
  Options.withDescription("the name that its certificate is for; several times for several")
)
const port = Options.integer("port").pipe(Options.withDescription("the port it listens at"))
const certificates = Options.text("certificates").pipe(
  Options.withDescription("a directory: its certificate goes there as <name>.pem, for others to trust")
)

/** A certificate that others find under the first name. */
const certificate = (given: ReadonlyArray<string>, directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const made = yield* KelvinSimulatorHttp.certificateFor(given)
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(path.join(directory, `${given[0]}.pem`), made.cert)
    return made
  })

const kelvin = Command.make(
  "kelvin",
  { names, port, certificates, school: Options.text("school").pipe(Options.atLeast(1)) },
  (given) =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: given.school })
      const tls = yield* certificate(given.names, given.certificates)
      yield* KelvinSimulatorHttp.serve(simulator, { tls, port: given.port, host: "0.0.0.0" })
      yield* Console.log(
        `A simulated Kelvin server with the schools ${given.school.join(", ")} listens at ${given.port}.`
      )
      let told = 0
      return yield* Effect.suspend(() => {
        const writes = simulator.writes()
        const news = writes.slice(told)
        told = writes.length
        const { classes, users } = simulator.state()
        return news.length === 0
          ? Effect.void
          : Console.log(
              [
                ...news,
                `It has ${users.map(({ name }) => name).join(", ")}; classes ${classes.map(({ name, school }) => `${school}-${name}`).join(", ")}.`
              ].join("\n")
            )
      }).pipe(Effect.repeat(Schedule.spaced("500 millis")))
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("A simulated Kelvin server over HTTPS. Says what is written to it."))

const slapdConf = (directory: string, port: number) =>
  [
    ...["core", "cosine", "inetorgperson", "nis"].map((name) => `include /etc/ldap/schema/${name}.schema`),
    `include ${directory}/ucs.schema`,
    "modulepath /usr/lib/ldap",
    "moduleload back_mdb",
    `pidfile ${directory}/slapd-${port}.pid`,
    `TLSCertificateFile ${directory}/cert.pem`,
    `TLSCertificateKeyFile ${directory}/key.pem`,
    "database mdb",
    "maxsize 67108864",
    `suffix "${Builders.base}"`,
    `directory ${directory}/data`,
    `access to attrs=userPassword by anonymous auth by dn.exact="${Ldif.host.dn}" read by * none`,
    `access to * by dn.exact="${Ldif.host.dn}" read by anonymous auth by * none`,
    ""
  ].join("\n")

const ldap = Command.make(
  "ldap",
  { names, port, certificates, schema: Options.text("schema").pipe(Options.withDescription("the file ucs.schema")) },
  (given) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "id-connector-ldap-" })
      const { cert, key } = yield* certificate(given.names, given.certificates)
      const files = {
        "cert.pem": cert,
        "key.pem": key,
        "slapd.conf": slapdConf(directory, given.port),
        "school.ldif": Ldif.content()
      }
      for (const [name, content] of Object.entries(files)) yield* fs.writeFileString(`${directory}/${name}`, content)
      yield* fs.copyFile(given.schema, `${directory}/ucs.schema`)
      yield* fs.makeDirectory(`${directory}/data`)
      const filled = spawnSync("slapadd", ["-q", "-f", `${directory}/slapd.conf`, "-l", `${directory}/school.ldif`], {
        encoding: "utf8"
      })
      if (filled.status !== 0)
        return yield* Effect.fail(new PartFailed({ detail: filled.error?.message ?? filled.stderr }))
      yield* Console.log(`An LDAP server with the small school listens at ${given.port}.`)
      return yield* Effect.async<void, PartFailed>((resume) => {
        const child = spawn(
          "slapd",
          ["-d", "0", "-f", `${directory}/slapd.conf`, "-h", `ldap://0.0.0.0:${given.port}/`],
          {
            stdio: "inherit"
          }
        )
        child.on("error", ({ message }) => resume(Effect.fail(new PartFailed({ detail: message }))))
        child.on("exit", (code) => resume(Effect.fail(new PartFailed({ detail: `slapd ended with ${code}.` }))))
        return Effect.sync(() => child.kill("SIGTERM"))
      })
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("An OpenLDAP server (slapd) with the small school."))

const school = Command.make(
  "school",
  {
    appDir: Options.text("app-dir").pipe(Options.withDescription("the base directory of the connector")),
    certificates,
    targets: Options.text("target").pipe(
      Options.repeated,
      Options.withDescription("host and port of the Kelvin server of each school authority, in their order")
    ),
    pause: Options.integer("pause").pipe(Options.withDefault(20), Options.withDescription("seconds between the days"))
  },
  ({ appDir, certificates, pause, targets }) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const json = (file: string, content: unknown) =>
        fs.writeFileString(file, JSON.stringify(content, null, 2), { mode: 0o600 })
      const conf = `${appDir}/conf`
      const inQueue = `${appDir}/data/listener`
      yield* fs.makeDirectory(`${conf}/school_authorities`, { recursive: true, mode: 0o750 })
      yield* fs.makeDirectory(inQueue, { recursive: true })
      for (const [index, { name }] of School.authorities.entries()) {
        const target = targets[index] ?? "localhost"
        const ca_file = `${certificates}/${target.split(":")[0]}.pem`
        yield* json(
          `${conf}/school_authorities/${name}.json`,
          School.authorityFile(name, `https://${target}/ucsschool/kelvin/v1/`, { ca_file })
        )
      }
      yield* json(`${conf}/schools_authorities_mapping.json`, { mapping: School.mapping })
      const drop = ({ content, name }: School.ListenerFile) =>
        fs
          .writeFileString(`${inQueue}/${name}.tmp`, JSON.stringify(content))
          .pipe(Effect.zipRight(fs.rename(`${inQueue}/${name}.tmp`, `${inQueue}/${name}`)))
      const day = (title: string, files: ReadonlyArray<School.ListenerFile>) =>
        Effect.zipRight(
          Console.log(`${title}: ${files.length} listener files are dropped into the in queue.`),
          Effect.forEach(files, drop, { discard: true })
        )
      yield* day("The first day", School.firstDay)
      yield* Effect.sleep(`${pause} seconds`)
      yield* day("The second day", School.secondDay)
      yield* Console.log("That was all. Drop in changes of your own.")
      return yield* Effect.never
    })
).pipe(
  Command.withDescription("Configures two school authorities, and drops the changes of two days into the in queue.")
)

const command = Command.make("compose").pipe(
  Command.withDescription("The parts of the demonstration that are not the connector."),
  Command.withSubcommands([kelvin, ldap, school])
)

Executable.run(Command.run(command, { name: "ID Connector demonstration, in parts", version })(process.argv))
