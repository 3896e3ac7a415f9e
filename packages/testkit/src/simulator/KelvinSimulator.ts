/**
 * A Kelvin server of one school authority, simulated: it keeps users and classes in memory and behaves like the UCS@school
 * Kelvin REST API 4.0, its error bodies included. Requests are handled synchronously; `KelvinSimulatorHttp` puts it
 * behind an `HttpClient` or a real HTTPS server.
 */
import { Effect } from "effect"
import * as Accounts from "./KelvinSimulator/Accounts.js"
import { json, Refusal, type SimulatorResponse } from "./KelvinSimulator/Answer.js"
import * as Faults from "./KelvinSimulator/Faults.js"
import * as Router from "./KelvinSimulator/Router.js"
import type { Server } from "./KelvinSimulator/Server.js"
import * as World from "./KelvinSimulator/World.js"

/** A user as tests describe it; everything but the name has a default. */
export interface UserContent {
  readonly name: string
  readonly school: string
  readonly schools?: ReadonlyArray<string>
  readonly roles?: ReadonlyArray<string>
  readonly [attribute: string]: unknown
}

export interface ClassContent {
  readonly name: string
  readonly school: string
  readonly description?: string | null
  readonly users?: ReadonlyArray<string>
  readonly udm_properties?: Readonly<Record<string, unknown>>
}

/** Keys of `udm_properties` that the server's administrator has allowed. */
export interface UdmProperties {
  readonly user: ReadonlyArray<string>
  readonly school_class: ReadonlyArray<string>
}

export interface Options {
  readonly schools?: ReadonlyArray<string>
  readonly users?: ReadonlyArray<UserContent>
  readonly classes?: ReadonlyArray<ClassContent>
  readonly accounts?: ReadonlyArray<Accounts.Account>
  /** Life of a token in seconds, default 3600. */
  readonly tokenTtl?: number
  readonly version?: string
  /** The real server refuses URLs whose host has no top level domain, `localhost` among them. Default false. */
  readonly strictUrlHosts?: boolean
  /** Default "any". */
  readonly udmProperties?: UdmProperties | "any"
  readonly mailDomains?: Server["mailDomains"]
  /** User names of at most 20 characters, of students 15. Default true. */
  readonly maxNameLength?: boolean
  readonly ldapBase?: string
  /** Milliseconds that every request of a kind takes. */
  readonly latency?: { readonly read?: number; readonly write?: number; readonly token?: number }
  /** For faults with a probability: numbers from 0 to 1. */
  readonly random?: () => number
}

/** A request as the simulator takes it: header names in lower case. */
export interface SimulatorRequest {
  readonly method: string
  /** Path and query, not decoded. */
  readonly url: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: string
}

/** What becomes of a request: an answer after so many milliseconds, or none. */
export type Plan =
  | { readonly _tag: "Answer"; readonly delay: number; readonly response: SimulatorResponse }
  | { readonly _tag: "Drop" }
  | { readonly _tag: "Hang" }

