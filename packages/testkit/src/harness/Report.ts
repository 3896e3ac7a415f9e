/** An outcome for people, as text: what was decided about each change, what was sent, and what is left. */
import { mask } from "@id-connector/core/schools/SchoolAuthority"
import type { Attempt, Attribute, Change, Decision, Outcome, Request, Undelivered } from "./Outcome.js"

/** Lines without colours. */
export const text = (outcome: Outcome): ReadonlyArray<string> => [
  ...section("Configuration", [
    ...Object.entries(outcome.configuration).flatMap(([name, warnings]) =>
      warnings.map((warning) => `${name}: ${warning}`)
    )
  ]),
  ...outcome.changes.flatMap((change) => [...changeText(change), ""]),
  ...section(
    "Trash of the in queue",
    outcome.trash.map(({ file, reasons }) => `${file}: ${reasons.join("; ")}`)
  ),
  ...section(
    "Paused",
    Object.entries(outcome.paused).map(([name, reason]) => `${name}: ${reason}`)
  ),
  ...section("Not delivered", outcome.undelivered.map(undeliveredText)),
  ...Object.entries(outcome.targets).map(([name, { classes, isReal = false, users }]) => {
    const all = `${count(users.length, "user")} and ${count(classes.length, "class")}`
    return isReal ? `At ${name} ${all} would be written. Nothing was: it was only read.` : `${name} has ${all}.`
  })
]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ""]

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`

const changeText = ({ change, decisions, file, ignored, object, problems }: Change): ReadonlyArray<string> => [
  `${object}, ${change} (${file})`,
  ...problems.map((problem) => `  not in order: ${problem}`),
  ...ignored.map((reason) => `  ignored: ${reason}`),
  ...decisions.flatMap(decisionText).map((line) => `  ${line}`)
]

const decisionText = ({ attempts, authority, because, concerned }: Decision): ReadonlyArray<string> => [
  `${authority}: ${concerned ? `concerned (${because.join(", ")})` : `not concerned: ${because.join(", ")}`}`,
  ...attempts.flatMap(attemptText).map((line) => `  ${line}`)
]

const attemptText = ({ attributes, detail, error, mapping, outcome, plugin, requests, warnings }: Attempt) => [
  `${plugin}: ${error === null ? `${outcome}${detail === null ? "" : ` (${detail})`}` : `failed: ${error}`}`,
  ...(mapping === null ? [] : [`mapping ${mapping.name}: ${mapping.because}`]),
  ...warnings.map((warning) => `warning: ${warning}`),
  ...attributes.map((attribute) => `  ${attributeText(attribute)}`),
  ...requests.map((request) => `  ${requestText(request)}`)
]

const attributeText = ({ attribute, from, value }: Attribute): string =>
  `${attribute} = ${JSON.stringify(value)}${from === null ? "" : `  from ${from}`}`

const requestText = ({ body, method, path, status }: Request): string =>
  `${method} ${path} -> ${status === 0 ? "no answer" : status}${body === null ? "" : `  ${JSON.stringify(body)}`}`

const undeliveredText = ({ authority, object, reason, state }: Undelivered): string =>
  `${authority}: ${object} ${states[state]}${reason === null ? "" : `: ${reason}`}`

const states = { dead: "is a dead letter", held: "is held back", waiting: "still waits" } as const

/** Without the password hashes that targets have: whoever compares them may see them, a report is for everybody. */
export const masked = (outcome: Outcome): Outcome => ({ ...outcome, targets: maskedTargets(outcome.targets) })

/** Which there are stays visible. */
const hidden = (hashes: unknown): unknown =>
  typeof hashes === "object" && hashes !== null && !Array.isArray(hashes)
    ? Object.fromEntries(Object.keys(hashes).map((key) => [key, mask]))
    : mask

/** {@link masked}, of the targets alone. */
export const maskedTargets = (targets: Outcome["targets"]): Outcome["targets"] =>
  Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [
      name,
      {
        ...target,
        users: target.users.map((user) => (user.hashes === null ? user : { ...user, hashes: hidden(user.hashes) }))
      }
    ])
  )

/** Whether something would never be delivered. */
export const hasDeadLetters = ({ undelivered }: Outcome): boolean => undelivered.some(({ state }) => state === "dead")

/** One page that needs nothing else. */
export const html = (outcome: Outcome, title: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
<main>
<h1>${escape(title)}</h1>
${summary(outcome)}
${outcome.changes.map(changeHtml).join("\n")}
${tableOf(
  "Trash of the in queue",
  ["file", "why"],
  outcome.trash.map(({ file, reasons }) => [file, reasons.join("; ")])
)}
${tableOf(
  "Not delivered",
  ["authority", "object", "state", "why"],
  outcome.undelivered.map(({ authority, object, reason, state }) => [authority, object, states[state], reason ?? ""])
)}
${tableOf(
  "Targets in the end",
  ["authority", "users", "classes"],
  Object.entries(outcome.targets).map(([name, { classes, isReal = false, users }]) => [
    isReal ? `${name} (only what would be written: it was read)` : name,
    users.map((user) => user.name).join(", "),
    classes.map((one) => `${one.school}-${one.name}`).join(", ")
  ])
)}
${tableOf("Paused", ["authority", "why"], Object.entries(outcome.paused))}
${tableOf(
  "Configuration",
  ["authority", "warning"],
  Object.entries(outcome.configuration).flatMap(([name, warnings]) => warnings.map((warning) => [name, warning]))
)}
</main>
</html>
`

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
main { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2rem 0 .3rem; font-size: 1.15rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #8885 }
td { overflow-wrap: anywhere }
code, td.code { font: 13px/1.4 ui-monospace, monospace }
details { margin: .3rem 0 .3rem 1rem }
summary { cursor: pointer }
.bad { color: #c22; font-weight: 600 }
.quiet { opacity: .7 }
`

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const summary = (outcome: Outcome): string => {
  const dead = outcome.undelivered.filter(({ state }) => state === "dead").length
  return `<p>${count(outcome.changes.length, "change")}, <span class="${dead > 0 ? "bad" : ""}">${count(dead, "dead letter")}</span>, ${count(outcome.trash.length, "file")} in the trash.</p>`
}

const tableOf = (title: string, heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.length === 0 ? "" : `<h2>${escape(title)}</h2>${table(heads, rows)}`

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  `<table><tr>${heads.map((head) => `<th>${escape(head)}</th>`).join("")}</tr>${rows
    .map((row) => `<tr>${row.map((cell) => `<td class="code">${escape(cell)}</td>`).join("")}</tr>`)
    .join("")}</table>`

const changeHtml = ({ change, decisions, file, ignored, object, problems }: Change): string =>
  `<h2>${escape(object)}, ${change}</h2><p class="quiet">${escape(file)}</p>${[
    ...problems.map((problem) => `not in order: ${problem}`),
    ...ignored.map((reason) => `ignored: ${reason}`)
  ]
    .map((line) => `<p>${escape(line)}</p>`)
    .join("")}${decisions.map(decisionHtml).join("")}`

const decisionHtml = ({ attempts, authority, because, concerned }: Decision): string => {
  const head = `<b>${escape(authority)}</b>: ${concerned ? "concerned" : "not concerned"}, ${escape(because.join(", "))}`
  return concerned
    ? `<details open><summary>${head}</summary>${attempts.map(attemptHtml).join("")}</details>`
    : `<p class="quiet">${head}</p>`
}

const attemptHtml = ({ attributes, detail, error, mapping, outcome, plugin, requests, warnings }: Attempt): string =>
  [
    `<p>${escape(plugin)}: ${error === null ? escape(`${outcome}${detail === null ? "" : ` (${detail})`}`) : `<span class="bad">failed: ${escape(error)}</span>`}</p>`,
    mapping === null ? "" : `<p>mapping <code>${escape(mapping.name)}</code>: ${escape(mapping.because)}</p>`,
    ...warnings.map((warning) => `<p>warning: ${escape(warning)}</p>`),
    attributes.length === 0
      ? ""
      : table(
          ["attribute", "value", "from"],
          attributes.map(({ attribute, from, value }) => [attribute, JSON.stringify(value) ?? "", from ?? ""])
        ),
    requests.length === 0
      ? ""
      : table(
          ["request", "status", "body"],
          requests.map(({ body, method, path, status }) => [
            `${method} ${path}`,
            status === 0 ? "no answer" : String(status),
            body === null ? "" : JSON.stringify(body)
          ])
        )
  ].join("")
