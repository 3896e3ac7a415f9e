import { assert, describe, it } from "@effect/vitest"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import { Either, Redacted, Schema } from "effect"

describe("SchoolAuthority", () => {
  const file = { name: "T1", url: "https://k.example.com/ucsschool/kelvin/v1/", plugin_configs: {} }
  const isName = (name: string) => Either.isRight(SchoolAuthority.decode({ ...file, name }))

  it("takes no name that could be a path", () => {
    assert.deepStrictEqual(["T1", "Träger 1", "a.b-c_d", "x".repeat(128)].map(isName), [true, true, true, true])
    assert.deepStrictEqual(
      ["", ".", "..", "a/b", "a\\b", "x".repeat(129), "a\nb", "a\0"].map(isName),
      Array(8).fill(false)
    )
  })

  it("has defaults where the configuration says nothing", () => {
    const authority = Either.getOrThrow(SchoolAuthority.decode(file))
    assert.deepStrictEqual([authority.active, authority.plugins], [false, []])
  })

  it("says everything that is wrong, with its path", () => {
    const problems = Either.getOrThrow(
      Either.flip(SchoolAuthority.decode({ name: "..", url: "ftp://x", active: "yes" }))
    )
    assert.deepStrictEqual(
      problems.map((problem) => problem.split(":")[0]),
      ["name", "active", "url", "plugin_configs"]
    )
  })

  it("is called neither like the in queue nor longer than a file's name may be, in bytes", () => {
    const problems = (name: string) => Either.getOrThrow(Either.flip(SchoolAuthority.decode({ ...file, name }))).join()
    for (const name of ["InQueue", "inqueue", "INQUEUE"]) assert.match(problems(name), /^name: .*in queue/)
    assert.match(problems("ä".repeat(128)), /^name: .*230 bytes.*256/)
    assert.deepStrictEqual(["InQueue2", "ä".repeat(115), "x".repeat(128)].map(isName), [true, true, true])
  })

  it("takes no user name and password in its URL, and shows none", () => {
    for (const url of [
      "https://admin:s3cr3t-top@k.example.com/ucsschool/kelvin/v1/",
      "https:////admin:s3cr3t-top@k.example.com/ucsschool/kelvin/v1/",
      "https://:s3cr3t-top@k.example.com/",
      "https://s3cr3t-top@k.example.com/",
      "https://admin:s3cr3t-top@/ x",
      "http:admin:s3cr3t-top@k.example.com"
    ]) {
      const problems = Either.getOrThrow(Either.flip(SchoolAuthority.decode({ ...file, url })))
      assert.match(problems.join(), /^url: a URL .*is expected/)
      assert.notInclude(problems.join(), "s3cr3t-top")
    }
  })

  it("shows no secret that stands where a configuration is expected", () => {
    for (const plugin_configs of ["s3cr3t-top", { kelvin: "s3cr3t-top" }]) {
      const problems = Either.getOrThrow(Either.flip(SchoolAuthority.decode({ ...file, plugin_configs })))
      assert.ok(problems.length > 0 && !problems.join().includes("s3cr3t-top"))
    }
  })

  it("keeps secrets Redacted, and gives them back only when it is encoded", () => {
    const secrets = { password: "s3cr3t-top", token: "t", key: "k" }
    const authority = Either.getOrThrow(
      SchoolAuthority.decode({ ...file, plugin_configs: { kelvin: { ...secrets, username: "u" } } })
    )
    assert.ok(!JSON.stringify(authority).includes("s3cr3t-top"))
    assert.ok(Redacted.isRedacted(authority.plugin_configs.kelvin?.password))
    const encoded = Schema.encodeSync(SchoolAuthority.SchoolAuthority)(authority)
    assert.deepStrictEqual(encoded.plugin_configs, { kelvin: { ...secrets, username: "u" } })
  })
})
