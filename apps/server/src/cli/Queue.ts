/** The commands `id-connector queue ...`: the queues of a running connector and their items. */
import { Args, Command, Options } from "@effect/cli"
import { NotFound } from "@id-connector/api/ApiError"
import type { Client } from "@id-connector/api/Client"
import type { GroupOfAll } from "@id-connector/api/GroupsApi"
import type { Job } from "@id-connector/api/JobsApi"
import type { Item, ItemDetails } from "@id-connector/api/QueuesApi"
import { ItemId, itemStates, statesGivenUp } from "@id-connector/core/queue/QueueStore"
import { inQueueName } from "@id-connector/core/schools/SchoolAuthority"
import { Console, Effect, Option, Schema } from "effect"
import * as ApiAccess from "./ApiAccess.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Confirmation from "./Confirmation.js"
import * as Output from "./Output.js"
import * as Progress from "./Progress.js"
import * as Status from "./Status.js"
import * as WholeNumber from "./WholeNumber.js"
import { WrongUse } from "./WrongUse.js"

const queueName = Args.text({ name: "queue" }).pipe(
  Args.withDescription("name of the queue: that of its school authority, or InQueue")
)

const outQueue = Args.text({ name: "queue" }).pipe(
  Args.withDescription("name of the queue, which is that of its school authority")
)

const itemId = Schema.NumberFromString.pipe(Schema.compose(ItemId)).annotations({
  message: () => ({
    message: "the id of an item is a whole number, as id-connector queue items shows it",
    override: true
  })
})

const ids = Args.text({ name: "id" }).pipe(
  Args.withSchema(itemId),
  Args.withDescription("an item, as id-connector queue items shows it"),
  Args.repeated
)

const access = ApiAccess.options

const list = Command.make("list", { ...access, json: Output.json }, (given) =>
  ApiAccess.withClient(given, (client) =>
    Effect.flatMap(client.queues.list({}), (queues) =>
      Output.print(given.json, queues, () =>
        Output.table(
          ["QUEUE", "LENGTH", "HELD", "DEAD", "AT WORK"],
          queues.map(({ dead = 0, head, held = 0, held_up, length, name }) => [
            name,
            String(length),
            String(held),
            String(dead),
            held_up ?? (head === "" ? "-" : head)
          ]),
          "There is no queue."
        )
      )
    )
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the in queue and the out queues of active school authorities.", {
      details: [
        "LENGTH is what waits or is at work; HELD are deletions to be confirmed, DEAD what can't be delivered: id-connector queue items NAME --state held (or dead) lists them."
      ],
      example: "id-connector queue list"
    })
  )
)

const show = Command.make(
  "show",
  {
    ...access,
    json: Output.json,
    queue: queueName,
    id: Args.text({ name: "id" }).pipe(
      Args.withSchema(itemId),
      Args.optional,
      Args.withDescription("an item: what it is to deliver, and each attempt that failed, with request and answer")
    )
  },
  (given) =>
    ApiAccess.withClient(given, (client) =>
      Effect.gen(function* () {
        const path = { name: given.queue }
        if (Option.isSome(given.id)) {
          const item = yield* client.queues.item({ path: { ...path, id: given.id.value } })
          return yield* Output.print(given.json, item, () => details(item))
        }
        if (given.queue === inQueueName) {
          const { head, held_up, length, name } = yield* client.queues.get({ path })
          return yield* Output.print(
            given.json,
            { name, length, head, ...(held_up === undefined ? {} : { held_up }) },
            () =>
              Output.facts([
                ["Queue", name],
                ["Length", String(length)],
                ["At work", head === "" ? null : head],
                ["Held up", held_up ?? null]
              ])
          )
        }
        const status = yield* client.authorities.status({ path })
        return yield* Output.print(given.json, status, () => Output.facts(Status.facts(status)))
      })
    )
).pipe(
  Command.withDescription(
    CommandShape.describe("Shows how a queue is doing, or one of its items with the history of its attempts.", {
      example: "id-connector queue show Traeger1 4711"
    })
  )
)

