/** A school class as a target has it. School and members are bare names here, URLs in the API. */
import { Schema } from "effect"
import { NameFromUrl } from "./KelvinUser.js"

export const KelvinClass = Schema.Struct({
  /** Without the school's prefix. */
  name: Schema.String,
  school: NameFromUrl,
  description: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }),
  users: Schema.optionalWith(Schema.Array(NameFromUrl), { default: () => [], nullable: true }),
  udm_properties: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
    default: () => ({}),
    nullable: true
  })
})
export type KelvinClass = typeof KelvinClass.Type
