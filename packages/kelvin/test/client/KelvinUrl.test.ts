import { assert, describe, it } from "@effect/vitest"
import * as KelvinUrl from "@id-connector/kelvin/client/KelvinUrl"
import { Schema } from "effect"

describe("KelvinUrl", () => {
  const urls = KelvinUrl.make("https://kelvin.example.com:8443/ucsschool/kelvin/v1/")

  it("ends collections in a slash and objects not, as the server has them without a redirect", () => {
    assert.strictEqual(urls.collection("users"), "https://kelvin.example.com:8443/ucsschool/kelvin/v1/users/")
    assert.strictEqual(urls.user("anna.m"), "https://kelvin.example.com:8443/ucsschool/kelvin/v1/users/anna.m")
    assert.strictEqual(
      urls.schoolClass("GYM1", "5a"),
      "https://kelvin.example.com:8443/ucsschool/kelvin/v1/classes/GYM1/5a"
    )
  })

  it("asks for tokens outside of the version, without a slash", () => {
    assert.strictEqual(urls.token, "https://kelvin.example.com:8443/ucsschool/kelvin/token")
    assert.strictEqual(
      KelvinUrl.make("https://v2.example.com/ucsschool/kelvin/v2/").token,
      "https://v2.example.com/ucsschool/kelvin/token"
    )
  })

  it("takes a base without its last slash", () => {
    assert.deepStrictEqual(
      KelvinUrl.make("https://k.example.com/ucsschool/kelvin/v1").school("A"),
      "https://k.example.com/ucsschool/kelvin/v1/schools/A"
    )
  })

  it("percent-encodes names, so that none reaches another address", () => {
    assert.isTrue(urls.schoolClass("GYM 1", "1 ä").endsWith("/classes/GYM%201/1%20%C3%A4"))
    assert.isTrue(urls.user("a/b?c#d").endsWith("/users/a%2Fb%3Fc%23d"))
    assert.isTrue(urls.user("half \ud800").endsWith("/users/half%20%EF%BF%BD"))
  })

  it("reads bare names as they are, and what can't be decoded too", () => {
    assert.strictEqual(KelvinUrl.nameFromUrl("anna.m"), "anna.m")
    assert.strictEqual(KelvinUrl.nameFromUrl("https://h.example.com/x/users/50%"), "50%")
  })

  it.prop(
    "reads back the name of every URL it builds",
    [Schema.String],
    ([name]) => /\p{Surrogate}/u.test(name) || KelvinUrl.nameFromUrl(urls.user(name)) === name
  )
})