const items = Command.make(
  "items",
  {
    ...access,
    json: Output.json,
    queue: outQueue,
    state: Options.choice("state", itemStates).pipe(
      Options.optional,
      Options.withDescription("only these: dead are dead letters, held are deletions to be confirmed")
    ),
    object: Options.text("object").pipe(
      Options.withPseudoName("name"),
      Options.optional,
      Options.withDescription("only those of this user or group (name or entryUUID)")
    ),
    group: Options.text("group").pipe(
      Options.withPseudoName("cause"),
      Options.optional,
      Options.withDescription("only dead and held ones with this cause, as id-connector queue groups shows it")
    ),
    after: Options.text("after").pipe(
      Options.withPseudoName("id"),
      Options.withSchema(itemId),
      Options.optional,
      Options.withDescription("only those after this one: the next page")
    ),
    limit: WholeNumber.option("limit", 1, 1_000).pipe(
      Options.withDefault(100),
      Options.withDescription("how many at most, 1 to 1000")
    )
  },
  ({ after, group, json, limit, object, queue, state, ...given }) =>
    ApiAccess.withClient(given, (client) =>
      Effect.gen(function* () {
        const urlParams = {
          limit,
          ...(Option.isSome(state) ? { state: state.value } : {}),
          ...(Option.isSome(object) ? { object: object.value } : {}),
          ...(Option.isSome(group) ? { group: group.value } : {}),
          ...(Option.isSome(after) ? { after: after.value } : {})
        }
        const found = yield* client.queues.items({ path: { name: queue }, urlParams })
        yield* Output.print(json, found, () => [
          ...Output.table(
            ["ID", "STATE", "OBJECT", "CHANGE", "TRIES", "WHY"],
            found.map(row),
            "There is no such item."
          ),
          ...Output.nextPage(found, limit, "--after")
        ])
      })
    )
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the items of an out queue.", {
      example: "id-connector queue items Traeger1 --state dead"
    })
  )
)

const row = (item: typeof Item.Type): ReadonlyArray<string> => [
  String(item.id),
  item.state,
  item.object,
  item.change,
  String(item.attempts),
  item.last_error ?? item.waits_for[0] ?? ""
]

const details = ({ history, ...item }: typeof ItemDetails.Type): ReadonlyArray<string> => [
  ...Output.facts([
    ["Item", String(item.id)],
    ["Object", `${item.object} (${item.object_key})`],
    ["Change", item.change],
    ["File", item.file],
    ["State", item.state],
    ["Not before", item.available_at],
    ["Waits for", item.waits_for.length === 0 ? null : item.waits_for.join("\n")],
    ["Attempts", String(item.attempts)]
  ]),
  ...history.flatMap(({ at, error, evidence }) => [
    "",
    `${at}: ${error}`,
    ...(evidence === null
      ? []
      : JSON.stringify(evidence, null, 2)
          .split("\n")
          .map((line) => `  ${line}`))
  ])
]

const groups = Command.make(
  "groups",
  {
    ...access,
    json: Output.json,
    state: Options.choice("state", statesGivenUp).pipe(
      Options.withDefault("dead" as const),
      Options.withDescription("dead letters, or deletions that are held back")
    ),
    queue: Args.text({ name: "queue" }).pipe(
      Args.optional,
      Args.withDescription("name of the queue; without it those of all school authorities together")
    )
  },
  ({ json, queue, state, ...given }) =>
    ApiAccess.withClient(given, ({ queues }) =>
      Effect.gen(function* () {
        const urlParams = { state, limit: 100 }
        if (Option.isSome(queue)) {
          const found = yield* queues.groups({ path: { name: queue.value }, urlParams })
          return yield* Output.print(json, found, () => causes(found))
        }
        const found = yield* queues.allGroups({ urlParams })
        return yield* Output.print(json, found, () => causes(found))
      })
    )
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Lists why items are dead letters or held back: each cause once, the one with the most items first.",
      {
        details: [
          "A cause is the text of an error without names, numbers and quoted values, for which … stands. retry and discard take it with --group."
        ],
        example: "id-connector queue groups Traeger1"
      }
    )
  )
)

type AnyGroup = Omit<typeof GroupOfAll.Type, "school_authorities"> &
  Partial<Pick<typeof GroupOfAll.Type, "school_authorities">>

