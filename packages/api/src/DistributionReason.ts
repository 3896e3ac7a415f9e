/** Why a change goes to a school authority, or does not, in a word for programs. */
import type { Because, Ignored } from "@id-connector/core/mapping/Distribution"
import { Schema } from "effect"

/** By what core calls them: complete by its type. */
export const becauseCodes = {
  CurrentSchool: "current_school",
  PreviousSchool: "previous_school",
  SchoolOfClass: "school_of_class",
  AddedByPlugin: "added_by_plugin",
  DeliveredBefore: "delivered_before"
} as const satisfies { readonly [tag in Because["_tag"]]: string }

export const ignoredCodes = {
  SchoolNotMapped: "school_not_mapped",
  UnknownAuthority: "unknown_authority",
  NotASchoolClass: "not_a_school_class",
  NoPreviousState: "no_previous_state",
  ExamAccount: "exam_account"
} as const satisfies { readonly [tag in Ignored["_tag"]]: string }

const codes = [...Object.values(becauseCodes), ...Object.values(ignoredCodes)]

export const DistributionReason = Schema.Struct({
  code: Schema.Literal(...codes),
  values: Schema.Record({ key: Schema.String, value: Schema.String }),
  text: Schema.String
}).annotations({
  identifier: "DistributionReason",
  examples: [{ code: "current_school", values: { school: "DEMOSCHOOL" }, text: "school DEMOSCHOOL" }]
})
