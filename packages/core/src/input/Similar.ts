/** Which of some words somebody may have meant who wrote another one. */

import * as Sentence from "./Sentence.js"

/** ` Is --limit meant?`, or nothing when none is near. */
export const meant = (word: string, known: ReadonlyArray<string>): string => {
  const near = nearest(word, known)
  return near === null ? "" : ` Is ${near} meant?`
}

/** Keys of something that nobody reads, each in a sentence: `has "atributes", which nobody reads. Is attributes meant?` */
export const unknownKeys = (given: object, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => Sentence.fill(keyUnread, { key, hint: meant(key, known) || ` There are: ${known.join(", ")}.` }))

/** What {@link unknownKeys} says. */
export const keyUnread = 'has "{key}", which nobody reads.{hint}'

/** The nearest of them, or null when all are far away. */
export const nearest = (word: string, known: ReadonlyArray<string>): string | null => {
  const [best] = known
    .map((one) => ({ one, distance: one.startsWith(word) ? 1 : distance(word.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.one : null
}

/** How many letters have to be put in, left out or changed (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}
