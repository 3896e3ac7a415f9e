import { assert, describe, it } from "@effect/vitest"
import * as Sentence from "@id-connector/core/input/Sentence"
import { FastCheck } from "effect"

const templates = {
  plain: "The target answers.",
  one: "The target knows {roles}.",
  all: "The target knows all that is mapped for a {object}.",
  refused: "The target refuses the object: {detail} ({method} {path}, status {status}).",
  twice: '"{a}" is mapped, "{b}" is not, and "{a}" needs it'
} as const

const say = Sentence.saying(templates)
const read = Sentence.reader(templates)

describe("Sentence", () => {
  it("makes the text of code and values, and finds them again in the text", () => {
    const said = say("refused", { detail: "mail (twice)", method: "PATCH", path: "/users/anna", status: 422 })
    assert.deepStrictEqual(said, {
      code: "refused",
      values: { detail: "mail (twice)", method: "PATCH", path: "/users/anna", status: "422" },
      text: "The target refuses the object: mail (twice) (PATCH /users/anna, status 422)."
    })
    assert.deepStrictEqual(read(said.text), said)
    assert.deepStrictEqual(read(say("twice", { a: "x", b: "y" }).text)?.values, { a: "x", b: "y" })
  })

  it("takes the sentence that says most by itself, where a value could be all of another one", () => {
    assert.strictEqual(read(say("all", { object: "user" }).text)?.code, "all")
    assert.strictEqual(read(say("one", { roles: "student" }).text)?.code, "one")
  })

  it("does not know what nobody has said", () => {
    for (const text of ["", "The target knows", '"x" is mapped, "y" is not, and "z" needs it', "The target answers. "])
      assert.isNull(read(text))
  })

  it("never says anything else than the text, whatever the values are, and reads a long one at once", () => {
    const value = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.constantFrom(" (", ", status ", ").", '" is not, and "')
    )
    FastCheck.assert(
      FastCheck.property(value, value, value, value, (detail, method, path, status) => {
        const { text } = say("refused", { detail, method, path, status })
        const found = read(text)
        assert.strictEqual(found?.text, text)
        assert.strictEqual(Sentence.fill(templates[found?.code ?? "plain"], found?.values ?? {}), text)
      })
    )
    const detail = " (x y, status".repeat(100_000)
    assert.strictEqual(
      read(say("refused", { detail, method: "GET", path: "/", status: 500 }).text)?.values.detail,
      detail
    )
  })
})
