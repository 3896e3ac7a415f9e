/**
 * How large the fields of a listener file may be. What UDM writes is far smaller; what is larger is refused with its place, before
 * anything compares it, sorts it or takes it apart.
 */
import * as Size from "../input/Size.js"

type Json = { readonly [key: string]: unknown }

/** Of ids, names, schools and roles, in characters. */
const longestName = 1_000

const longestDn = 8_000

/** Schools, options and roles of one user. */
const mostNames = 10_000

/** In characters. A shorter text can't be nested so deep that it matters. */
const certainlyFlat = 5_000

/** Photos are texts, too; a class may have a hundred thousand members. */
const whole: Size.Limits = { depth: 100, text: 20_000_000, name: 1_000, values: Number.POSITIVE_INFINITY }

/** Of a file that was parsed from a text of this length. */
export const tooDeep = (json: unknown, length: number): string | null =>
  length <= certainlyFlat ? null : Size.problem(json, whole)

/** Everything that is too long among what is looked at. */
export const tooLong = (file: Json): ReadonlyArray<string> => {
  const object = isObject(file.object) ? file.object : nothing
  const before = isObject(file.old_data) ? file.old_data : nothing
  const problems: Array<string> = []
  const check = (place: string, value: unknown, most: number) => {
    if (typeof value === "string" && value.length > most) {
      problems.push(`${place}: a text of at most ${most} characters is expected, actual ${value.length}`)
    }
  }
  const checkAll = (place: string, value: unknown) => {
    if (!Array.isArray(value)) return check(place, value, longestName)
    if (value.length > mostNames) {
      problems.push(`${place}: a list of at most ${mostNames} is expected, actual ${value.length}`)
      return
    }
    for (const one of value) check(place, one, longestName)
  }
  check("id", file.id, longestName)
  check("dn", file.dn, longestDn)
  checkAll("options", file.options)
  check("object.username", object.username, longestName)
  check("object.name", object.name, longestName)
  checkAll("object.school", object.school)
  check("object.ucsschoolRecordUID", object.ucsschoolRecordUID, longestName)
  check("object.ucsschoolSourceUID", object.ucsschoolSourceUID, longestName)
  checkAll("object.ucsschoolRole", object.ucsschoolRole)
  check("old_data.username", before.username, longestName)
  check("old_data.record_uid", before.record_uid, longestName)
  check("old_data.source_uid", before.source_uid, longestName)
  checkAll("old_data.schools", before.schools)
  // One sentence per field says it.
  return problems.length < 2 ? problems : [...new Set(problems)].slice(0, mostProblems)
}

const mostProblems = 20

const nothing: Json = {}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)
