import { assert, describe, it } from "@effect/vitest"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { KelvinClass } from "@id-connector/kelvin/client/KelvinClass"
import * as KelvinLogIn from "@id-connector/kelvin/client/KelvinLogIn"
import * as KelvinRequest from "@id-connector/kelvin/client/KelvinRequest"
import * as KelvinToken from "@id-connector/kelvin/client/KelvinToken"
import * as KelvinUrl from "@id-connector/kelvin/client/KelvinUrl"
import { KelvinUser } from "@id-connector/kelvin/client/KelvinUser"
import * as UserChange from "@id-connector/kelvin/delivery/UserChange"
import * as KelvinSettings from "@id-connector/kelvin/settings/KelvinSettings"
import * as KelvinValidation from "@id-connector/kelvin/settings/KelvinValidation"
import { Effect, Either, Redacted, Schema } from "effect"

const long = 900_000

const texts = ["/", "\\", "@", ":", "v1", "v1/", "%", "%2f", "a@", "//", ".", " ", "9", "ä", "'https://", "<"].map(
  (part) => part.repeat(Math.floor(long / part.length))
)

/** In milliseconds, on a machine that has much else to do. */
const most = 2_000

const assertQuick = <A>(what: string, run: () => A): A => {
  const before = performance.now()
  const result = run()
  assert.isBelow(performance.now() - before, most, what.slice(0, 100))
  return result
}

const authority = (url: string, kelvin: object = {}) =>
  ({
    name: "T",
    active: true,
    url,
    plugins: ["kelvin"],
    plugin_configs: { kelvin: { username: "x", password: Redacted.make("x"), mapping: { users: {} }, ...kelvin } }
  }) as object as SchoolAuthority

describe("Input made to be slow is read at once:", () => {
  it("the URL of an authority, also one that was stored before there was a limit", () => {
    for (const text of texts) {
      for (const url of [text, `https:${text}`, `https://h${text}`, `https://h/ucsschool/kelvin/v1/${text}`]) {
        const problems = assertQuick(url, () => {
          const { warnings } = KelvinValidation.check(authority(url), "kelvin")
          KelvinSettings.decodeEither(authority(url), "kelvin")
          return warnings
        })
        assert.isBelow(problems.join().length, 5_000)
      }
    }
  })

  it("every value and key of a plugin's configuration", () => {
    const keys = [...KelvinSettings.keys.config, "unknown"]
    for (const text of texts) {
      for (const value of [text, { [text]: text }, [text], Array(10_000).fill({ a: 1 })]) {
        for (const key of keys) {
          const { warnings } = assertQuick(key, () =>
            KelvinValidation.check(authority("https://h/ucsschool/kelvin/v1/", { [key]: value }), "kelvin")
          )
          assert.isBelow(warnings.join().length, 50_000)
        }
      }
    }
  }, 60_000)

  const user = {
    name: "a",
    school: "https://h/x/S",
    schools: ["https://h/x/S"],
    roles: ["https://h/x/student"],
    school_classes: { S: ["1a"] },
    workgroups: { S: ["w"] },
    birthday: "2000-01-01",
    email: "e",
    record_uid: "r",
    source_uid: "s",
    ucsschool_roles: ["student:school:S"],
    udm_properties: { x: "y" },
    legal_guardians: ["https://h/x/g"]
  }
  const decodeUser = KelvinRequest.decoder(KelvinUser)
  const decodeClass = KelvinRequest.decoder(KelvinClass)
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
  const many = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => `x${index}`))
  const groups = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`x${index}`, []])))
  const hostile = [...texts.map((text) => JSON.stringify(text)), deep, `{"x":${deep}}`, many, groups]

  it("every field of a user or a class as a target shows it", () => {
    const mapped = {
      attributes: { name: "b", roles: ["student"], schools: ["S"], school: "S", school_classes: { S: ["1a"] } },
      udmProperties: { x: "z" },
      randomPassword: false,
      warnings: [],
      given: [],
      empty: [],
      sources: {}
    }
    for (const json of hostile) {
      for (const key of Object.keys(user)) {
        const text = JSON.stringify({ ...user, [key]: "HERE" }).replace('"HERE"', () => json)
        assertQuick(`${key} ${json}`, () => {
          const read = decodeUser(text)
          if (Either.isRight(read)) UserChange.modification(mapped, read.right)
          else assert.isString(read.left.message)
        })
      }
      for (const key of ["name", "school", "description", "users", "udm_properties"]) {
        const group = { name: "1a", school: "https://h/x/S", users: [], [key]: "HERE" }
        const text = JSON.stringify(group).replace('"HERE"', () => json)
        assertQuick(`${key} ${json}`, () => Either.mapLeft(decodeClass(text), ({ message }) => message))
      }
    }
  }, 60_000)

  it("lists of names, and names in URLs", () => {
    const decode = KelvinRequest.decoder(Schema.Array(Schema.Struct({ name: Schema.String })))
    for (const json of hostile) {
      assertQuick(json, () =>
        Either.map(decode(`[{"name":${json}}]`), (all) => SchoolName.makeSet(all.map(({ name }) => name)))
      )
    }
    for (const text of texts) {
      assertQuick(text, () => {
        KelvinUrl.nameFromUrl(text)
        return KelvinUrl.make(`https://h/ucsschool/kelvin/${text}`).user(text)
      })
    }
  })

  it.effect("a token", () =>
    Effect.gen(function* () {
      const url = "https://h/ucsschool/kelvin/token"
      for (const text of [...texts, ".".repeat(long), "a.".repeat(long), `.${"A".repeat(11_000)}`]) {
        const answer = { status: 200, headers: {}, text: JSON.stringify({ access_token: text }) }
        const token = assertQuick(text, () => KelvinLogIn.tokenIn(answer, url, 0, Redacted.make("x")))
        assert.strictEqual(Either.isRight(token), text.length <= 12_000)
        const before = performance.now()
        yield* (yield* KelvinToken.make(Effect.succeed(Redacted.make(text)))).get
        assert.isBelow(performance.now() - before, most)
      }
    })
  )
})
