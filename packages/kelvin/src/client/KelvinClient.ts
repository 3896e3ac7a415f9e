/** The Kelvin REST API of one target, typed: what the plugins need of it. */

import type { Attributes } from "@id-connector/core/mapping/AttributeMapping"
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import {
  CredentialsRefused,
  type DeliveryError,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import { Effect, Option, type Redacted, Schema } from "effect"
import { KelvinClass } from "./KelvinClass.js"
import type { AlreadyExists, KelvinError, NotFound, UnresolvedReference } from "./KelvinError.js"
import { pathOf } from "./KelvinExchange.js"
import * as KelvinRequest from "./KelvinRequest.js"
import * as KelvinUrl from "./KelvinUrl.js"
import { KelvinUser } from "./KelvinUser.js"
import * as Shared from "./SingleFlight.js"
import type { TlsRules } from "./TargetHttp.js"

/** Errors of requests for objects that have no errors of their own. */
type Result<A, E = never> = Effect.Effect<A, DeliveryError | E>

export interface KelvinClient {
  /** The schools of the target, remembered for ten minutes. */
  readonly schools: Result<SchoolName.SchoolSet>
  /** Asks for the schools now. Callers at the same time share one request. */
  readonly refreshSchools: Result<SchoolName.SchoolSet>
  /** The roles the target knows, remembered for ten minutes. */
  readonly roles: Result<ReadonlySet<string>>
  /** A school by its name, in the target's spelling. None only when the target says that there is no such school. */
  readonly findSchool: (name: string) => Result<Option.Option<string>>
  readonly findUsers: (identity: {
    readonly record_uid: string
    readonly source_uid: string
  }) => Result<ReadonlyArray<KelvinUser>>
  readonly getUser: (name: string) => Result<Option.Option<KelvinUser>>
  readonly createUser: (body: Attributes) => Result<void, AlreadyExists>
  readonly patchUser: (name: string, body: Attributes) => Result<void, NotFound>
  /** False: it was not there. */
  readonly deleteUser: (name: string) => Result<boolean>
  readonly findClass: (school: string, name: string) => Result<Option.Option<KelvinClass>>
  /** All classes of a school. */
  readonly classesOf: (school: string) => Result<ReadonlyArray<KelvinClass>>
  readonly createClass: (body: Attributes) => Result<void, AlreadyExists | UnresolvedReference>
  readonly patchClass: (school: string, name: string, body: Attributes) => Result<void, NotFound | UnresolvedReference>
  /** False: it was not there. */
  readonly deleteClass: (school: string, name: string) => Result<boolean>
  /** The names of all users of a school, in lower case. */
  readonly namesOfSchool: (school: string) => Result<ReadonlySet<string>>
  /** The users with an e-mail address. */
  readonly usersWithEmail: (email: string) => Result<ReadonlyArray<KelvinUser>>
  /** Those names that no user of the target has. A request for each. */
  readonly unknownUsers: (names: ReadonlyArray<string>) => Result<ReadonlyArray<string>>
  /** Whether the target answers and knows the account: logs in, asks for the roles and the schools. */
  readonly ping: Result<void>
}

/** How long schools and roles are remembered, in milliseconds. */
const remembered = 600_000

/** Requests at once when each of many names is asked for. */
const lookUpConcurrency = 4

const decodeNames = KelvinRequest.decoder(Schema.Array(Schema.Struct({ name: Schema.String })))
const decodeName = KelvinRequest.decoder(Schema.Struct({ name: Schema.String }))
const decodeUser = KelvinRequest.decoder(KelvinUser)
const decodeUsers = KelvinRequest.decoder(Schema.Array(KelvinUser))
const decodeClass = KelvinRequest.decoder(KelvinClass)
const decodeClasses = KelvinRequest.decoder(Schema.Array(KelvinClass))

/** A client; its connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (options: {
  readonly baseUrl: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
  readonly tls: TlsRules
  readonly connections: number
  readonly requestsPerSecond: number | null
}) {
  const urls = KelvinUrl.make(options.baseUrl)
  const request = yield* KelvinRequest.make({ ...options, tokenUrl: urls.token })

  const names = (resource: "schools" | "roles") =>
    Effect.map(request.read(urls.collection(resource), {}, decodeNames), (all) => all.map(({ name }) => name)).pipe(
      Effect.catchAll(unexpected),
      // Nobody can be delivered without these: that is not the fault of the object that happened to need them.
      Effect.catchTag("TargetFailed", ({ message }) =>
        Effect.fail(new TargetUnavailable({ detail: message, retryAfter: null, answered: true }))
      )
    )
  const schools = yield* cached(Effect.map(names("schools"), SchoolName.makeSet))
  const roles = yield* cached(Effect.map(names("roles"), (all): ReadonlySet<string> => new Set(all)))

  const getUser: KelvinClient["getUser"] = (name) =>
    Effect.map(
      found(request.read(urls.user(name), {}, decodeUser)),
      Option.filter((user) => isSame(user.name, name))
    )

  const client: KelvinClient = {
    schools: schools.get,
    refreshSchools: schools.refresh,
    roles: roles.get,
    findSchool: (name) =>
      Effect.flatMap(found(request.read(urls.school(name), {}, decodeName)), (school) =>
        Option.isNone(school) || isSame(school.value.name, name)
          ? Effect.succeed(Option.map(school, ({ name }) => name))
          : new TargetFailed({
              detail: `asked for the school ${name}, the target answers with ${school.value.name}`,
              evidence: {
                method: "GET",
                path: pathOf(urls.school(name)),
                requestId: null,
                body: null,
                status: 200,
                response: school.value
              }
            })
      ).pipe(
        // Whatever else it is: that there is no such school is not certain.
        Effect.catchTag("TargetRefused", ({ detail, evidence }) => Effect.fail(new TargetFailed({ detail, evidence })))
      ),
    findUsers: ({ record_uid, source_uid }) =>
      Effect.map(
        request.read(urls.collection("users"), { record_uid, source_uid }, decodeUsers),
        // Servers ignore parameters that they don't know, and `*` is a wildcard in a search and can't be escaped.
        (users) => users.filter((user) => isSame(user.record_uid, record_uid) && isSame(user.source_uid, source_uid))
      ).pipe(Effect.catchAll(unexpected)),
    getUser,
    createUser: (body) =>
      request
        .write("POST", urls.collection("users"), body)
        .pipe(Effect.catchAll((error) => (error._tag === "AlreadyExists" ? fail(error) : unexpected(error)))),
    patchUser: (name, body) =>
      request
        .write("PATCH", urls.user(name), body)
        .pipe(Effect.catchAll((error) => (error._tag === "NotFound" ? fail(error) : unexpected(error)))),
    deleteUser: (name) => removed(request.write("DELETE", urls.user(name), null)),
    findClass: (school, name) =>
      Effect.map(
        found(request.read(urls.schoolClass(school, name), {}, decodeClass)),
        Option.filter((each) => isSame(each.school, school) && isSame(each.name, name))
      ),
    classesOf: (school) =>
      Effect.map(request.read(urls.collection("classes"), { school }, decodeClasses), (classes) =>
        classes.filter((each) => isSame(each.school, school))
      ).pipe(Effect.catchAll(unexpected)),
    createClass: (body) =>
      request
        .write("POST", urls.collection("classes"), body)
        .pipe(
          Effect.catchAll((error) =>
            error._tag === "AlreadyExists" || error._tag === "UnresolvedReference" ? fail(error) : unexpected(error)
          )
        ),
    patchClass: (school, name, body) =>
      request
        .write("PATCH", urls.schoolClass(school, name), body)
        .pipe(
          Effect.catchAll((error) =>
            error._tag === "NotFound" || error._tag === "UnresolvedReference" ? fail(error) : unexpected(error)
          )
        ),
    deleteClass: (school, name) => removed(request.write("DELETE", urls.schoolClass(school, name), null)),
    namesOfSchool: (school) =>
      Effect.map(
        request.read(urls.collection("users"), { school }, decodeNames),
        (users): ReadonlySet<string> => new Set(users.map(({ name }) => name.toLowerCase()))
      ).pipe(Effect.catchAll(unexpected)),
    usersWithEmail: (email) =>
      Effect.map(request.read(urls.collection("users"), { email }, decodeUsers), (users) =>
        users.filter((user) => isSame(user.email ?? null, email))
      ).pipe(Effect.catchAll(unexpected)),
    unknownUsers: (names) =>
      Effect.map(
        Effect.forEach(names, (name) => Effect.map(getUser(name), (user) => (Option.isNone(user) ? [name] : [])), {
          concurrency: lookUpConcurrency
        }),
        (unknown) => unknown.flat()
      ),
    ping: Effect.zipRight(names("roles"), Effect.asVoid(schools.refresh))
  }
  return client
})

/** `Effect.fail`, in a type that goes together with that of {@link unexpected}. */
const fail = <E extends KelvinError>(error: E): Effect.Effect<never, E | DeliveryError> => Effect.fail(error)

/** As a directory compares names: without regard to case, to the form of the characters, to the number of spaces. */
const isSame = (a: string | null, b: string) => a !== null && compared(a) === compared(b)

const compared = (text: string) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim()

const found = <A>(request: Effect.Effect<A, KelvinError>): Result<Option.Option<A>> =>
  request.pipe(
    Effect.map(Option.some),
    Effect.catchAll((error) => (error._tag === "NotFound" ? Effect.succeed(Option.none<A>()) : unexpected(error)))
  )

const removed = (request: Effect.Effect<void, KelvinError>): Result<boolean> =>
  request.pipe(
    Effect.as(true),
    Effect.catchAll((error) => (error._tag === "NotFound" ? Effect.succeed(false) : unexpected(error)))
  )

/** What a request was not expected to end with, as an error that the queue knows what to do with. */
const unexpected = (error: KelvinError): Effect.Effect<never, DeliveryError> => {
  switch (error._tag) {
    case "TokenRefused":
      return Effect.fail(new CredentialsRefused({ detail: error.detail }))
    case "AlreadyExists":
      return Effect.fail(new TargetRefused({ detail: error.detail, evidence: error.evidence, isConflict: true }))
    case "NotFound":
    case "UnresolvedReference":
      // Not there, against all that was known a moment ago: another attempt looks again.
      return Effect.fail(new TargetFailed({ detail: error.detail, evidence: error.evidence }))
    default:
      return Effect.fail(error)
  }
}

/** A value that is asked for again after some time. `refresh` asks now; callers at the same time share the request. */
const cached = <A, E>(fetch: Effect.Effect<A, E>) => {
  let current: { readonly value: A; readonly at: number } | null = null
  const fetched = Effect.zipWith(fetch, MonotonicClock.currentTimeMillis, (value, at) => {
    current = { value, at }
    return value
  })
  return Effect.zipWith(Shared.make(fetched), Effect.clock, (refresh, clock) => ({
    refresh,
    get: Effect.suspend(() =>
      current !== null && MonotonicClock.millis(clock) - current.at < remembered
        ? Effect.succeed(current.value)
        : refresh
    )
  }))
}
