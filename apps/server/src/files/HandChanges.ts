/** What somebody has changed by hand in the files of the configuration, for the audit log: pure. */
import type { Actor } from "@id-connector/core/history/HistoryEntry"
import type { Done } from "./AuditNotes.js"
import type { Known } from "./LastGood.js"

/** Who has written a file is not known: its owner is whoever made it first, or the service. */
export const byFile: Actor = { name: "file", address: null }

/** `before`: what was known last, with all that the API has changed. */
export const between = (before: Known, after: Known): ReadonlyArray<Done> => {
  const was = presentIn(before)
  const is = presentIn(after)
  const isChanged = (name: string) =>
    was.has(name) && before.digests[name] !== undefined && before.digests[name] !== after.digests[name]
  return [
    ...all(
      "file.authority_added",
      [...is].filter((name) => !was.has(name))
    ),
    ...all("file.authority_changed", [...is].filter(isChanged)),
    ...all(
      "file.authority_removed",
      [...was].filter((name) => !is.has(name))
    ),
    ...(schoolsOf(before) === schoolsOf(after) ? [] : [{ action: "file.mapping_changed", subject: null }]),
    ...all("file.unusable", new Set(after.problems.filter((one) => !before.problems.includes(one)).map(fileIn)))
  ]
}

const presentIn = ({ absent, names }: Known): ReadonlySet<string> =>
  new Set(names.filter((name) => absent[name] === undefined))

const all = (action: string, subjects: Iterable<string>): ReadonlyArray<Done> =>
  [...subjects].map((subject) => ({ action, subject }))

const schoolsOf = ({ mapping }: Known): string =>
  JSON.stringify(Object.entries(mapping).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

/** The file that a problem begins with. */
const fileIn = (problem: string): string => /[^/\\]+?\.json(?=\W|$)/.exec(problem)?.[0] ?? "conf"
