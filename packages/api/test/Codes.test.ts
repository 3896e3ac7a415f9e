import { assert, describe, expect, it } from "@effect/vitest"
import * as Codes from "@id-connector/api/Codes"
import { errorSentences, told } from "@id-connector/api/ErrorSentences"
import * as Sentence from "@id-connector/core/input/Sentence"
import * as Reasons from "@id-connector/core/queue/Reasons"
import { reasonSentences } from "@id-connector/core/queue/Reasons"
import { findingSentences } from "@id-connector/core/targets/Findings"

const escaped = (text: string) =>
  text.replaceAll("|", "\\|").replaceAll(/[<>]/g, (sign) => (sign === "<" ? "&lt;" : "&gt;"))

const sentences = (title: string, where: string, templates: Sentence.Templates) => [
  `## ${title}`,
  "",
  where,
  "",
  "| code | text |",
  "|---|---|",
  ...Object.entries(templates).map(([code, template]) => `| \`${code}\` | ${escaped(template)} |`),
  ""
]

const words = (title: string, where: string, codes: ReadonlyArray<string>) => [
  `## ${title}`,
  "",
  `${where}: ${codes.map((code) => `\`${code}\``).join(", ")}.`,
  ""
]

const page = [
  "# Codes of the management API",
  "",
  "What the [management API](api.md) says in English it also says for programs: in a `code`, and in `values`, the texts that stand in it.",
  "Decide by the code, and say it in another language by code and values. A code never changes its meaning; new ones may come. Texts in braces are",
  "the values. `@id-connector/api/Codes` has all codes as types, so that a dictionary that lacks one does not compile.",
  "",
  ...sentences("Findings", "`findings` of a check, of a status, and of what is saved or refused.", findingSentences),
  ...sentences("Errors", "Beside `detail`. Where that is a list (422), `findings` says more.", errorSentences),
  ...sentences(
    "Reasons",
    "Why a delivery failed, an item waits, a queue rests: in items, attempts, queues, status, overview and history. `objects` is beside them when deliveries of so many objects failed in a row, `files` when so many are held back.",
    reasonSentences
  ),
  ...words("Distribution", "Why a change goes to a school authority, or does not", Codes.codes.distribution),
  ...words("Attention", "`attention` of the overview, the most urgent first", Codes.codes.attention),
  ...words("Notices", "`notice` of the stream of events", Codes.codes.notice),
  ...words("Items", "`item` of the stream of events", Codes.codes.item)
].join("\n")

describe("The codes of the API", () => {
  it("stand in the documentation, each with its text (written anew by vitest -u)", async () => {
    await expect(page).toMatchFileSnapshot("../../../docs/codes.md")
  })

  it("make a dictionary complete by type", () => {
    const dictionary = {
      current_school: "Schule {school}",
      previous_school: "frühere Schule {school}",
      school_of_class: "Schule {school} der Klasse",
      added_by_plugin: "vom Plugin {plugin} hinzugefügt",
      delivered_before: "früher übertragen",
      school_not_mapped: "Schule {school} gehört zu keinem Schulträger",
      unknown_authority: "Schulträger {authority} ist nicht konfiguriert",
      not_a_school_class: "{dn} ist keine Schulklasse",
      no_previous_state: "von {dn} ist kein früherer Zustand bekannt",
      exam_account: "Klassenarbeitskonto"
    } satisfies { readonly [code in Codes.OfDistribution]: string }
    assert.strictEqual(Sentence.fill(dictionary.current_school, { school: "A" }), "Schule A")
    // @ts-expect-error All others are missing.
    const incomplete = { no_queue: "" } satisfies { readonly [code in Codes.OfError]: string }
    assert.isDefined(incomplete)
  })

  it.each(Object.entries(errorSentences).filter(([, template]) => !/^\{\w+\}$/.test(template)))(
    "finds code and values of the error %s again in its text",
    (code, template) => {
      const values = Object.fromEntries(Sentence.namesIn(template).map((name) => [name, `some-${name}`]))
      const detail = Sentence.fill(template, values)
      assert.deepStrictEqual(told(detail), { detail, code, values })
    }
  )

  it.each(Object.entries(reasonSentences))(
    "finds code and values of the reason %s again in its text",
    (code, template) => {
      const values = Object.fromEntries(Sentence.namesIn(template).map((name) => [name, `some-${name}`]))
      const text = Sentence.fill(template, values)
      assert.deepStrictEqual<unknown>(Reasons.of(text), { code, values, text })
      assert.deepStrictEqual<unknown>(Reasons.of(Reasons.ofSeries(5, text)), {
        code,
        values: { ...values, objects: "5" },
        text: Reasons.ofSeries(5, text)
      })
    }
  )

  it("say of what nobody knows that it is something else", () => {
    assert.deepStrictEqual(told("Never said."), {
      detail: "Never said.",
      code: "other",
      values: { text: "Never said." }
    })
  })
})
