/** A command could not do what it is for: exit code 1. */
import { Schema } from "effect"

/** Each line says what is wrong, where, and what to do. */
export class CannotStart extends Schema.TaggedError<CannotStart>()("CannotStart", {
  lines: Schema.Array(Schema.String)
}) {}
