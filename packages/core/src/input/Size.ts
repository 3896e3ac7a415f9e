/**
 * Whether data from outside is of a size that can be looked at: before a regular expression, a loop in a loop or the call stack
 * sees it. A total function that takes as long as the data is, however it is nested.
 */

export interface Limits {
  /** Levels of lists and objects. */
  readonly depth: number
  /** Characters of a text. */
  readonly text: number
  /** Characters of a name in an object. */
  readonly name: number
  /** Values, lists and objects, all together. */
  readonly values: number
}

interface Place {
  readonly parent: Place | null
  readonly key: string | number
}

/** The first thing that is too large, with its place; null when nothing is. What stands there is not shown. */
export const problem = (json: unknown, limits: Limits): string | null => {
  const open: Array<{ readonly value: unknown; readonly depth: number; readonly place: Place | null }> = [
    { value: json, depth: 0, place: null }
  ]
  let values = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, place, value } = next
    values += 1
    if (typeof value === "string" && value.length > limits.text) {
      return at(place, `a text of at most ${limits.text} characters is expected, actual ${value.length}`)
    }
    if (typeof value !== "object" || value === null) continue
    if (depth === limits.depth) return at(place, `at most ${limits.depth} levels of lists and objects are expected`)
    const entries: Iterable<readonly [string | number, unknown]> = Array.isArray(value)
      ? value.entries()
      : Object.entries(value)
    for (const [key, inner] of entries) {
      if (typeof key === "string" && key.length > limits.name) {
        return at(place, `a name of at most ${limits.name} characters is expected, actual ${key.length}`)
      }
      open.push({ value: inner, depth: depth + 1, place: { parent: place, key } })
      if (values + open.length > limits.values) return at(null, `at most ${limits.values} values are expected`)
    }
  }
  return null
}

/** Of a place. */
const longestKey = 50

const at = (place: Place | null, text: string): string => {
  const keys: Array<string> = []
  for (let one = place; one !== null && keys.length < 10; one = one.parent) {
    keys.unshift(String(one.key).slice(0, longestKey))
  }
  return keys.length === 0 ? text : `${keys.join(".")}: ${text}`
}
