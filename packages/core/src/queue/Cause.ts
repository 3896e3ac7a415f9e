/**
 * What many errors have in common: the text of one without all that is about a single object in it. A hundred thousand dead
 * letters have a handful of causes, and each of them is cured once.
 *
 * Storages keep it beside an item when that is given up or held back. Who changes what is taken out has it found anew for what is
 * stored (see the migration of `sql`).
 */

import * as NameInText from "../input/NameInText.js"

/** Stands where something was taken out. */
export const omitted = "…"

/** In characters. */
const longest = 300

/** Of an error, so much is looked at. */
const longestLookedAt = 2_000

/** Where nothing is known of the error. */
export const unknown = "The cause is not known."

/**
 * The cause of an error: without quoted values, names, addresses, DNs, UUIDs and numbers. The status of an answer stays, and so
 * does which resource was asked for. `name`: that of the object whose error it is, in any case of letters.
 */
export const of = (error: string | null, name = ""): string => {
  const text = (error ?? "").slice(0, longestLookedAt).replaceAll(/\s+/g, " ").trim()
  if (text === "") return unknown
  const [whole = "", method, path = "", status] = request.exec(text) ?? []
  const head = whole === "" ? text : text.slice(0, -whole.length)
  const said = taken.reduce(
    (rest, [pattern, by]) => rest.replaceAll(pattern, by),
    NameInText.replaced(head, name, omitted)
  )
  const tail = method === undefined ? "" : ` (${method} ${withoutNames(path)}, status ${status}).`
  const cause = listed.reduce((rest, [pattern, by]) => rest.replaceAll(pattern, by), said)
  return `${cause.slice(0, longest)}${tail}`
}

/** As `DeliveryError` says which request it was. */
const request = / \(([A-Z]{3,7}) (\S{1,500}), status (\d{1,3}|none)\)\.?$/

/** `/ucsschool/kelvin/v1/users/anna`: what stands after a resource names one of it. */
const withoutNames = (path: string): string =>
  (path.split("?")[0] ?? "").replace(
    /\/(users|classes|workgroups|schools|roles)\/.+$/,
    (_, resource: string) => `/${resource}/${omitted}`
  )

/** In this order: what is taken out first may hold what is taken out later. */
const taken: ReadonlyArray<readonly [pattern: RegExp, by: string]> = [
  // A quotation mark within a word is an apostrophe.
  [/(?<![\p{L}\p{N}])'[^']{0,500}'(?![\p{L}\p{N}])/gu, omitted],
  [/"[^"]{0,500}"|`[^`]{0,500}`|„[^“”]{0,500}[“”]|“[^”]{0,500}”/gu, omitted],
  [/\bhttps?:\/\/[^\s)\]},;]+/g, omitted],
  [/[^\s@:;,()<>]{1,100}@[^\s@:;,()<>]{1,200}[\p{L}\p{N}]/gu, omitted],
  // A DN; its values may have spaces.
  [/\b(?:uid|cn|ou|dc)=[^;:()]{1,300}\b(?:dc)=[^\s,;:()]+/gi, omitted],
  [/\b(?:uid|cn|ou|dc)=[^\s;:()]+/gi, omitted],
  // Names that our own sentences have without quotation marks.
  [/\b(record UID|record_uid|source_uid) (?!still\b|and\b)[^\s,;:]+/g, `$1 ${omitted}`],
  [/\b(the class) \S+( at the target still)/g, `$1 ${omitted}$2`],
  [/(which the target does not have yet: ).+$/g, `$1${omitted}.`],
  [/(not unique: .{1,300}?: )[^;]+/g, `$1${omitted}`],
  // UUIDs, numbers, and whatever else has a digit in it.
  [/(?<!status )(?<![\p{L}\p{N}])[\p{L}_.-]{0,60}\p{N}[\p{L}\p{N}_-]*(?:[.:]\p{N}[\p{L}\p{N}_-]*)*/gu, omitted]
]

/** Some names are as good as one. */
const listed: ReadonlyArray<readonly [pattern: RegExp, by: string]> = [
  [/…(?:-…)+/g, omitted],
  [/…(?:(?:, | and |,)…)+(?: more)?/g, omitted]
]