/** Not as a table: a terminal would cut what is to be given to `--group`. */
const causes = (groups: ReadonlyArray<AnyGroup>): ReadonlyArray<string> =>
  groups.length === 0
    ? ["There is no such item."]
    : groups.flatMap(({ cause, first, items, last, sample, school_authorities: authorities }, index) => [
        ...(index === 0 ? [] : [""]),
        `${Output.count(items, "item")}: ${cause}`,
        `  ${items === 1 ? first : `${first} to ${last}`}${sample === null ? "" : `, for example ${sample.object} (item ${sample.id})`}`,
        ...(authorities === undefined
          ? []
          : [
              `  ${authorities
                .slice(0, 10)
                .map(({ items, name }) => `${name}: ${items}`)
                .join(", ")}${authorities.length > 10 ? ", ..." : ""}`
            ])
      ])

/** Which items are meant, besides by their ids. */
const filters = {
  group: Options.text("group").pipe(
    Options.withPseudoName("cause"),
    Options.optional,
    Options.withDescription("all with this cause, as id-connector queue groups shows it")
  ),
  object: Options.text("object").pipe(
    Options.withPseudoName("name"),
    Options.optional,
    Options.withDescription("all of this user or group (name or entryUUID)")
  ),
  expected: WholeNumber.option("expected", 0, 1_000_000_000).pipe(
    Options.optional,
    Options.withDescription("how many you have seen: when there are more by now, nothing is done")
  )
}

interface Filters {
  readonly all: Option.Option<"dead" | "held">
  readonly group: Option.Option<string>
  readonly object: Option.Option<string>
  readonly expected: Option.Option<number>
}

const all = Options.choice("all", ["dead", "held"]).pipe(
  Options.optional,
  Options.withDescription("instead of ids: all dead letters, or all deletions that are held back")
)

/** What fits, as the API takes it. */
interface Matching {
  readonly state: "dead" | "held"
  readonly group?: string
  readonly object?: string
  readonly expected?: number
}

/** Which items are meant: ids or all of a kind, and not both. `--group` and `--object` without `--all` are dead letters. */
const which = (command: string, given: Filters & { readonly ids: ReadonlyArray<ItemId> }) =>
  (Option.isSome(given.all) || Option.isSome(given.group) || Option.isSome(given.object)) === given.ids.length > 0
    ? new WrongUse({
        lines: [
          `id-connector queue ${command}: ${given.ids.length > 0 ? "ids and --all, --group or --object are given, one of the two is expected" : "nothing says which items: give their ids, or --all dead, or --all held, or --group or --object"}.`
        ]
      })
    : Effect.succeed(given.ids.length > 0 ? given.ids : matching(given))

const matching = ({ all, expected, group, object }: Filters): Matching => ({
  state: Option.getOrElse(all, () => "dead" as const),
  ...(Option.isSome(group) ? { group: group.value } : {}),
  ...(Option.isSome(object) ? { object: object.value } : {}),
  ...(Option.isSome(expected) ? { expected: expected.value } : {})
})

const areIds = (meant: ReadonlyArray<ItemId> | Matching): meant is ReadonlyArray<ItemId> => Array.isArray(meant)

interface Done {
  readonly items: number
  /** What could not be done, since an item or the queue is not there. */
  readonly problems: ReadonlyArray<string>
}

/** One after the other: what is not there keeps none of the others. */
const each = <E extends { readonly _tag: string }>(
  meant: ReadonlyArray<ItemId>,
  act: (id: ItemId) => Effect.Effect<unknown, E | NotFound>
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const tick = yield* Progress.start("items", meant.length)
      const [problems, done] = yield* Effect.partition(meant, (id) => Effect.zipLeft(act(id), tick))
      const other = problems.find((problem) => problem._tag !== "NotFound")
      if (other !== undefined) return yield* Effect.fail(other)
      const texts = problems.filter((problem) => problem instanceof NotFound).map(ApiAccess.notFound)
      return { items: done.length, problems: [...new Set(texts)] }
    })
  )

/** Of operations that do all at once, or answer with a job that is waited for. */
const allDone = (client: Client, done: { readonly items: number } | typeof Job.Type) =>
  "id" in done ? followed(client, done) : Effect.succeed<Done>({ items: done.items, problems: [] })