/** A request that was handled. */
export interface LogEntry {
  readonly method: string
  /** Below `/v1`. */
  readonly path: string
  readonly query: string
  /** 0: not answered. */
  readonly status: number
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface KelvinSimulator {
  readonly handle: (request: SimulatorRequest) => Plan
  /** What the server holds: users by name, classes by school and name. */
  readonly state: () => { readonly users: ReadonlyArray<HeldUser>; readonly classes: ReadonlyArray<HeldClass> }
  readonly requests: () => ReadonlyArray<LogEntry>
  /** `POST /users/ 201`: the writes among the requests. */
  readonly writes: () => ReadonlyArray<string>
  readonly clearLog: () => void
  readonly fail: (fault: Faults.Fault) => { readonly remove: () => void }
  readonly clearFaults: () => void
  readonly addSchool: (name: string) => void
  readonly removeSchool: (name: string) => void
  /** Classes whose members it is among already have it. */
  readonly addUser: (user: UserContent) => void
  readonly addClass: (content: ClassContent) => void
  /** From now on only these keys of `udm_properties` may be used. */
  readonly allowUdmProperties: (resource: keyof UdmProperties, keys: ReadonlyArray<string>) => void
  readonly revokeTokens: () => void
  readonly setPassword: (username: string, password: string) => void
}

export interface HeldUser {
  readonly name: string
  readonly firstname: string
  readonly lastname: string
  readonly school: string
  readonly schools: ReadonlyArray<string>
  readonly roles: ReadonlyArray<string>
  readonly birthday: string | null
  readonly expiration_date: string | null
  readonly disabled: boolean
  readonly email: string | null
  readonly record_uid: string | null
  readonly source_uid: string | null
  readonly ucsschool_roles: ReadonlyArray<string>
  readonly udm_properties: Readonly<Record<string, unknown>>
  readonly workgroups: Readonly<Record<string, ReadonlyArray<string>>>
  readonly legal_guardians: ReadonlyArray<string>
  readonly legal_wards: ReadonlyArray<string>
  /** As they were sent. */
  readonly hashes: unknown
  readonly password: "set" | null
}

export interface HeldClass {
  readonly name: string
  readonly school: string
  readonly description: string | null
  readonly users: ReadonlyArray<string>
  readonly udm_properties: Readonly<Record<string, unknown>>
  readonly create_share: true
}

const administrator: Accounts.Account = { username: "Administrator", password: "univention", admin: true }

/** Handled requests that are remembered at most. */
const logLimit = 100_000

const prefix = "/ucsschool/kelvin"

/** A server that holds what the options say. */
export const make = (options: Options = {}): Effect.Effect<KelvinSimulator> =>
  Effect.map(Effect.clock, (clock) => simulator(options, () => clock.unsafeCurrentTimeMillis()))

const simulator = (options: Options, now: () => number): KelvinSimulator => {
  const world = World.empty(options.schools ?? [])
  const server: Server = {
    world,
    base: options.ldapBase ?? "dc=example,dc=com",
    strictUrlHosts: options.strictUrlHosts ?? false,
    maxNameLength: options.maxNameLength ?? true,
    udmProperties: allowedOf(options.udmProperties ?? "any"),
    mailDomains: options.mailDomains ?? "any"
  }
  const accounts = Accounts.make(options.accounts ?? [administrator], options.tokenTtl ?? 3600, now)
  const faults = Faults.make(options.random ?? (() => 0))
  const log: Array<LogEntry> = []
  for (const user of options.users ?? []) World.addUser(world, userFrom(user))
  for (const each of options.classes ?? []) addClass(world, each)

  const answer = (request: SimulatorRequest, path: string, query: URLSearchParams): SimulatorResponse => {
    try {
      if (path === "/token") {
        if (request.method !== "POST") throw new Refusal(405, { detail: "Method Not Allowed" })
        return accounts.logIn(request.body, request.headers["content-type"] ?? "")
      }
      const document = Router.openDocument(path, options.version ?? "4.0.0")
      if (document !== null) return document
      accounts.authorize(request.headers.authorization, request.method)
      return Router.route(server, {
        method: request.method,
        path,
        query,
        host: request.headers.host ?? "localhost",
        body: request.body
      })
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      return refusal.body === undefined
        ? { status: refusal.status, headers: refusal.headers, body: undefined }
        : json(refusal.status, refusal.body, refusal.headers)
    }
  }

  const handle = (request: SimulatorRequest): Plan => {
    const [rawPath = "", search = ""] = request.url.split("?")
    const path = pathBelow(rawPath)
    const query = new URLSearchParams(search)
    const requestId = requestIdOf(request.headers["x-request-id"])
    const note = (status: number) => {
      if (log.length >= logLimit) log.splice(0, logLimit / 10)
      log.push({ method: request.method, path: path ?? rawPath, query: search, status, requestId, at: now() })
    }
    const effect = path === null ? null : faults.meet({ method: request.method, path, query, body: request.body })
    if (effect?._tag === "Drop" || effect?._tag === "Hang") {
      note(0)
      return effect
    }
    const response =
      path === null
        ? json(404, { detail: "Not Found" })
        : effect?._tag === "Status"
          ? statusAnswer(effect)
          : answer(request, path, query)
    note(effect?._tag === "DropAfter" ? 0 : response.status)
    if (effect?._tag === "DropAfter") return { _tag: "Drop" }
    const latency = options.latency ?? {}
    const usual = path === "/token" ? latency.token : request.method === "GET" ? latency.read : latency.write
    return {
      _tag: "Answer",
      delay: (usual ?? 0) + (effect?._tag === "Delay" ? effect.millis : 0),
      response: { ...response, headers: { ...response.headers, "x-request-id": requestId } }
    }
  }

  return {
    handle,
    state: () => ({
      users: [...world.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((user) => heldUser(world, user)),
      classes: [...world.classes.values()]
        .sort((a, b) => (`${a.school} ${a.name}` < `${b.school} ${b.name}` ? -1 : 1))
        .map((each) => heldClass(world, each))
    }),
    requests: () => log,
    writes: () =>
      log
        .filter(({ method }) => method !== "GET" && method !== "HEAD")
        .flatMap(({ method, path, status }) => (path === "/token" ? [] : [`${method} ${path} ${status}`])),
    clearLog: () => void log.splice(0),
    fail: faults.arm,
    clearFaults: faults.clear,
    addSchool: (name) => void world.schools.set(World.keyOf(name), name),
    removeSchool: (name) => void world.schools.delete(World.keyOf(name)),
    addUser: (content) => {
      const user = userFrom(content)
      World.addUser(world, user)
      const named = [...world.classes].filter(([, { members }]) => members.has(World.keyOf(user.name)))
      World.setClasses(world, user, new Set(named.map(([key]) => key)))
    },
    addClass: (content) => addClass(world, content),
    allowUdmProperties: (resource, keys) => {
      server.udmProperties[resource] = keys
    },
    revokeTokens: accounts.revokeAll,
    setPassword: accounts.setPassword
  }
}

/** The path below the API version, `/token`, or null for an address of something else. */
const pathBelow = (path: string): string | null => {
  if (path === `${prefix}/token`) return "/token"
  return path.startsWith(`${prefix}/v1/`) ? path.slice(`${prefix}/v1`.length) : null
}

const uuid4 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i

/** Only a version 4 UUID is taken; otherwise the server makes one. */
const requestIdOf = (header: string | undefined): string =>
  header !== undefined && uuid4.test(header) ? header : globalThis.crypto.randomUUID()

const statusAnswer = ({ body, headers, status }: Extract<Faults.FaultEffect, { _tag: "Status" }>): SimulatorResponse =>
  typeof body === "string"
    ? { status, headers: { "content-type": "text/html", ...headers }, body }
    : json(status, body ?? { detail: "Internal server error" }, headers)

const allowedOf = (given: UdmProperties | "any"): Server["udmProperties"] =>
  given === "any" ? { user: "any", school_class: "any" } : { ...given }

const textOr = <A>(value: unknown, other: A) => (typeof value === "string" ? value : other)

const userFrom = (content: UserContent): World.SimulatedUser => ({
  name: content.name,
  firstname: textOr(content.firstname, content.name),
  lastname: textOr(content.lastname, content.name),
  school: content.school,
  schools: content.schools ?? [content.school],
  roles: content.roles ?? ["student"],
  birthday: textOr(content.birthday, null),
  expiration_date: textOr(content.expiration_date, null),
  disabled: content.disabled === true,
  email: textOr(content.email, null),
  record_uid: textOr(content.record_uid, null),
  source_uid: textOr(content.source_uid, null),
  ucsschool_roles: (content.ucsschool_roles as ReadonlyArray<string> | undefined) ?? [],
  udm_properties: { ...(content.udm_properties as Record<string, unknown> | undefined) },
  workgroups: (content.workgroups as Record<string, ReadonlyArray<string>> | undefined) ?? {},
  legal_guardians: (content.legal_guardians as ReadonlyArray<string> | undefined) ?? [],
  hashes: content.hashes ?? null,
  password: content.password === undefined || content.password === null ? null : "set",
  classes: new Set()
})

const addClass = (world: World.World, { description, name, school, udm_properties, users }: ClassContent): void => {
  const created = World.addClass(world, school, name)
  created.description = description ?? null
  created.udm_properties = { ...udm_properties }
  World.setMembers(world, created, new Set((users ?? []).map(World.keyOf)))
}

const heldUser = (world: World.World, user: World.SimulatedUser): HeldUser => {
  const { classes: _, ...rest } = user
  return { ...rest, legal_wards: World.wardsOf(world, user) }
}

const heldClass = (world: World.World, each: World.SimulatedClass): HeldClass => ({
  name: each.name,
  school: each.school,
  description: each.description,
  users: [...each.members].map((key) => world.users.get(key)?.name ?? key).sort(),
  udm_properties: each.udm_properties,
  create_share: true
})
