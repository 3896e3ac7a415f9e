/** Why something is so, for programs and for people. */
import { reasonCodes } from "@id-connector/core/queue/Reasons"
import { Schema } from "effect"
import { becauseCodes, ignoredCodes } from "./DistributionReason.js"
import { Values } from "./Values.js"

/** The code of a reason in the queues, and what stands in its text. */
export const reasonFields = {
  code: Schema.Literal(...reasonCodes).annotations({
    description: "Why, in a word for programs. other: in words of a plugin, or of something else."
  }),
  values: Values
}

/** Why something is so: a word for programs with its values, and the same for people. */
export const Reason = Schema.Struct({
  code: Schema.Literal(...new Set([...Object.values(becauseCodes), ...Object.values(ignoredCodes), ...reasonCodes])),
  values: Values,
  text: Schema.String
}).annotations({
  identifier: "Reason",
  examples: [{ code: "current_school", values: { school: "DEMOSCHOOL" }, text: "school DEMOSCHOOL" }]
})
