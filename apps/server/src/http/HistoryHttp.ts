/** The history, for the API: of everything, and of one person or class. */
import { HttpApiBuilder, HttpServerRequest } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound, Refused } from "@id-connector/api/ApiError"
import { type Said, say, told } from "@id-connector/api/ErrorSentences"
import * as JsonLines from "@id-connector/api/JsonLines"
import { Directory } from "@id-connector/core/directory/Directory"
import type { HistoryEntry, HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import { type HistoryFilter, HistoryStore, type Numbered } from "@id-connector/core/history/HistoryStore"
import { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Clock, Effect, Option, Schema } from "effect"
import * as Audit from "./Audit.js"
import * as HistoryLines from "./HistoryLines.js"
import * as ShownHistory from "./ShownHistory.js"
import * as ShownQueues from "./ShownQueues.js"
import { iso } from "./Time.js"

/** An object that somebody asks about. */
interface Subject {
  readonly kind: "user" | "group"
  readonly name: string
  readonly objectKey: string
  /** Whether the source directory has it; null: that does not answer. */
  readonly exists: boolean | null
}

/** Unless somebody says how many. */
const pageOfJson = 50

/** Of one object, in an answer. */
const newest = 20

/** An object has few: more than in a year with a change every hour. */
const exportedAtMost = 10_000

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

export const layer = HttpApiBuilder.group(Api, "history", (handlers) =>
  Effect.gen(function* () {
    const history = yield* HistoryStore
    const store = yield* QueueStore
    const states = yield* PreviousStateStore
    const directory = yield* Directory
    const lines = yield* HistoryLines.make

    /** A page as JSON, or all as lines, as `Accept` says. */
    const answer = <R extends HistoryRecord, A>(
      asked: HistoryLines.Asked,
      ask: HistoryLines.Ask<R>,
      show: (one: Numbered<R>) => A
    ) =>
      Effect.gen(function* () {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const type = JsonLines.wanted(headers.accept)
        if (type !== null) return yield* lines(type, asked, ask, show)
        const { before, limit = pageOfJson } = asked
        return (yield* ask({ limit, ...(before === undefined ? {} : { before }) })).map(show)
      }).pipe(Effect.mapError(fails))

    /** entryUUID of who is called so in the source directory now. */
    const idOf = (kind: "user" | "group", name: string) =>
      kind === "user"
        ? Effect.map(
            directory.user(name),
            Option.map(({ entryUuid }) => entryUuid.toLowerCase())
          )
        : Effect.map(
            directory.group(name),
            Option.map(({ entryUuid }) => entryUuid.toLowerCase())
          )

    /** By entryUUID or name: who is called so now, else who was called so last. */
    const subjectOf = (kind: "user" | "group", name: string) =>
      Effect.gen(function* () {
        const byId = isUuid(name) ? `${kind}:${name.toLowerCase()}` : null
        const current = byId === null ? Option.flatten(yield* Effect.option(idOf(kind, name))) : Option.none()
        if (Option.isSome(current)) return { kind, name, objectKey: `${kind}:${current.value}`, exists: true }
        const filter = byId === null ? { name } : { objectKey: byId }
        const [last] = yield* history.list({ ...filter, kind, limit: 1 })
        const objectKey = last?.record.objectKey ?? byId ?? (yield* waitingKey(kind, name))
        if (objectKey === null) return yield* Effect.fail(unknown(kind, name))
        const lastName = last?.record.name ?? name
        return { kind, name: lastName, objectKey, exists: yield* existsNow(kind, lastName, objectKey) }
      })

    /** Of whom there is no history yet, or not any more. */
    const waitingKey = (kind: "user" | "group", name: string) =>
      Effect.gen(function* () {
        for (const authority of yield* store.authorities) {
          const items = yield* store.list(authority, { object: name, limit: 10 })
          const item = items.find(({ objectKey }) => objectKey.startsWith(`${kind}:`))
          if (item !== undefined) return item.objectKey
        }
        return null
      })

    const existsNow = (kind: "user" | "group", name: string, key: string) =>
      Effect.map(
        Effect.option(idOf(kind, name)),
        Option.match({
          onNone: () => null,
          onSome: Option.match({ onNone: () => false, onSome: (id) => `${kind}:${id}` === key })
        })
      )

    /** The authorities that hold an object, or to which a change of it is on its way. */
    const concernedWith = (objectKey: string) =>
      Effect.map(store.concerned([objectKey]), (found) => found.get(objectKey) ?? [])

    const atAuthorities = (subject: Subject) =>
      Effect.gen(function* () {
        const concerned = yield* concernedWith(subject.objectKey)
        const holders = yield* store.holders(subject.objectKey)
        const delivered = yield* history.list({
          objectKey: subject.objectKey,
          entry: "Delivered",
          limit: exportedAtMost
        })
        const lastOf = new Map<string, Numbered<HistoryEntry>>()
        for (const one of delivered) {
          const { record } = one
          if ("authority" in record && !lastOf.has(record.authority)) lastOf.set(record.authority, one)
        }
        const names = [...new Set<string>([...concerned, ...lastOf.keys()])].sort()
        return yield* Effect.forEach(names, (name) =>
          Effect.gen(function* () {
            const authority = AuthorityName.make(name)
            const items = yield* store.list(authority, { object: subject.objectKey, limit: 10 })
            const item = items.at(-1)
            const waits = item === undefined ? [] : (yield* store.waitsFor(authority, [item.id])).get(item.id)
            const last = lastOf.get(name)
            return {
              name,
              holds: holders.includes(authority),
              last_delivery: last === undefined ? null : ShownHistory.entry(last),
              waiting: item === undefined ? null : ShownQueues.item(item, waits)
            }
          })
        )
      })

    return handlers
      .handle("list", ({ urlParams: { limit, ...more } }) =>
        answer(
          { limit, before: more.before },
          (page) =>
            Effect.tap(history.list({ ...filterOf(more), ...page }), (found) =>
              found.length === 0 ? Effect.void : Audit.seen
            ),
          ShownHistory.entry
        )
      )
      .handle("get", ({ path: { id } }) =>
        Effect.flatMap(
          Effect.mapError(history.one(id), fails),
          Option.match({
            onNone: () => Effect.fail(new NotFound(say("no_entry", { entry: id }))),
            onSome: (found) => Effect.succeed(ShownHistory.entry(found))
          })
        )
      )
      .handle("object", ({ path: { kind, name } }) =>
        Effect.gen(function* () {
          const subject = yield* subjectOf(kind, name)
          const authorities = yield* atAuthorities(subject)
          const entries = yield* history.list({ objectKey: subject.objectKey, limit: newest })
          return {
            kind,
            name: subject.name,
            object_key: subject.objectKey,
            exists: subject.exists,
            school_authorities: authorities,
            history: entries.map(ShownHistory.entry)
          }
        }).pipe(Effect.mapError(fails))
      )
      .handle("export", ({ path: { kind, name } }) =>
        Effect.gen(function* () {
          const subject = yield* subjectOf(kind, name)
          const id = subject.objectKey.slice(kind.length + 1)
          const entries = yield* history.list({ objectKey: subject.objectKey, limit: exportedAtMost })
          const concerned = yield* concernedWith(subject.objectKey)
          const items = yield* Effect.forEach(concerned, (authority) =>
            Effect.flatMap(store.list(authority, { object: subject.objectKey, limit: 10 }), (items) =>
              Effect.forEach(items, (item) =>
                Effect.map(store.show(authority, item.id), (shown) =>
                  Option.toArray(shown).map((found) => ({
                    school_authority: String(authority),
                    ...ShownQueues.details(found)
                  }))
                )
              )
            )
          )
          return {
            kind,
            name: subject.name,
            object_key: subject.objectKey,
            exported_at: iso(yield* Clock.currentTimeMillis),
            previous_state: (yield* states.get([id])).get(id) ?? null,
            delivered_to: yield* store.holders(subject.objectKey),
            items: items.flat(2),
            history: entries.map(ShownHistory.entry)
          }
        }).pipe(Effect.mapError(fails))
      )
      .handle("erase", ({ path: { kind, name } }) =>
        Effect.gen(function* () {
          const subject = yield* subjectOf(kind, name)
          const concerned = yield* concernedWith(subject.objectKey)
          const obstacle = obstacleOf(subject, concerned)
          if (obstacle !== null) return yield* Effect.fail(new Refused(obstacle))
          // Where somebody else is called so by now, that may be who is in the classes.
          const isMember = kind === "user" && Option.isNone(yield* idOf(kind, subject.name))
          const entries = yield* history.erase(subject.objectKey, [name, subject.name])
          yield* states.forget(subject.objectKey.slice(kind.length + 1))
          if (isMember) yield* states.forgetMember(subject.name)
          return { entries }
        }).pipe(Effect.mapError((error) => (error._tag === "Refused" ? error : fails(error))))
      )
      .handle("audit", ({ urlParams: { limit, since, until, ...more } }) =>
        answer(
          { limit, before: more.before },
          (page) => history.audit({ ...more, ...times(since, until), ...page }),
          ShownHistory.audited
        )
      )
  })
)

/** Why a person can't be forgotten, or null. */
const obstacleOf = ({ exists, kind, name }: Subject, concerned: ReadonlyArray<string>): Said | null => {
  if (exists === null) {
    return say("existence_unknown", { kind, name })
  }
  if (exists) {
    return say("still_there", { kind, name })
  }
  return concerned.length === 0 ? null : say("still_held", { kind, name, school_authorities: concerned.join(", ") })
}

type Times = Pick<HistoryFilter, "since" | "until">

const times = (since: Date | undefined, until: Date | undefined): Times => ({
  ...(since === undefined ? {} : { since: since.getTime() }),
  ...(until === undefined ? {} : { until: until.getTime() })
})

const isAuthorityName = Schema.is(AuthorityName)

const filterOf = ({
  entry,
  object,
  school_authority,
  since,
  until,
  ...more
}: {
  readonly entry?: Parameters<typeof ShownHistory.tagOf>[0]
  readonly object?: string
  readonly school_authority?: string
  readonly since?: Date
  readonly until?: Date
} & Omit<HistoryFilter, "entry" | "objectKey" | "authority" | "since" | "until" | "limit">): Omit<
  HistoryFilter,
  "limit"
> => ({
  ...more,
  ...times(since, until),
  ...(entry === undefined ? {} : { entry: ShownHistory.tagOf(entry) }),
  ...(object === undefined ? {} : { objectKey: object }),
  ...(school_authority === undefined
    ? {}
    : { authority: isAuthorityName(school_authority) ? school_authority : AuthorityName.make("none") })
})

const unknown = (kind: "user" | "group", name: string) =>
  new NotFound(say("nothing_known", { kind, name: name.slice(0, 200) }))

const fails = (error: NotFound | { readonly message: string }): NotFound | Failed =>
  error instanceof NotFound ? error : new Failed(told("message" in error ? error.message : ""))
