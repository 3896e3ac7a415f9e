import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Ucr from "@id-connector/server/files/Ucr"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect, Layer } from "effect"
import { authority, world } from "./ApiWorld.js"

const long = 900_000

const texts = ["/", "\\", "@", ",", "=", "%2f", " ", "9", "ä", '"', "a: ", "a=1&", "Expected a, actual "].map((part) =>
  part.repeat(Math.floor(long / new TextEncoder().encode(JSON.stringify(part)).length))
)

/** In milliseconds, on a machine that has much else to do. */
const most = 3_000

const quick = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = performance.now()
    const result = yield* effect
    assert.isBelow(performance.now() - before, most, what.slice(0, 100))
    return result
  })

describe("The API answers at once", () => {
  it.scopedLive("whatever field of a school authority is made to be slow, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("T1")))
      const before = yield* send("GET", "/v1/school_authorities", as())
      for (const text of texts) {
        for (const change of [
          { name: text },
          { url: text },
          { url: `https:${text}` },
          { url: `https://h/ucsschool/kelvin/v1/${text}` },
          { plugins: [text] },
          { [text]: 1 },
          { plugin_configs: { [text]: {} } },
          { plugin_configs: { kelvin: { username: text, [text]: text } } },
          { plugin_configs: { kelvin: { password: "x", mapping: { users: { [text]: "name" } } } } }
        ]) {
          const [key = ""] = Object.keys(change)
          const created = yield* quick(
            `POST ${key}`,
            send("POST", "/v1/school_authorities", as({ ...authority("T2"), ...change }))
          )
          assert.isAtLeast(created.status, 400)
          const patched = yield* quick(`PATCH ${key}`, send("PATCH", "/v1/school_authorities/T1", as(change)))
          if (key !== "name") assert.isAtLeast(patched.status, 400)
          assert.isBelow(JSON.stringify([created.body, patched.body]).length, 20_000)
        }
      }
      assert.deepStrictEqual((yield* send("GET", "/v1/school_authorities", as())).body, before.body)
    }).pipe(quietly)
  )

  it.scopedLive("to mappings, previews, log-ins, tokens, paths and queries made to be slow", () =>
    Effect.gen(function* () {
      const { as, send } = yield* world()
      const wrong = JSON.stringify(Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`k${index}`, 1])))
      const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`
      for (const json of [...texts.map((text) => JSON.stringify(text)), wrong, deep]) {
        for (const [method, path, body] of [
          ["PUT", "/v1/school_to_authority_mapping", `{"mapping": {"S": ${json}}}`],
          ["PUT", "/v1/school_to_authority_mapping", `{"mapping": ${json}}`],
          ["POST", "/v1/preview", `{"user": ${json}}`],
          ["POST", "/v1/preview", `{"group": ${json}}`],
          ["POST", "/v1/preview", `{"object": ${json}}`],
          ["POST", "/v1/preview", `{"object": {"udm_object_type": "users/user", "dn": ${json}, "object": {}}}`],
          ["POST", "/v1/preview", `{"user": "a", "school_authority": ${json}}`],
          ["POST", "/v1/school_authorities", json],
          ["PATCH", "/v1/school_authorities/T1", json]
        ] as const) {
          const answer = yield* quick(`${method} ${path}`, send(method, path, { ...as(), text: body }))
          assert.isAtLeast(answer.status, 400)
          assert.isBelow(answer.status, 500)
          assert.isBelow(JSON.stringify(answer.body).length, 20_000)
        }
      }
      const mapping = yield* send(
        "PUT",
        "/v1/school_to_authority_mapping",
        as({ mapping: { ["S".repeat(1_001)]: "T" } })
      )
      assert.strictEqual(mapping.status, 422)
      for (const text of texts) {
        const body = `username=${encodeURIComponent(text.slice(0, long / 4))}&password=${encodeURIComponent(text.slice(0, 1_000))}`
        for (const form of [text, `username=x&password=${text}`, `${text}=1`, body]) {
          const answer = yield* quick(
            "form",
            send("POST", "/token", { text: form, type: "application/x-www-form-urlencoded" })
          )
          assert.isAtLeast(answer.status, 400)
        }
        const short = encodeURIComponent(text.slice(0, 2_000))
        for (const path of [
          `queues/${short}`,
          `queues/InQueue/items?object=${short}&after=${short}`,
          `schedule/users/${short}`
        ]) {
          yield* quick(path, send("GET", `/v1/${path}`, as()))
        }
        const token = text.slice(0, 10_000).replace(/[^ -~]/g, "x")
        assert.strictEqual((yield* quick("token", send("GET", "/v1/queues", { token }))).status, 401)
      }
    }).pipe(quietly)
  )

  it.scoped("and UCR is read at once, whatever its lines are", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/base.conf`
      for (const text of [
        ...texts,
        ":".repeat(long),
        "#".repeat(long),
        `ucsschool-id-connector/source_uid: ${"x".repeat(long)}`
      ]) {
        yield* fs.writeFileString(file, `${text}\nldap/base: dc=e\n`)
        const ucr = yield* Effect.provide(Ucr.Ucr, yield* Layer.build(Layer.fresh(Ucr.layer(file))))
        assert.strictEqual(yield* quick("ucr", ucr.sourceUid), "TESTID")
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
