// Against simulated Kelvin servers, or real ones: docs/integration-tests.md.
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Submissions from "@id-connector/core/queue/in/Submissions"
import * as Embedded from "@id-connector/server/Embedded"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Cause, Effect, Exit, Option } from "effect"
import * as Authorities from "./Authorities.js"
import { held } from "./Authorities.js"
import * as RealServer from "./RealServer.js"

/** Of `password`, with `openssl passwd -6`. Somebody with it can log in. */
const password = "s3cr3t-of-anna"
const hash =
  "{crypt}$6$h4shh4shh4sh$luKx2b6D.Or1Y.UVlmTf7vonY8Lw134ggJU2dftLuWpnqMwsj.awZ18T99p95CZXIEd1.sS1rbi4rji3ui.Xy."

/** Real servers take seconds for a user. */
const limit = 300_000

/** A connector for both, and what they had before it. */
const connected = <A, E>(
  use: (there: Authorities.Authorities, submit: (change: unknown) => Effect.Effect<void, Error>) => Effect.Effect<A, E>,
  withHashesOf: ReadonlyArray<string> = [],
  env: RealServer.Environment = process.env
) =>
  Effect.gen(function* () {
    const there = yield* Authorities.make(env)
    const { traeger1, traeger2 } = there
    const users = withHashesOf.map((what) => ({
      uid: there.nameOf(what),
      hashes: { ...Builders.passwordHashes, userPassword: [hash] }
    }))
    const connector = Embedded.layer({
      authorities: [traeger1.file, traeger2.file],
      mapping: { [traeger1.school]: "traeger1", [traeger2.school]: "traeger2" },
      directory: { users }
    })
    const program = Effect.gen(function* () {
      const { ended, submit } = yield* Submissions.Submissions
      const submitted = (change: unknown) =>
        Effect.gen(function* () {
          for (const { authority, reason, state } of yield* Effect.flatMap(submit(change), ended)) {
            if (state !== "delivered") return yield* Effect.fail(new Error(`${authority}: ${state}: ${reason}`))
          }
        })
      return yield* use(there, submitted)
    })
    return yield* Effect.provide(program, connector)
  }).pipe(Effect.scoped, quietly, Effect.provide(NodeContext.layer))

/** A pupil of ours, with an identity of its own. */
const pupil = (
  name: string,
  school: string,
  properties: { readonly [property: string]: unknown } = {},
  className?: string
) =>
  Builders.user(name, {
    schools: [school],
    properties: {
      ucsschoolSourceUID: "IDC-TEST",
      groups: className === undefined ? [] : [Builders.classDn(school, className)],
      ...properties
    }
  })

describe("Two school authorities", () => {
  it.live(
    "get users who are new, have changed or are gone",
    () =>
      connected(({ nameOf, traeger1 }, submit) =>
        Effect.gen(function* () {
          const anna = nameOf("anna")
          yield* submit(pupil(anna, traeger1.school, { firstname: "Anna", birthday: "2012-03-04" }))
          const created = yield* held(traeger1, anna)
          assert.deepStrictEqual(
            [created?.firstname, created?.birthday, created?.school, created?.roles, created?.record_uid],
            ["Anna", "2012-03-04", traeger1.school, ["student"], `rec-${anna}`]
          )
          yield* submit(pupil(anna, traeger1.school, { firstname: "Anne", birthday: null }))
          const changed = yield* held(traeger1, anna)
          assert.deepStrictEqual([changed?.firstname, changed?.birthday], ["Anne", null])
          yield* submit(Builders.removedUser(anna, { schools: [traeger1.school] }))
          assert.isNull(yield* held(traeger1, anna))
        })
      ),
    limit
  )

  it.live(
    "get password hashes with which users can log in",
    () =>
      connected(
        ({ nameOf, traeger1 }, submit) =>
          Effect.gen(function* () {
            const anna = nameOf("anna")
            yield* submit(pupil(anna, traeger1.school))
            assert.isTrue(yield* traeger1.hasPassword(anna, password, hash))
            assert.isFalse(yield* traeger1.hasPassword(anna, "s3cr3t-of-nobody", "of nobody"))
          }),
        ["anna"]
      ),
    limit
  )

  it.live(
    "get classes with their members, who come and go",
    () =>
      connected(({ nameOf, traeger1 }, submit) =>
        Effect.gen(function* () {
          const { client, school } = traeger1
          const [anna, ben, name] = [nameOf("anna"), nameOf("ben"), nameOf("5a")]
          const members = Effect.map(client.findClass(school, name), (found) =>
            Option.match(found, { onNone: () => null, onSome: ({ users }) => [...users].sort() })
          )
          yield* submit(Builders.schoolClass(school, name))
          yield* submit(pupil(anna, school, {}, name))
          yield* submit(pupil(ben, school, {}, name))
          assert.deepStrictEqual(yield* members, [anna, ben])
          assert.deepStrictEqual((yield* held(traeger1, ben))?.school_classes, { [school]: [name] })
          yield* submit(Builders.schoolClass(school, name, [ben]))
          assert.deepStrictEqual(yield* members, [ben])
          yield* submit(Builders.removedClass(school, name))
          assert.isNull(yield* members)
        })
      ),
    limit
  )

  it.live(
    "hand over a pupil who moves from one to the other",
    () =>
      connected(({ nameOf, traeger1, traeger2 }, submit) =>
        Effect.gen(function* () {
          const anna = nameOf("anna")
          yield* submit(pupil(anna, traeger1.school))
          assert.isNull(yield* held(traeger2, anna))
          yield* submit(pupil(anna, traeger2.school))
          assert.isNull(yield* held(traeger1, anna))
          assert.deepStrictEqual((yield* held(traeger2, anna))?.schools, [traeger2.school])
        })
      ),
    limit
  )
})

