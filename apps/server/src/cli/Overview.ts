/** The command `id-connector status`: is everything all right, and if not, what is to be done? */
import { Command, Options } from "@effect/cli"
import type { AuthorityOverview, Overview } from "@id-connector/api/OverviewApi"
import { Effect } from "effect"
import * as ApiAccess from "./ApiAccess.js"
import * as CommandShape from "./CommandShape.js"
import * as Output from "./Output.js"

const all = Options.boolean("all").pipe(Options.withDescription("lists all school authorities, too"))

export const command = Command.make(
  "status",
  { ...ApiAccess.options, json: Output.json, all },
  ({ all, json, ...given }) =>
    ApiAccess.withClient(given, (client) =>
      Effect.flatMap(client.overview.overview({}), (overview) =>
        Output.print(json, overview, () => lines(overview, all))
      )
    )
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Says whether everything is all right, or what is not, the most urgent first, and what to do.",
      {
        details: ["It asks the connector only, no target: id-connector authority check NAME does."],
        example: "id-connector status"
      }
    )
  )
)

/** What a person is told. */
export const lines = (overview: typeof Overview.Type, all: boolean): ReadonlyArray<string> => [
  overview.text,
  ...overview.attention.flatMap(({ commands, text, todo, values }, index) => [
    "",
    `${index + 1}. ${text}`,
    ...(values.since === undefined
      ? []
      : [`   Since ${values.since}${values.next_try === undefined ? "" : `, the next try is at ${values.next_try}`}.`]),
    `   ${todo}`,
    ...commands.map((command) => `     ${command}`)
  ]),
  "",
  ...Output.facts([
    ["In queue", `${Output.count(overview.in_queue.waiting, "file")} waiting`],
    [
      "Out queues",
      `${Output.count(overview.totals.waiting, "change")} waiting, ${overview.totals.in_flight} in flight, ${overview.totals.held} held, ${overview.totals.dead} dead; ${overview.totals.delivered_last_minute} delivered in the last minute`
    ]
  ]),
  ...(all
    ? [
        "",
        ...Output.table(
          ["SCHOOL AUTHORITY", "STATE", "WAITING", "HELD", "DEAD", "LAST MINUTE", "LAST DELIVERY"],
          overview.school_authorities.map(row),
          "There is no school authority."
        )
      ]
    : [])
]

const row = (one: typeof AuthorityOverview.Type): ReadonlyArray<string> => [
  one.name,
  one.state.replaceAll("_", " "),
  String(one.items.waiting + one.items.in_flight),
  String(one.items.held),
  String(one.items.dead),
  String(one.delivered_last_minute),
  one.last_delivery ?? "-"
]
