/** What must be true of the codes in every answer that the tests of the API get. */
import { assert } from "@effect/vitest"
import * as Codes from "@id-connector/api/Codes"

const known: ReadonlySet<string> = new Set(Codes.all)

/** A text says how long ago that is, or nothing. */
const times: ReadonlyArray<string> = ["since", "next_try", "until"]

/** Each is one of the list, and what stands beside it stands in the text. */
export const look = (answer: unknown): void => {
  if (Array.isArray(answer)) for (const one of answer) look(one)
  if (Array.isArray(answer) || typeof answer !== "object" || answer === null) return
  const { code, detail, error, reason, values, ...others } = answer as { readonly [key: string]: unknown }
  const text = others.text ?? detail ?? error ?? reason
  if (typeof code === "string" && values !== undefined) {
    assert.isTrue(known.has(code), `${code} is not in the list of codes: ${JSON.stringify(answer)}`)
    if (typeof text === "string" && code !== "plugin") {
      for (const [name, value] of Object.entries(values as object)) {
        if (!times.includes(name)) assert.include(text, String(value), JSON.stringify(answer))
      }
    }
  }
  look(Array.isArray(detail) ? detail : null)
  for (const other of Object.values(others)) look(other)
}
