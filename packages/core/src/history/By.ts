/** Who does what is done now. */
import { Context } from "effect"
import type { Actor } from "./HistoryEntry.js"

/** Null: the connector itself, or somebody of whom nothing is to be written down. */
export class By extends Context.Reference<By>()("@id-connector/core/history/By", {
  defaultValue: (): Actor | null => null
}) {}
