import { assert, describe, it } from "@effect/vitest"
import * as MultipartForm from "@id-connector/server/http/MultipartForm"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { world } from "./ApiWorld.js"

const part = (name: string, value: string, more = "") =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`

describe("a log-in as multipart/form-data", () => {
  it.scopedLive("is good when it is whole, and refused when it is junk", () =>
    Effect.gen(function* () {
      const { send } = yield* world()
      const logIn = (text: string, type = "multipart/form-data; boundary=x") => send("POST", "/token", { text, type })
      const whole = `${part("username", "admin")}${part("password", "s3cr3t")}--x--\r\n`
      assert.strictEqual((yield* logIn(whole)).status, 200)
      for (const [text, type] of [
        [whole, "multipart/form-data"],
        [whole, "multipart/form-data; boundary="],
        [whole, `multipart/form-data; boundary=${"x".repeat(5_000)}`],
        [whole, "multipart/form-data; boundary=y"],
        [whole.slice(0, 90), undefined],
        [whole.slice(0, -8), undefined],
        ["junk", undefined],
        [`${part("username", "admin", "\r\nContent-Type: text/plain; charset=junk")}--x--\r\n`, undefined],
        [`${part("username", "\u0000\ufffd", '\r\nContent-Type: \u0000; =;;"')}--x--\r\n`, undefined],
        [`--x\r\nContent-Disposition: form-data; name="\r\n\r\nv\r\n--x--\r\n`, undefined],
        [`--x\r\n: : \u0000\r\n\r\nv\r\n--x--\r\n`, undefined],
        ["--x\r\n\r\n\r\n--x--", undefined],
        ["--x--", undefined],
        [`--x\r\n${"a".repeat(100_000)}`, undefined],
        ["--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n", undefined],
        ["\r\n".repeat(10_000), undefined],
        [`${part("username", "x".repeat(900_000))}--x--`, undefined],
        [`${part("username", "a", '; filename="f"')}${part("password", "b")}--x--\r\n`, undefined],
        [`${part("a", "b").repeat(10_000)}--x--\r\n`, undefined]
      ] as const) {
        const { body, status } = yield* logIn(text, type)
        assert.include([400, 413, 422], status, `${status} ${type} ${text.slice(0, 60)}`)
        assert.isDefined(body?.detail)
      }
      const { body, status } = yield* logIn("junk")
      assert.deepStrictEqual(
        [status, body?.code, body?.detail],
        [400, "form_unreadable", "The form can't be read: it is not multipart/form-data, or breaks off."]
      )
    }).pipe(quietly)
  )

  it("is read in time, whatever it is", () => {
    for (const text of ["\r\n--x", "\r\n", "--x\r\n", "\r\n--x\r\nContent-Disposition: form-data; ", ";", '"'].map(
      (one) => one.repeat(900_000 / one.length)
    )) {
      const before = performance.now()
      MultipartForm.parse("multipart/form-data; boundary=x", text)
      MultipartForm.parse(`multipart/form-data${text}`, text)
      MultipartForm.parse(
        "multipart/form-data; boundary=x",
        `--x\r\nContent-Disposition: form-data; ${text}\r\n\r\n\r\n--x--`
      )
      assert.isBelow(performance.now() - before, 2_000)
    }
  })
})