const followed = ({ queues }: Client, { id, total }: typeof Job.Type) =>
  Effect.scoped(
    Effect.gen(function* () {
      const tick = yield* Progress.start("items", total)
      let told = 0
      while (true) {
        const { done, items, problem, state } = yield* queues.job({ path: { id } })
        for (; told < done; told++) yield* tick
        if (state === "running") {
          yield* Effect.sleep("300 millis")
          continue
        }
        const problems = problem === null ? [] : [`It went wrong after ${done} of ${total} items: ${problem}`]
        return { items, problems } satisfies Done
      }
    })
  )

const told = (json: boolean, { items, problems }: Done, text: string) =>
  Effect.zipRight(
    Output.print(json, { items, problems }, () => [text]),
    problems.length === 0 ? Effect.void : new CannotStart({ lines: problems })
  )

const retry = Command.make(
  "retry",
  { ...access, json: Output.json, all, ...filters, queue: outQueue, ids },
  ({ json, queue, ...given }) =>
    Effect.gen(function* () {
      const meant = yield* which("retry", given)
      const done = yield* ApiAccess.withClient(given, (client) =>
        areIds(meant)
          ? each(meant, (id) => client.queues.retryItem({ path: { name: queue, id } }))
          : Effect.flatMap(
              client.queues.retryAll({ path: { name: queue }, urlParams: { state: meant.state }, payload: meant }),
              (done) => allDone(client, done)
            )
      )
      yield* told(json, done, `${Output.count(done.items, "item")} of ${queue} will be delivered.`)
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Delivers items at once.", {
      details: ["A dead letter is tried anew; a deletion that is held back counts as confirmed."],
      example:
        'id-connector queue retry Traeger1 --group "The object can\'t be delivered: ucsschoolRecordUID: the user has none." --expected 312'
    })
  )
)

const discard = Command.make(
  "discard",
  { ...access, json: Output.json, all, ...filters, yes: Confirmation.yes, queue: outQueue, ids },
  ({ json, queue, yes, ...given }) =>
    Effect.gen(function* () {
      const meant = yield* which("discard", given)
      const what = areIds(meant)
        ? Output.count(meant.length, "item")
        : `all items of ${queue} that are ${meant.state}${meant.group === undefined ? "" : ` since ${JSON.stringify(meant.group)}`}${meant.object === undefined ? "" : ` of ${JSON.stringify(meant.object)}`}`
      yield* Confirmation.ask(yes, `Remove ${what} for good? The changes are not delivered.`)
      const done = yield* ApiAccess.withClient(given, (client) =>
        areIds(meant)
          ? each(meant, (id) => client.queues.discardItem({ path: { name: queue, id } }))
          : Effect.flatMap(
              client.queues.discardAll({ path: { name: queue }, urlParams: { state: meant.state }, payload: meant }),
              (done) => allDone(client, done)
            )
      )
      yield* told(json, done, `Removed ${Output.count(done.items, "item")} of ${queue}.`)
    })
).pipe(
  Command.withDescription(
    CommandShape.describe("Removes items for good: their changes are not delivered.", {
      example: "id-connector queue discard Traeger1 4711 4712"
    })
  )
)

const pause = Command.make("pause", { ...access, queue: outQueue }, ({ queue, ...given }) =>
  ApiAccess.withClient(given, (client) =>
    Effect.zipRight(
      client.queues.pause({ path: { name: queue } }),
      Console.log(`${queue} is paused: changes wait, also over restarts, until id-connector queue resume ${queue}.`)
    )
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Pauses an out queue: its changes wait until it is resumed.", {
      example: "id-connector queue pause Traeger1"
    })
  )
)

const resume = Command.make("resume", { ...access, queue: outQueue }, ({ queue, ...given }) =>
  ApiAccess.withClient(given, (client) =>
    Effect.zipRight(client.queues.resume({ path: { name: queue } }), Console.log(`${queue} goes on.`))
  )
).pipe(
  Command.withDescription(
    CommandShape.describe("Lets an out queue that was paused go on.", { example: "id-connector queue resume Traeger1" })
  )
)

export const command = Command.make("queue").pipe(
  Command.withDescription("The queues of a running connector, and their items."),
  Command.withSubcommands([list, show, items, groups, retry, discard, pause, resume])
)
