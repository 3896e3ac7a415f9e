/** The command `id-connector preview`: what a change would lead to, found out by a running connector. */
import { Args, Command, Options } from "@effect/cli"
import type { Client } from "@id-connector/api/Client"
import type { Preview } from "@id-connector/api/PreviewApi"
import { Effect, Either, Option } from "effect"
import * as JsonFile from "../files/JsonFile.js"
import * as ApiAccess from "./ApiAccess.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Output from "./Output.js"

type Shown = typeof Preview.Type
type AuthorityPreview = Shown["school_authorities"][number]
type PluginPreview = AuthorityPreview["plugins"][number]

export const command = Command.make(
  "preview",
  {
    ...ApiAccess.options,
    json: Output.json,
    authority: Options.text("authority").pipe(
      Options.withPseudoName("name"),
      Options.optional,
      Options.withDescription("asks only the target of this one")
    ),
    what: Args.text({ name: "user|class|file" }).pipe(
      Args.withDescription(
        "a user name, the name of a class with its school's prefix, or a listener file (something with a / in it, or ending in .json)"
      )
    )
  },
  ({ authority, json, what, ...given }) =>
    Effect.gen(function* () {
      const object = isFile(what) ? yield* contentOf(what) : null
      const only = Option.match(authority, { onNone: () => ({}), onSome: (name) => ({ school_authority: name }) })
      const found = yield* ApiAccess.withClient(given, (client) =>
        object === null
          ? byName(client, what, only)
          : client.preview.preview({ payload: { object: object.content, ...only } })
      )
      yield* Output.print(json, found, () => report(found))
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Shows what a change of a user or class would lead to at each school authority.", {
      details: [
        "Users and classes are taken as the source directory has them now. Reads from the targets, and writes nothing."
      ],
      example: "id-connector preview anna --authority Traeger1"
    })
  )
)

const isFile = (what: string): boolean => what.includes("/") || what.endsWith(".json")

const contentOf = (file: string) =>
  Effect.flatMap(JsonFile.read(file), (found) => {
    if (Option.isNone(found)) return new CannotStart({ lines: [`${file}: there is no such file.`] })
    return Either.isLeft(found.value)
      ? new CannotStart({ lines: [found.value.left] })
      : Effect.succeed({ content: found.value.right })
  })

/** A name is that of a user, or else of a class. */
const byName = (client: Client, name: string, only: { readonly school_authority?: string }) =>
  client.preview.preview({ payload: { user: name, ...only } }).pipe(
    Effect.catchIf(
      (error) => error._tag === "NotFound" && error.code !== "no_school_authority",
      () =>
        Effect.mapError(client.preview.preview({ payload: { group: name, ...only } }), (error) =>
          error._tag === "NotFound" && error.code !== "no_school_authority"
            ? new CannotStart({
                lines: [`The source directory has no school user and no school group ${JSON.stringify(name)}.`]
              })
            : error
        )
    )
  )

const report = ({ ignored, object, problems, school_authorities: authorities }: Shown): ReadonlyArray<string> => [
  `${object.kind} ${object.name}, ${object.change} (${object.dn}, ${object.id})`,
  ...problems.map((problem) => `  not in order: ${problem}`),
  ...ignored.map((text) => `  ignored: ${text}`),
  ...authorities.flatMap((authority) => ["", ...reportOf(authority)])
]

const reportOf = (authority: AuthorityPreview): ReadonlyArray<string> => [
  `${authority.name}: ${authority.concerned ? `concerned, because of ${authority.because.join(", ")}` : "not concerned"}${authority.active ? "" : " (inactive: its changes wait)"}`,
  ...(authority.change_waiting ? ["  A change of it waits there: the two would be delivered as one."] : []),
  ...authority.plugins.flatMap(pluginReport).map((line) => `  ${line}`)
]

const pluginReport = (plugin: PluginPreview): ReadonlyArray<string> =>
  plugin.problem !== null
    ? [`${plugin.plugin}: can't be delivered: ${plugin.problem}`]
    : [
        `${plugin.plugin}: ${plugin.outcome ?? "?"}${plugin.detail === null ? "" : ` (${plugin.detail})`}`,
        ...(plugin.mapping === null ? [] : [`mapping ${plugin.mapping.name}: ${plugin.mapping.because}`]),
        ...plugin.warnings.map((warning) => `warning: ${warning}`),
        ...Output.table(
          ["ATTRIBUTE", "AT THE TARGET", "WANTED"],
          plugin.differences.map(({ attribute, current, wanted }) => [attribute, shown(current), shown(wanted)]),
          "Nothing differs."
        ).map((line) => `  ${line}`),
        ...plugin.requests.map(
          ({ body, method, path }) =>
            `${method} ${path}${body === null || body === undefined ? "" : ` ${JSON.stringify(body)}`}`
        )
      ]

const shown = (value: unknown): string =>
  value === null || value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value)
