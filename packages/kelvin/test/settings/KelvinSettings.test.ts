import { assert, describe, it } from "@effect/vitest"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as KelvinSettings from "@id-connector/kelvin/settings/KelvinSettings"
import { Effect, Either, Redacted } from "effect"

const complete = {
  username: "Administrator",
  password: "s3cr3t",
  mapping: { users: { username: "name", firstname: "firstname" } }
}

/** An authority as it comes out of its file, secrets `Redacted`. */
const authority = (kelvin: unknown, url = "https://kelvin.example.com/ucsschool/kelvin/v1/") =>
  Either.getOrThrow(SchoolAuthority.decode({ name: "T", url, plugin_configs: kelvin === undefined ? {} : { kelvin } }))

const settings = (kelvin: unknown, url?: string) => KelvinSettings.decode(authority(kelvin, url), "kelvin")

const problems = (kelvin: unknown, url?: string) =>
  Effect.map(Effect.flip(settings(kelvin, url)), (error) => error.problems)

describe("KelvinSettings", () => {
  it.effect("has defaults for all but account and mapping", () =>
    Effect.gen(function* () {
      const { password, ...others } = yield* settings(complete)
      assert.strictEqual(Redacted.value(password), "s3cr3t")
      assert.deepStrictEqual(others, {
        baseUrl: "https://kelvin.example.com/ucsschool/kelvin/v1/",
        username: "Administrator",
        mapping: complete.mapping,
        syncPasswordHashes: false,
        tls: { verifyCertificate: true, verifyHostname: true },
        ignoredRoles: [],
        concurrency: 4,
        requestsPerSecond: null
      })
    })
  )

  it.effect("takes a limit of requests, and protection from deletions with limits of its own or none", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* settings({ ...complete, requests_per_second: 7 })).requestsPerSecond, 7)
      const limit = (deletion_protection: unknown) =>
        KelvinSettings.deletionLimitOf(authority({ ...complete, deletion_protection }), "kelvin")
      assert.isNull(limit(false))
      assert.deepStrictEqual(limit({ deletions: 5 }), { deletions: 5, percent: 10 })
      assert.deepStrictEqual(limit(null), { deletions: 50, percent: 10 })
      assert.deepStrictEqual(limit("nonsense"), { deletions: 50, percent: 10 })
      assert.include((yield* problems({ ...complete, requests_per_second: 0 }))[0], "requests_per_second")
      assert.include((yield* problems({ ...complete, deletion_protection: true }))[0], "deletion_protection")
    })
  )

  it.effect("keeps the order of a mapping, since the later of two for one attribute wins", () =>
    Effect.gen(function* () {
      const users = { z: "email", a: "name", m: "email" }
      const { mapping } = yield* settings({ ...complete, mapping: { users } })
      assert.deepStrictEqual(Object.keys(mapping.users ?? {}), ["z", "a", "m"])
    })
  )

  it.effect("leaves keys alone that it does not know", () =>
    Effect.gen(function* () {
      const mapping = { users: {}, users_pupil: 5 }
      yield* settings({ ...complete, mapping, ssl_context: { ciphers: "x" }, colour: "blue" })
    })
  )

  it.effect("reads ssl_context as Python does", () =>
    Effect.gen(function* () {
      const tls = (ssl_context: unknown) => Effect.map(settings({ ...complete, ssl_context }), (all) => all.tls)
      assert.deepStrictEqual(yield* tls({ check_hostname: false }), { verifyCertificate: true, verifyHostname: false })
      assert.isFalse((yield* tls({ verify_mode: 0 })).verifyCertificate)
      for (const verify_mode of [1, 2]) assert.isTrue((yield* tls({ verify_mode })).verifyCertificate)
      assert.include((yield* problems({ ...complete, ssl_context: { verify_mode: 3 } }))[0], "ssl_context.verify_mode")
      const strict = { verifyCertificate: true, verifyHostname: true }
      assert.deepStrictEqual(yield* tls({ minimum_version: 771, maximum_version: 772 }), {
        ...strict,
        oldest: "1.2",
        newest: "1.3"
      })
      assert.deepStrictEqual(yield* tls({ minimum_version: -2, maximum_version: -1, ca_file: null }), strict)
      assert.include(
        (yield* problems({ ...complete, ssl_context: { minimum_version: "TLSv1_2" } }))[0],
        "ssl_context.minimum_version: 769 (TLS 1.0)"
      )
    })
  )

  it.effect("takes a file with certificates to trust", () =>
    Effect.gen(function* () {
      const { tls } = yield* settings({ ...complete, ssl_context: { ca_file: "traeger1.pem" } })
      assert.deepStrictEqual(tls, { verifyCertificate: true, verifyHostname: true, caFile: "traeger1.pem" })
    })
  )

  it.effect("tells all problems at once, each with its path", () =>
    Effect.gen(function* () {
      const wrong = {
        username: "",
        password: "",
        mapping: { users: { a: 1 }, school_classes: "x" },
        sync_password_hashes: "yes",
        ssl_context: { check_hostname: 1 },
        school_classes_ignore_roles: "staff",
        concurrency: 33
      }
      const found = yield* problems(wrong, "https://kelvin.example.com/")
      const paths = found.map((problem) => problem.slice(0, problem.indexOf(": ")))
      assert.sameMembers(paths, [
        "url",
        "plugin_configs.kelvin.username",
        "plugin_configs.kelvin.password",
        "plugin_configs.kelvin.mapping.users.a",
        "plugin_configs.kelvin.mapping.school_classes",
        "plugin_configs.kelvin.sync_password_hashes",
        "plugin_configs.kelvin.ssl_context.check_hostname",
        "plugin_configs.kelvin.school_classes_ignore_roles",
        "plugin_configs.kelvin.concurrency"
      ])
    })
  )

  it.effect("says what is missing: keys, or the configuration of the plugin", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        (yield* problems({})).map((problem) => problem.split(":")[0]),
        ["username", "password", "mapping"].map((key) => `plugin_configs.kelvin.${key}`)
      )
      const [problem, ...others] = yield* problems(undefined)
      assert.include(problem, "plugin_configs.kelvin: is missing")
      assert.isEmpty(others)
    })
  )

  it.effect("takes 1 to 32 deliveries at a time", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 32]) {
        assert.strictEqual((yield* settings({ ...complete, concurrency })).concurrency, concurrency)
      }
      for (const concurrency of [0, 33, 1.5, "4", true]) {
        const expected = "plugin_configs.kelvin.concurrency: a whole number from 1 to 32 is expected"
        assert.deepStrictEqual(yield* problems({ ...complete, concurrency }), [expected])
      }
    })
  )

  it.effect("never shows a secret in a problem", () =>
    Effect.gen(function* () {
      for (const password of ["s3cr3t", 4711, ["s3cr3t"], { a: "s3cr3t" }]) {
        const text = (yield* problems({ ...complete, username: 5, password }, "https://kelvin.example.com/")).join()
        assert.notMatch(text, /s3cr3t|4711/)
      }
      for (const slashes of ["", "/", "\\\\", "///"]) {
        const odd = { ...authority(complete), url: `https:${slashes}admin:s3cr3t@kelvin.example.com/` }
        const { problems } = yield* Effect.flip(KelvinSettings.decode(odd, "kelvin"))
        assert.notInclude(problems.join(), "s3cr3t")
      }
    })
  )

  describe("url", () => {
    it.effect("is a Kelvin URL, whose last slash may be missing", () =>
      Effect.gen(function* () {
        const baseUrl = (url: string) => Effect.map(settings(complete, url), (all) => all.baseUrl)
        for (const base of [
          "https://kelvin.example.com/ucsschool/kelvin/v1",
          "https://kelvin.example.com:8443/ucsschool/kelvin/v2",
          "http://localhost:8911/ucsschool/kelvin/v1",
          "http://127.0.0.1:8911/ucsschool/kelvin/v1",
          "http://[::1]:8911/ucsschool/kelvin/v1"
        ]) {
          assert.strictEqual(yield* baseUrl(base), `${base}/`)
          assert.strictEqual(yield* baseUrl(`${base}/`), `${base}/`)
        }
      })
    )

    it.effect("is a problem otherwise, and when it would send passwords in clear over a network", () =>
      Effect.gen(function* () {
        for (const url of [
          "https://kelvin.example.com",
          "https://kelvin.example.com/",
          "https://kelvin.example.com/ucsschool/kelvin/",
          "https://kelvin.example.com/ucsschool/kelvin/v1/users/",
          "http://kelvin.example.com/ucsschool/kelvin/v1/",
          "http://127.0.0.1.example.com/ucsschool/kelvin/v1/"
        ]) {
          const [problem, ...others] = yield* problems(complete, url)
          assert.match(problem ?? "", /^url: .*https:\/\/HOST\[:PORT\]\/ucsschool\/kelvin\/v1\/ is expected/, url)
          assert.isEmpty(others)
        }
      })
    )
  })
})
