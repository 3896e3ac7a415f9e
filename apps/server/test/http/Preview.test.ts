import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"
import { people, world } from "./ApiWorld.js"

const tls = Effect.runPromise(KelvinSimulatorHttp.certificate)

const anna = {
  uid: "anna",
  dn: Builders.userDn("anna"),
  entryUUID: "00000000-0000-4000-8000-000000000001",
  schools: ["School1"],
  ucsschoolRole: ["student:school:School1"],
  properties: { firstname: "Anna", lastname: "Meier", ucsschoolRecordUID: "1", ucsschoolSourceUID: "S" }
}
const class1a = { cn: "School1-1a", dn: Builders.classDn("School1", "1a"), entryUUID: "g1", uniqueMember: [anna.dn] }

interface Shown {
  readonly object: { readonly name: string; readonly change: string }
  readonly ignored: ReadonlyArray<string>
  readonly school_authorities: ReadonlyArray<{
    readonly name: string
    readonly concerned: boolean
    readonly because: ReadonlyArray<string>
    readonly plugins: ReadonlyArray<{
      readonly problem: string | null
      readonly outcome: string | null
      readonly requests: ReadonlyArray<{ readonly method: string; readonly path: string }>
    }>
  }>
}

/** Two authorities, one of them with a target that answers. */
const previews = Effect.gen(function* () {
  const simulator = yield* KelvinSimulator.make({ schools: ["School1"] })
  const { url } = yield* KelvinSimulatorHttp.serve(simulator, { tls: yield* Effect.promise(() => tls) })
  const api = yield* world({ users: [...people.users, anna], groups: [...people.groups, class1a] })
  const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false } }
  yield* api.send("POST", "/v1/school_authorities", api.as(Builders.authority("T1", { url, active: false, kelvin })))
  yield* api.send("POST", "/v1/school_authorities", api.as(Builders.authority("T2", { active: false })))
  yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { School1: "T1", School2: "T2" } }))
  const preview = (json: unknown) =>
    Effect.map(api.send("POST", "/v1/preview", api.as(json)), ({ body, status }) => ({
      status,
      body: body as never as Shown & { readonly detail: ReadonlyArray<{ readonly loc: unknown }> }
    }))
  return { ...api, preview, simulator }
})

describe("a preview", () => {
  it.scopedLive("of a user of the source directory says who is concerned, why, and what would be sent", () =>
    Effect.gen(function* () {
      const { preview, simulator } = yield* previews
      const { body, status } = yield* preview({ user: "ANNA" })
      assert.deepStrictEqual([status, body.object.name, body.object.change], [200, "anna", "changed"])
      const [first, second] = body.school_authorities
      assert.deepStrictEqual([first?.concerned, first?.because], [true, ["school School1"]])
      assert.deepStrictEqual<unknown>(Object(first).reasons, [
        { code: "current_school", values: { school: "School1" }, text: "school School1" }
      ])
      assert.deepStrictEqual(first?.plugins[0]?.problem, null)
      assert.deepStrictEqual(
        first?.plugins[0]?.requests.map(({ method, path }) => [method, path]),
        [["POST", "/ucsschool/kelvin/v1/users/"]]
      )
      assert.deepStrictEqual([second?.name, second?.concerned, second?.plugins], ["T2", false, []])
      const group = yield* preview({ group: "School1-1a" })
      assert.strictEqual(group.body.school_authorities[0]?.plugins[0]?.outcome, "created")
      assert.deepStrictEqual(simulator.writes(), [])
    }).pipe(quietly)
  )

  it.scopedLive("of a listener object needs no directory, and says what can't be told", () =>
    Effect.gen(function* () {
      const { preview } = yield* previews
      const ben = Builders.user("ben", { schools: ["School2", "School9"] })
      const { body } = yield* preview({ object: ben })
      assert.deepStrictEqual(body.ignored, ["school School9 is mapped to no school authority"])
      const [first, second] = body.school_authorities
      assert.deepStrictEqual([first?.concerned, second?.concerned], [false, true])
      assert.include(second?.plugins[0]?.problem, "The target can't be reached now")
      const elsewhere = yield* preview({ object: ben, school_authority: "T1" })
      assert.deepStrictEqual(elsewhere.body.school_authorities[1]?.plugins, [])
    }).pipe(quietly)
  )

  it.scopedLive("is refused with the place of what is wrong", () =>
    Effect.gen(function* () {
      const { preview } = yield* previews
      assert.strictEqual((yield* preview({ user: "nobody" })).status, 404)
      assert.strictEqual((yield* preview({ group: "../x" })).status, 404)
      assert.strictEqual((yield* preview({ user: "anna", school_authority: "T9" })).status, 404)
      assert.strictEqual((yield* preview({})).status, 422)
      assert.strictEqual((yield* preview({ user: "anna", group: "School1-1a" })).status, 422)
      const places = (json: unknown) =>
        Effect.map(preview(json), ({ body, status }) => [status, body.detail.map(({ loc }) => loc)])
      const broken = { ...Builders.user("ben"), dn: "" }
      assert.deepStrictEqual(yield* places({ object: broken }), [422, [["body", "object", "dn"]]])
      assert.deepStrictEqual(yield* places({ object: 7 }), [422, [["body", "object"]]])
    }).pipe(quietly)
  )
})

describe("the check of a school authority", () => {
  it.scopedLive("asks the target, also of an inactive authority, and changes nothing", () =>
    Effect.gen(function* () {
      const { as, send, simulator } = yield* previews
      const check = (name: string) =>
        Effect.map(send("POST", `/v1/school_authorities/${name}/check`, as()), ({ body, status }) => ({
          status,
          ok: body?.ok,
          found: (body?.findings as ReadonlyArray<{ about: string; code: string; severity: string }>)?.map(
            ({ about, code, severity }) => `${severity} ${about} ${code}`
          )
        }))
      assert.deepStrictEqual<unknown>(yield* check("T1"), {
        status: 200,
        ok: true,
        found: [
          "ok login account_known",
          "ok roles roles_known",
          "ok schools schools_known",
          "warning udm_properties properties_unknowable"
        ]
      })
      assert.deepStrictEqual<unknown>(yield* check("T2"), {
        status: 200,
        ok: false,
        found: ["error connection target_unavailable"]
      })
      assert.strictEqual((yield* check("T9")).status, 404)
      yield* send("PATCH", "/v1/school_authorities/T1", as({ plugin_configs: { kelvin: { password: "wrong" } } }))
      assert.deepStrictEqual((yield* check("T1")).found, ["error login credentials_refused"])
      yield* send(
        "PATCH",
        "/v1/school_authorities/T1",
        as({ url: "http://t1.example.com/", plugin_configs: { kelvin: { password: "x" } } })
      )
      assert.deepStrictEqual((yield* check("T1")).found, ["error url url_unsafe"])
      assert.deepStrictEqual(simulator.writes(), [])
    }).pipe(quietly)
  )
})
