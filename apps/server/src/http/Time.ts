/** Times as the API shows them. */
import { DateTime, Option } from "effect"

/** `2026-02-03T04:05:06.789Z` of milliseconds since 1970. */
export const iso = (millis: number): string =>
  Option.match(DateTime.make(millis), { onNone: () => String(millis), onSome: DateTime.formatIso })