/** A server that is real as far as the tests can tell. */
const real = Effect.gen(function* () {
  const simulator = yield* KelvinSimulator.make({
    schools: ["A", "B"],
    users: [{ name: "own", school: "A" }],
    accounts: [{ username: "tester", password: "s3cr3t-of-the-tester", admin: true }]
  })
  const { url } = yield* KelvinSimulatorHttp.serve(simulator)
  const env = { traeger1: url, traeger1_username: "tester", traeger1_password: "s3cr3t-of-the-tester" }
  return { simulator, env: { ...env, traeger1_insecure: "true", traeger1_school: "b" } }
})

describe("The tests with real servers", () => {
  it.scopedLive("leave nothing behind, even when one fails half-way", () =>
    Effect.gen(function* () {
      const { env, simulator } = yield* real
      let seen = 0
      const ended = yield* Effect.exit(
        connected(
          ({ nameOf, traeger1 }, submit) =>
            Effect.gen(function* () {
              assert.strictEqual(traeger1.school, "B")
              yield* submit(Builders.schoolClass("B", nameOf("5a")))
              yield* submit(pupil(nameOf("anna"), "B", {}, nameOf("5a")))
              seen = simulator.state().users.length + simulator.state().classes.length
              return yield* Effect.die("half-way")
            }),
          [],
          env
        )
      )
      assert.isTrue(Exit.isFailure(ended))
      assert.strictEqual(seen, 3)
      assert.deepStrictEqual(
        [simulator.state().users.map(({ name }) => name), simulator.state().classes],
        [["own"], []]
      )
    })
  )

  it.scopedLive("name what they could not remove", () =>
    Effect.gen(function* () {
      const { env, simulator } = yield* real
      let anna = ""
      const ended = yield* Effect.exit(
        connected(
          ({ nameOf }, submit) =>
            Effect.gen(function* () {
              anna = nameOf("anna")
              yield* submit(pupil(anna, "B"))
              simulator.fail({
                method: "DELETE",
                path: `/users/${anna}`,
                times: 3,
                effect: { _tag: "Status", status: 500 }
              })
            }),
          [],
          env
        )
      )
      assert.include(
        Exit.isFailure(ended) ? Cause.pretty(ended.cause) : "",
        `${anna} may be left at traeger1, school B: remove it there.`
      )
    })
  )

  it("say which variable is missing or wrong", () => {
    const saying = (env: RealServer.Environment) => () => RealServer.of("traeger1", env)
    assert.isNull(RealServer.of("traeger1", {}))
    assert.throws(saying({ traeger1: "dc1.example.com" }), /set traeger1_password/)
    assert.throws(saying({ traeger1_password: "s3cr3t" }), /traeger1, the host or URL of the Kelvin server, is not/)
    assert.throws(
      saying({ traeger1: "https://a:b@dc1.example.com/", traeger1_password: "s3cr3t" }),
      /traeger1_username/
    )
    assert.throws(saying({ traeger1: "dc1/x y", traeger1_password: "s3cr3t" }), /a host .* or a URL/)
    const urlOf = (traeger1: string) => RealServer.of("traeger1", { traeger1, traeger1_password: "s3cr3t" })?.url
    const url = "https://dc1.example.com/ucsschool/kelvin/v1/"
    for (const address of ["dc1.example.com", "https://dc1.example.com", url, url.slice(0, -1)]) {
      assert.strictEqual(urlOf(address), url)
    }
  })
})
