/**
 * A simulated target that has what a real one has: whatever a request is about is read from the real one first, once. Only log-ins
 * and reads reach it; what is written is written to the simulated one.
 */
import { KelvinClass } from "@id-connector/kelvin/client/KelvinClass"
import * as KelvinUrl from "@id-connector/kelvin/client/KelvinUrl"
import { KelvinUser, NameFromUrl } from "@id-connector/kelvin/client/KelvinUser"
import type { Send, TargetAnswer, TargetRequest, TimedOut, Unreachable } from "@id-connector/kelvin/client/TargetHttp"
import { Data, Effect, Either, Schema } from "effect"
import type { KelvinSimulator } from "../simulator/KelvinSimulator.js"
import * as Concerned from "./Concerned.js"
import type { Target } from "./Outcome.js"
import type { VirtualTime } from "./VirtualTime.js"

export interface Mirror {
  /** Has the simulated target know what the request is about. A value: what the real one answers, instead of the simulated one. */
  readonly before: (send: Send, request: TargetRequest) => Effect.Effect<TargetAnswer | null, Unreachable | TimedOut>
  /** What was written, as it is now: the real target has much more, of which only a part was read. */
  readonly written: () => Target
}

/** The real target answers with something else than what was to be read. */
class Answered extends Data.TaggedError("Answered")<{ readonly answer: TargetAnswer }> {}

type Reading = Effect.Effect<void, Answered | Unreachable | TimedOut>

/** Of more users than these, such as those of a whole school, guardians and wards are not read: such a search is for names. */
const mostWithRelatives = 20

/** In seconds, for each read. */
const timeLimit = 60

const decodeUsers = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(KelvinUser)))
const decodeUser = Schema.decodeUnknownEither(Schema.parseJson(KelvinUser))
const decodeClasses = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(KelvinClass)))
const decodeSchools = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Schema.Struct({ name: NameFromUrl }))))

const keyOf = (...names: ReadonlyArray<string>) => names.join("/").toLowerCase()

/** `time`: of the world that it is read from. */
export const make = (simulator: KelvinSimulator, time: VirtualTime): Mirror => {
  /** Requests that were answered; users and classes that are known, or were. */
  const done = new Set<string>()
  const known = new Set<string>()
  const written = new Set<string>()
  const inTurn = Effect.unsafeMakeSemaphore(1).withPermits(1)
  let authorization = ""

  /** Reads once, and takes what is there. What is not there (400, 404, 422) is known then, too. */
  const once = (send: Send, url: string, take: (text: string) => Either.Either<Reading, unknown>): Reading =>
    Effect.gen(function* () {
      if (done.has(url)) return
      const headers = { accept: "application/json", authorization }
      const answer = yield* send({ method: "GET", url, headers, body: null, timeLimit })
      if (answer.status === 200) {
        const taken = take(answer.text)
        if (Either.isLeft(taken)) return yield* new Answered({ answer })
        yield* taken.right
      } else if (![400, 404, 422].includes(answer.status)) return yield* new Answered({ answer })
      done.add(url)
    })

  const reader = (send: Send, urls: KelvinUrl.KelvinUrls) => {
    const schools = once(send, urls.collection("schools"), (text) =>
      Either.map(decodeSchools(text), (all) =>
        Effect.sync(() => {
          for (const { name } of all) simulator.addSchool(name)
        })
      )
    )

    const classes = (school: string) =>
      once(send, `${urls.collection("classes")}?school=${encodeURIComponent(school)}`, (text) =>
        Either.map(decodeClasses(text), (all) =>
          Effect.sync(() => {
            for (const each of all) {
              const key = keyOf(each.school, each.name)
              if (known.has(key)) continue
              known.add(key)
              simulator.addClass(each)
              simulator.allowUdmProperties("school_class", Object.keys(each.udm_properties))
            }
          })
        )
      )

    const take = (users: ReadonlyArray<KelvinUser>): Reading =>
      Effect.gen(function* () {
        for (const user of users) {
          if (known.has(keyOf(user.name))) continue
          known.add(keyOf(user.name))
          yield* Effect.forEach(Object.keys(user.school_classes), classes, { discard: true })
          simulator.addUser({
            ...user,
            ucsschool_roles: user.ucsschool_roles.filter((role) => !/^[^:]+:school:/.test(role))
          })
          simulator.allowUdmProperties("user", Object.keys(user.udm_properties))
          if (users.length > mostWithRelatives) continue
          const relatives = [...(user.legal_guardians ?? []), ...(user.legal_wards ?? [])]
          yield* Effect.forEach(relatives, (name) => userNamed(name), { discard: true })
        }
      })

    const userNamed = (name: string): Reading =>
      known.has(keyOf(name))
        ? Effect.void
        : once(send, urls.user(name), (text) => Either.map(decodeUser(text), (user) => take([user])))

    const users = (query: string) =>
      once(send, `${urls.collection("users")}?${query}`, (text) => Either.map(decodeUsers(text), take))

    return (about: Concerned.Concerned): Reading => {
      switch (about._tag) {
        case "Users":
          return users(about.query)
        case "User":
          return userNamed(about.name)
        case "ClassesOf":
          return classes(about.school)
        case "Schools":
          return schools
      }
    }
  }

  const logIn = Effect.fnUntraced(function* (send: Send, request: TargetRequest) {
    const answer = yield* send(request)
    const token = Either.getOrNull(decodeToken(answer.text))
    if (answer.status !== 200 || token === null) return answer
    authorization = `Bearer ${token.access_token}`
    return null
  })

  return {
    before: (send, request) =>
      Effect.gen(function* () {
        const asked = Concerned.of(request)
        if (asked === null)
          return request.method === "GET"
            ? yield* send({ ...request, headers: { ...request.headers, authorization } })
            : null
        if (asked === "LogIn") return yield* logIn(send, request)
        yield* Effect.forEach(asked.about, reader(send, KelvinUrl.make(asked.base)), { discard: true })
        for (const key of asked.written) written.add(keyOf(key))
        return null
      }).pipe(
        Effect.catchTag("Answered", ({ answer }) => Effect.succeed(answer)),
        inTurn,
        time.outside
      ),
    written: () => {
      const { classes, users } = simulator.state()
      return {
        isReal: true,
        users: users.filter(({ name }) => written.has(keyOf(name))),
        classes: classes.filter(({ name, school }) => written.has(keyOf(school, name)))
      }
    }
  }
}

const decodeToken = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ access_token: Schema.String })))
