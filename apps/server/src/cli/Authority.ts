/** The commands `id-connector authority ...`: the school authorities of a running connector. */
import { Args, Command } from "@effect/cli"
import { Console, Effect } from "effect"
import * as ApiAccess from "./ApiAccess.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Confirmation from "./Confirmation.js"
import * as Output from "./Output.js"
import * as Status from "./Status.js"

const name = Args.text({ name: "authority" }).pipe(Args.withDescription("name of a school authority"))

const access = ApiAccess.options

const list = Command.make("list", { ...access, json: Output.json }, (given) =>
  ApiAccess.withClient(given, (client) =>
    Effect.gen(function* () {
      const authorities = yield* client.authorities.list({})
      const queues = new Map((yield* client.queues.list({})).map(({ length, name }) => [name, length]))
      yield* Output.print(given.json, authorities, () =>
        Output.table(
          ["AUTHORITY", "ACTIVE", "QUEUED", "PLUGINS", "URL"],
          authorities.map(({ active = false, name, plugins = [], url }) => [
            name,
            active ? "yes" : "no",
            String(queues.get(name) ?? "-"),
            plugins.join(", ") || "-",
            url
          ]),
          "There is no school authority."
        )
      )
    })
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the school authorities.", { example: "id-connector authority list --json" })
  )
)

const show = Command.make("show", { ...access, json: Output.json, name }, (given) =>
  ApiAccess.withClient(given, (client) =>
    Effect.gen(function* () {
      const path = { name: given.name }
      const status = yield* client.authorities.status({ path })
      const configuration = status.not_configured === null ? yield* client.authorities.get({ path }) : null
      yield* Output.print(given.json, { configuration, status }, () => [
        ...Output.facts(Status.facts(status)),
        ...(configuration === null ? [] : ["Configuration:", JSON.stringify(configuration, null, 2)])
      ])
    })
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Shows how a school authority is doing, and its configuration without secrets.", {
      example: "id-connector authority show Traeger1"
    })
  )
)

const check = Command.make("check", { ...access, json: Output.json, name }, (given) =>
  ApiAccess.withClient(given, (client) =>
    Effect.gen(function* () {
      const found = yield* client.authorities.check({ path: { name: given.name } })
      yield* Output.print(given.json, found, () =>
        found.findings.map(({ about, severity, text }) => `${severity.padEnd(7)}  ${about}: ${text}`)
      )
      const errors = found.findings.filter(({ severity }) => severity === "error").length
      if (!found.ok) {
        return yield* new CannotStart({
          lines: [`${given.name} can't work like this: ${Output.count(errors, "error")}.`]
        })
      }
    })
  )
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Checks a school authority: its configuration, log in, roles, schools and mapping at its target.",
      {
        details: ["Changes nothing. The exit code is 1 when something keeps deliveries from working."],
        example: "id-connector authority check Traeger1"
      }
    )
  )
)

const setActive = (active: boolean) => (given: ApiAccess.Given & { readonly name: string }) =>
  ApiAccess.withClient(given, (client) =>
    Effect.gen(function* () {
      const { warnings = [] } = yield* client.authorities.patch({ path: { name: given.name }, payload: { active } })
      yield* Console.log(`${given.name} is ${active ? "active" : "inactive: its changes wait"}.`)
      if (active) yield* Effect.forEach(warnings, (warning) => Console.error(`warning: ${warning}`), { discard: true })
    })
  )

const activate = Command.make("activate", { ...access, name }, setActive(true)).pipe(
  Command.withDescription(
    CommandShape.describe("Makes a school authority active: its queue starts.", {
      example: "id-connector authority activate Traeger1"
    })
  )
)

const deactivate = Command.make("deactivate", { ...access, name }, setActive(false)).pipe(
  Command.withDescription(
    CommandShape.describe("Makes a school authority inactive: its queue stops after the items at work.", {
      example: "id-connector authority deactivate Traeger1"
    })
  )
)

const remove = Command.make("delete", { ...access, yes: Confirmation.yes, name }, (given) =>
  Effect.gen(function* () {
    yield* Confirmation.ask(
      given.yes,
      `Delete the school authority ${given.name}? Its configuration and what was remembered about its deliveries are gone then.`
    )
    yield* ApiAccess.withClient(given, (client) => client.authorities.remove({ path: { name: given.name } }))
    yield* Console.log(
      `Deleted ${given.name}. What waited for it is in data/out_queues_trash: id-connector out_queue_restore brings it back.`
    )
  })
).pipe(
  Command.withDescription(
    CommandShape.describe("Deletes a school authority. What still waits for it is moved to data/out_queues_trash.", {
      example: "id-connector authority delete Traeger1 --yes"
    })
  )
)

export const command = Command.make("authority").pipe(
  Command.withDescription("The school authorities of a running connector."),
  Command.withSubcommands([list, show, check, activate, deactivate, remove])
)
