/** The commands `id-connector history ...`, `audit list` and `why`: who got what, when and why, of a running connector. */
import { Args, Command, Options } from "@effect/cli"
import { type Entry, entries, type ObjectHistory } from "@id-connector/api/HistoryApi"
import { searchable } from "@id-connector/core/history/HistoryEntry"
import { Effect, Option } from "effect"
import * as ApiAccess from "./ApiAccess.js"
import * as CommandShape from "./CommandShape.js"
import * as Confirmation from "./Confirmation.js"
import * as HistoryOptions from "./HistoryOptions.js"
import * as Output from "./Output.js"

type Shown = typeof Entry.Type

const access = ApiAccess.options

const text = (name: string, placeholder: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName(placeholder), Options.optional, Options.withDescription(description))

const kind = Options.choice("kind", ["user", "group"]).pipe(
  Options.withDefault("user" as const),
  Options.withDescription("what the name is the name of (default user)")
)

const person = Args.text({ name: "name" }).pipe(
  Args.withDescription("user name (or name of a class with --kind group), or an entryUUID")
)

/** Whichever is given. */
const given = <A>(key: string, value: Option.Option<A>): { readonly [key: string]: A } =>
  Option.match(value, { onNone: () => ({}), onSome: (found) => ({ [key]: found }) })

const list = Command.make(
  "list",
  {
    ...access,
    json: Output.json,
    name: text("name", "name", "only of who or what is or was called so, under all names"),
    authority: text("authority", "name", "only what this school authority got, or did not"),
    entry: Options.choice("entry", entries).pipe(
      Options.optional,
      Options.withDescription(
        "only such entries: decided is who gets a change, given_up a dead letter, acted what somebody did"
      )
    ),
    outcome: Options.choice("outcome", searchable).pipe(
      Options.optional,
      Options.withDescription("only what ended so: created, removed, failed, dead, held, discarded, ...")
    ),
    ...HistoryOptions.page
  },
  ({ authority, entry, json, name, outcome, ...more }) =>
    Effect.gen(function* () {
      const page = yield* HistoryOptions.pageOf(more)
      const urlParams = {
        ...page,
        ...given("name", name),
        ...given("school_authority", authority),
        ...given("entry", entry),
        ...given("outcome", outcome)
      }
      if (more.all) {
        return yield* ApiAccess.withClient(more, ({ history }) => Output.jsonLines(history.all({ urlParams })))
      }
      const found = yield* ApiAccess.withClient(more, (client) => client.history.list({ urlParams }))
      yield* Output.print(json, found, () => [
        ...Output.table(["ID", "TIME", "OBJECT", "WHAT"], found.map(row), "There is no such entry."),
        ...Output.nextPage(found, page.limit ?? 0, "--before")
      ])
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists who got what, when and why, the newest first.", {
      details: [
        "What is older than IDC_HISTORY_DAYS (90) is gone. Old and new values are shown with --json, where a school authority keeps them.",
        "--all needs little memory, however much there is, and exit code 1 says that it is not complete."
      ],
      example: "id-connector history list --authority Traeger1 --since 12h --outcome dead"
    })
  )
)

const row = ({ at, id, kind, name, text }: Shown): ReadonlyArray<string> => [String(id), at, `${kind} ${name}`, text]

const exportOf = Command.make("export", { ...access, kind, name: person }, ({ kind, name, ...more }) =>
  Effect.flatMap(
    ApiAccess.withClient(more, (client) => client.history.export({ path: { kind, name } })),
    (found) => Output.print(true, found, () => [])
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Prints all that is kept about a person as JSON.", {
      details: ["For requests of the person (Art. 15 GDPR). Password hashes are not in it."],
      example: "id-connector history export anna > anna.json"
    })
  )
)

const erase = Command.make(
  "erase",
  { ...access, json: Output.json, yes: Confirmation.yes, kind, name: person },
  ({ json, kind, name, yes, ...more }) =>
    Effect.gen(function* () {
      yield* Confirmation.ask(yes, `Forget all about the ${kind} ${name} for good?`)
      const done = yield* ApiAccess.withClient(more, (client) => client.history.erase({ path: { kind, name } }))
      yield* Output.print(json, done, () => [
        `Forgot the ${kind} ${name}: ${Output.count(done.entries, "entry", "entries")} of the history, and what was remembered.`
      ])
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Forgets a person who is gone: history and what is remembered.", {
      details: [
        "For requests of the person (Art. 17 GDPR). Refused while the source directory has the person, or a school authority does: the connector could not remove it there any more. Log files and backups are not looked at."
      ],
      example: "id-connector history erase 0b8a5c5e-0000-4000-8000-000000000001"
    })
  )
)

