/** Two school authorities for the integration tests: real Kelvin servers where the environment names them, else simulated ones. */
import * as KelvinClient from "@id-connector/kelvin/client/KelvinClient"
import * as KelvinUrl from "@id-connector/kelvin/client/KelvinUrl"
import { TargetHttp } from "@id-connector/kelvin/client/TargetHttp"
import * as UndiciTargetHttp from "@id-connector/server/targets/UndiciTargetHttp"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Option, Redacted, Struct } from "effect"
import * as RealServer from "./RealServer.js"

/** What every server takes, without properties that its administrator has to allow. */
const users = Struct.omit(Builders.usersMapping, "mailPrimaryAddress", "title")

/** A school authority, looked at apart from the connector. */
export interface Authority {
  readonly name: RealServer.Name
  /** As it is configured at the connector. */
  readonly file: ReturnType<typeof Builders.authority>
  readonly school: string
  readonly client: KelvinClient.KelvinClient
  /** Whether one can log in there with this password, whose hash is this one. */
  readonly hasPassword: (username: string, password: string, hash: string) => Effect.Effect<boolean>
}

interface Server {
  readonly real: RealServer.RealServer
  readonly simulator: KelvinSimulator.KelvinSimulator | null
}

const simulated = (name: RealServer.Name) =>
  Effect.gen(function* () {
    const simulator = yield* KelvinSimulator.make({ schools: [`School-${name}`] })
    const { url } = yield* KelvinSimulatorHttp.serve(simulator)
    const real: RealServer.RealServer = {
      url,
      username: "Administrator",
      password: Redacted.make("univention"),
      school: null,
      ssl: { check_hostname: false, verify_mode: 0 }
    }
    return { real, simulator }
  })

const clientOf = ({ password, ssl, url, username }: RealServer.RealServer) =>
  KelvinClient.make({
    baseUrl: url,
    username,
    password,
    tls: tlsOf(ssl),
    connections: 2,
    requestsPerSecond: null
  })

const tlsOf = (ssl: RealServer.RealServer["ssl"]) => ({
  verifyCertificate: ssl.verify_mode !== 0,
  verifyHostname: ssl.check_hostname !== false,
  ...(ssl.ca_file === undefined ? {} : { caFile: ssl.ca_file })
})

/** The school that is named, or the first one that the other authority does not have in its hands. */
const schoolOf = (
  name: RealServer.Name,
  wanted: string | null,
  there: ReadonlyArray<string>,
  taken: ReadonlyArray<string>
) => {
  const isSame = (one: string) => (other: string) => one.toLowerCase() === other.toLowerCase()
  const schools = [...there].sort()
  const school = wanted === null ? schools.find((one) => !taken.some(isSame(one))) : schools.find(isSame(wanted))
  if (school !== undefined) return school
  throw new Error(
    `${name} has no school ${wanted ?? `besides ${taken.join(", ")}`}, only ${schools.join(", ") || "none"}: set ${name}_school, or create one there.`
  )
}

const authority = (name: RealServer.Name, { real, simulator }: Server, taken: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const client = yield* clientOf(real)
    const { client: http } = yield* TargetHttp
    const send = yield* http({ tls: tlsOf(real.ssl), connections: 1 })
    const schools = yield* Effect.mapError(
      client.schools,
      ({ message }) => new Error(`${name}, at ${real.url} as ${real.username}: ${message}`)
    )
    const file = Builders.authority(name, {
      url: real.url,
      kelvin: {
        username: real.username,
        password: Redacted.value(real.password),
        sync_password_hashes: true,
        ssl_context: real.ssl,
        mapping: { users, school_classes: Builders.classesMapping }
      }
    })
    const logsIn = (username: string, password: string) =>
      Effect.map(
        send({
          method: "POST",
          url: KelvinUrl.make(real.url).token,
          headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({ username, password }).toString(),
          timeLimit: 20
        }),
        ({ status }) => status === 200
      )
    const made: Authority = {
      name,
      file,
      school: schoolOf(name, real.school, schools.names, taken),
      client,
      hasPassword: (username, password, hash) =>
        simulator === null
          ? Effect.orDie(logsIn(username, password))
          : Effect.sync(() =>
              JSON.stringify(simulator.state().users.find((user) => user.name === username)).includes(hash)
            )
    }
    return made
  })

/** Names that nobody has, of users and of classes. What has one of them is removed when the scope ends, however it ends. */
const names = (authorities: ReadonlyArray<Authority>) =>
  Effect.gen(function* () {
    const suffix = crypto.randomUUID().replaceAll("-", "").slice(0, 8)
    const given = new Set<string>()
    const removed = ({ client, name, school }: Authority) =>
      Effect.partition([...given], (each) =>
        Effect.zipRight(client.deleteUser(each), client.deleteClass(school, each)).pipe(
          Effect.retry({ times: 2 }),
          Effect.mapError(
            ({ message }) => `${each} may be left at ${name}, school ${school}: remove it there. ${message}`
          )
        )
      )
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Effect.forEach(authorities, removed), (all) => {
        const left = all.flatMap(([failures]) => failures)
        return left.length === 0 ? Effect.void : Effect.die(new Error(left.join("\n")))
      })
    )
    // A name of a pupil has 15 characters at most.
    return (what: string) => {
      const name = `idc${what}${suffix}`
      given.add(name)
      return name
    }
  })

export interface Authorities {
  readonly traeger1: Authority
  readonly traeger2: Authority
  /** The name of a user or a class: `what` has four letters at most. */
  readonly nameOf: (what: string) => string
}

/** Until the scope ends. `env`: says which are real. */
export const make = (env: RealServer.Environment) =>
  Effect.gen(function* () {
    const serverOf = (name: RealServer.Name) =>
      Effect.suspend(() => {
        const real = RealServer.of(name, env)
        return real === null
          ? Effect.map(simulated(name), (server): Server => server)
          : Effect.succeed<Server>({ real, simulator: null })
      })
    const traeger1 = yield* Effect.flatMap(serverOf("traeger1"), (server) => authority("traeger1", server, []))
    const traeger2 = yield* Effect.flatMap(serverOf("traeger2"), (server) =>
      authority("traeger2", server, [traeger1.school])
    )
    const made: Authorities = { traeger1, traeger2, nameOf: yield* names([traeger1, traeger2]) }
    return made
  }).pipe(Effect.provide(UndiciTargetHttp.layer))

/** What an authority holds under a name. */
export const held = ({ client }: Authority, name: string) => Effect.map(client.getUser(name), Option.getOrNull)
