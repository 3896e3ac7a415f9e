/** What stands in a sentence, for programs. */
import { Schema } from "effect"

/** By name. The sentence with these values is made, and said in other languages, by its code. */
export const Values = Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
  description: "What stands in the text, by name."
})
