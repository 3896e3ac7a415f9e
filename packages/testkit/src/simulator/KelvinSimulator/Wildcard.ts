/** Patterns in searches. */
import { keyOf } from "./World.js"

/** `*` anywhere stands for anything, case does not count. */
export const wildcard = (pattern: string): ((value: string) => boolean) => {
  if (!pattern.includes("*")) return (value) => keyOf(value) === keyOf(pattern)
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*")
  const expression = new RegExp(`^${source}$`, "is")
  return (value) => expression.test(value)
}
