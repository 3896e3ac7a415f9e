/** What is found out about a school authority, or is wrong with what was sent. */
import { findingCodes } from "@id-connector/core/targets/Findings"
import { Schema } from "effect"
import { Values } from "./Values.js"

/** What was found out, in a word for programs and in words for people. */
export const Finding = Schema.Struct({
  severity: Schema.Literal("ok", "warning", "error"),
  about: Schema.String.annotations({
    description: "login, connection, roles, schools, mapping, or a path in the configuration or in what was sent"
  }),
  code: Schema.Literal(...findingCodes).annotations({
    description: "What it is, in a word for programs. plugin: a plugin says so in words of its own."
  }),
  values: Values,
  text: Schema.String,
  plugin: Schema.NullOr(Schema.String).annotations({
    description: "Who found it; null: the configuration as a whole."
  })
}).annotations({ identifier: "Finding" })
