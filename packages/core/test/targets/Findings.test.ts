import { assert, describe, it } from "@effect/vitest"
import * as Sentence from "@id-connector/core/input/Sentence"
import * as Findings from "@id-connector/core/targets/Findings"

describe("Findings", () => {
  it.each(Object.entries(Findings.findingSentences))(
    "finds code and values of %s again in its text",
    (code, template) => {
      const values = Object.fromEntries(Sentence.namesIn(template).map((name) => [name, `some-${name}`]))
      const text = Sentence.fill(template, values)
      const { code: found, values: foundValues } = Findings.coded({ severity: "ok", about: "x", text }, null)
      assert.deepStrictEqual([found, foundValues], [code, values])
    }
  )

  it("has the path beside the code of what is wrong there", () => {
    assert.deepStrictEqual(Findings.ofProblem("error", "plugin_configs.kelvin.url: a text is expected, actual 7"), {
      severity: "error",
      about: "plugin_configs.kelvin.url",
      code: "value_unexpected",
      values: { expected: "a text", actual: "7" },
      text: "a text is expected, actual 7",
      plugin: null
    })
  })

  it("leaves to a plugin what it says in words of its own, with its own code and values", () => {
    const found = { severity: "warning", about: "quota", text: "The quota of 5 GB is used up." } as const
    assert.deepStrictEqual(Findings.coded(found, "files"), {
      ...found,
      code: "plugin",
      values: { text: found.text },
      plugin: "files"
    })
    assert.deepStrictEqual(Findings.coded({ ...found, code: "quota", values: { quota: "5 GB" } }, "files").values, {
      quota: "5 GB",
      code: "quota",
      text: found.text
    })
  })

  it("takes no code from a plugin that says something else than the code means", () => {
    const found = {
      severity: "ok",
      about: "login",
      code: "account_known",
      values: {},
      text: "Nobody was asked."
    } as const
    assert.strictEqual(Findings.coded(found, "files").code, "plugin")
  })
})
