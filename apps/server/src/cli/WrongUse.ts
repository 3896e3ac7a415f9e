/** A command was called in a way that can't be meant: exit code 2. */
import { Schema } from "effect"

export class WrongUse extends Schema.TaggedError<WrongUse>()("WrongUse", {
  /** What is wrong, and how it is right. */
  lines: Schema.Array(Schema.String)
}) {}