const auditList = Command.make(
  "list",
  {
    ...access,
    json: Output.json,
    by: text("by", "user", "only what this user did"),
    about: text("about", "name", "only what was done to this authority, user or class"),
    ...HistoryOptions.page
  },
  ({ about, by, json, ...more }) =>
    Effect.gen(function* () {
      const page = yield* HistoryOptions.pageOf(more)
      const urlParams = { ...page, ...given("by", by), ...given("about", about) }
      if (more.all) {
        return yield* ApiAccess.withClient(more, ({ history }) => Output.jsonLines(history.allAudited({ urlParams })))
      }
      const found = yield* ApiAccess.withClient(more, (client) => client.history.audit({ urlParams }))
      yield* Output.print(json, found, () => [
        ...Output.table(
          ["ID", "TIME", "BY", "FROM", "WHAT", "TO", "STATUS"],
          found.map(({ action, address, at, by, id, status, subject }) => [
            String(id),
            at,
            by,
            address ?? "-",
            action,
            subject ?? "-",
            status === null ? "-" : String(status)
          ]),
          "There is no such entry."
        ),
        ...Output.nextPage(found, page.limit ?? 0, "--before")
      ])
    })
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Lists who did what by API, command or file, and whose history was looked at, the newest first.",
      {
        details: [
          "file: somebody has changed a configuration file by hand. id-connector COMMAND (USER): a command that works on the files, and who ran it."
        ],
        example: "id-connector audit list --by admin --since 2d"
      }
    )
  )
)

/** `firstname: "Ana" -> "Anna"` */
const changed = ({ attribute, new: now, old }: { attribute: string; old: unknown; new: unknown }): string =>
  `  ${attribute}: ${JSON.stringify(old)} -> ${JSON.stringify(now)}`

/** What an administrator would tell of one person, on the phone. */
export const story = ({ exists, history, kind, name, object_key, school_authorities }: typeof ObjectHistory.Type) => {
  const decision = history.find(({ entry }) => entry === "decided")
  return [
    `${kind} ${name} (${object_key})${exists === false ? ": the source directory does not have it (any more)" : exists === null ? ": the source directory does not answer" : ""}`,
    "",
    ...(decision === undefined
      ? ["No change of it is in the history: none has come since the history begins, or it has become too old."]
      : [`The newest change came at ${decision.at} in ${decision.file}: ${decision.text}.`]),
    "",
    ...(school_authorities.length === 0
      ? ["No school authority has it, and nothing waits for one."]
      : school_authorities.flatMap(({ holds, last_delivery: last, name: authority, waiting }) => [
          `${authority}: ${holds ? "has it" : "does not have it"}.${last === null ? "" : ` ${last.at} ${last.text}.`}`,
          ...(waiting === null
            ? []
            : [
                `  Item ${waiting.id} is ${waiting.state}${waiting.last_error === null ? "" : `: ${waiting.last_error}`}`,
                ...waiting.waits_for.map((other) => `  It waits for ${other}.`),
                `  Look at it: id-connector queue show ${JSON.stringify(authority)} ${waiting.id}`
              ])
        ])),
    "",
    ...Output.table(
      ["TIME", "WHAT"],
      history.flatMap(({ at, text, values }) => [[at, text], ...(values ?? []).map((one) => ["", changed(one)])]),
      "The history has nothing of it."
    )
  ]
}

export const why = Command.make(
  "why",
  { ...access, json: Output.json, kind, name: person },
  ({ json, kind, name, ...more }) =>
    Effect.flatMap(
      ApiAccess.withClient(more, (client) => client.history.object({ path: { kind, name } })),
      (found) => Output.print(json, found, () => story(found))
    )
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Tells what became of one user or class: who has it, what waits and for what, and what happened.",
      {
        details: ["That you have looked is written to the audit log."],
        example: "id-connector why anna"
      }
    )
  )
)

export const history = Command.make("history").pipe(
  Command.withDescription("Who got what, when and why, of a running connector."),
  Command.withSubcommands([list, exportOf, erase])
)

export const audit = Command.make("audit").pipe(
  Command.withDescription("Who did what, of a running connector."),
  Command.withSubcommands([auditList])
)
