/** Makes the outcome of a run of what was recorded: pure, but for what it asks the stores. */
import type { QueueStatus } from "@id-connector/core/Connector"
import type { ConnectorEvent, Subject } from "@id-connector/core/events/ConnectorEvent"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import * as Distribution from "@id-connector/core/mapping/Distribution"
import * as Preparation from "@id-connector/core/queue/in/Preparation"
import type { QueueStoreShape } from "@id-connector/core/queue/QueueStore"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import type { Plugin } from "@id-connector/core/targets/Plugin"
import * as Validation from "@id-connector/core/targets/Validation"
import { DateTime, Effect, Option } from "effect"
import type { Attempt, Change, Decision, Outcome, Target, Undelivered } from "./Outcome.js"
import type { Reached, Recorded, Recorder } from "./Recorder.js"

export interface Parts {
  readonly authorities: ReadonlyArray<SchoolAuthority>
  readonly mapping: { readonly [school: string]: string }
  readonly recorder: Recorder
  /** By authority. */
  readonly targets: ReadonlyMap<string, Pick<Reached, "mirror" | "simulator">>
  readonly plugins: ReadonlyArray<Plugin>
  readonly store: QueueStoreShape
  readonly status: ReadonlyArray<QueueStatus>
  /** Whether the run has a source directory that could know password hashes. */
  readonly hasDirectory: boolean
}

/** Nothing is to be done, or nothing will be before somebody does something. */
export const isAtRest = ({ inFlight, status, waiting }: QueueStatus): boolean =>
  inFlight + waiting === 0 ||
  status === null ||
  status._tag === "PausedByHand" ||
  (status._tag === "Paused" && status.until === null)

export const make = (parts: Parts): Effect.Effect<Outcome> =>
  Effect.map(
    Effect.forEach(parts.authorities, (authority) => undeliveredOf(parts, authority)),
    (undelivered) => {
      const { authorities, mapping, plugins, recorder, status, targets } = parts
      const names = authorities.map(({ name }) => name).sort()
      return {
        configuration: {
          ...byName(names, (name) => {
            const authority = authorities.find((one) => one.name === name)
            if (authority === undefined) return []
            const { errors, warnings } = Validation.validate(plugins, authority)
            return [...errors, ...warnings]
          }),
          ...unknownIn(mapping, names)
        },
        changes: changesOf(parts),
        trash: recorder.events.flatMap(trashed).sort((a, b) => (a.file < b.file ? -1 : 1)),
        undelivered: undelivered.flat(),
        paused: Object.fromEntries(
          status.flatMap(({ authority, status }) =>
            status?._tag === "Paused"
              ? [[authority, status.reason]]
              : status?._tag === "PausedByHand"
                ? [[authority, "Somebody has paused it."]]
                : []
          )
        ),
        targets: byName(names, (name) => endOf(targets.get(name)))
      }
    }
  )

const endOf = (target: Pick<Reached, "mirror" | "simulator"> | undefined): Target =>
  target?.mirror?.written() ?? target?.simulator.state() ?? { users: [], classes: [] }

/** Authorities that the mapping names and that are not there: what is theirs waits. */
const unknownIn = (mapping: Parts["mapping"], names: ReadonlyArray<string>): Outcome["configuration"] => {
  const unknown = [...new Set(Object.values(mapping))].filter((name) => !names.includes(name)).sort()
  return byName(unknown, (name) => {
    const schools = Object.keys(mapping).filter((school) => mapping[school] === name)
    return [
      `there is no such school authority (there are: ${names.join(", ")}), and ${schools.join(", ")} is mapped to it`
    ]
  })
}

const trashed = (event: ConnectorEvent): Outcome["trash"] => {
  if (event._tag === "FileDiscarded") return [{ file: event.file, reasons: event.reasons }]
  if (event._tag !== "ChangeAccepted" || event.distribution.recipients.length > 0) return []
  const ignored = event.distribution.ignored.map(Distribution.describeIgnored)
  return [{ file: event.file, reasons: ignored.length > 0 ? ignored : ["no school authority is concerned"] }]
}

const byName = <A>(names: ReadonlyArray<string>, of: (name: string) => A): { readonly [name: string]: A } =>
  Object.fromEntries(names.map((name) => [name, of(name)]))

const nameOf = ({ kind, name }: Subject) => `${kind} ${name}`

type Accepted = Extract<ConnectorEvent, { readonly _tag: "ChangeAccepted" }>

const changesOf = ({ authorities, hasDirectory, mapping, recorder }: Parts): ReadonlyArray<Change> => {
  const { attempts, events } = recorder
  const attemptsOf = new Map<Accepted | undefined, Array<Recorded>>()
  for (const attempt of attempts) {
    const accepted = broughtBy(attempt, events)
    attemptsOf.set(accepted, [...(attemptsOf.get(accepted) ?? []), attempt])
  }
  return events.filter(isAccepted).map((event) => {
    const { change, distribution, file, subject } = event
    return {
      file,
      object: nameOf(subject),
      change,
      problems: events.flatMap((event) =>
        event._tag === "DataProblem" && event.file === file && (hasDirectory || event.problem !== Preparation.noHashes)
          ? [event.problem]
          : []
      ),
      ignored: distribution.ignored.map(Distribution.describeIgnored),
      decisions: authorities
        .map(({ name }): Decision => {
          const recipient = distribution.recipients.find(({ authority }) => authority === name)
          return {
            authority: name,
            concerned: recipient !== undefined,
            because:
              recipient === undefined ? [whyNot(name, mapping)] : recipient.because.map(Distribution.describeBecause),
            attempts: (attemptsOf.get(event) ?? []).filter(({ authority }) => authority === name).map(attemptOf)
          }
        })
        .sort((a, b) => (a.authority < b.authority ? -1 : 1))
    }
  })
}

const isAccepted = (event: ConnectorEvent): event is Accepted => event._tag === "ChangeAccepted"

/** The newest change of the object that the attempt can have brought. */
const broughtBy = (
  { authority, object, seen }: Recorded,
  events: ReadonlyArray<ConnectorEvent>
): Accepted | undefined =>
  events
    .slice(0, seen)
    .filter(isAccepted)
    .filter(
      ({ distribution, subject }) =>
        nameOf(subject) === object && distribution.recipients.some((one) => one.authority === authority)
    )
    .at(-1)

const whyNot = (name: string, mapping: Parts["mapping"]): string => {
  const schools = Object.keys(mapping).filter((school) => mapping[school] === name)
  return schools.length === 0
    ? "the mapping gives it no school"
    : `none of its schools (${schools.join(", ")}) is one of the object's`
}

const attemptOf = ({
  at,
  attributes,
  detail,
  error,
  mapping,
  outcome,
  plugin,
  requests,
  warnings
}: Recorded): Attempt => ({
  at: DateTime.formatIso(DateTime.unsafeMake(at)),
  plugin,
  mapping,
  attributes,
  outcome,
  detail,
  warnings,
  error,
  requests
})

const undeliveredOf = ({ store }: Parts, { name }: SchoolAuthority): Effect.Effect<ReadonlyArray<Undelivered>> =>
  Effect.gen(function* () {
    const items = yield* store.list(name, { limit: 1_000 })
    return yield* Effect.forEach(items, (item) =>
      Effect.map(store.show(name, item.id), (shown): Undelivered => {
        const last = Option.getOrNull(shown)?.attempts.at(-1)
        return {
          authority: name,
          object: nameOf(subjectOf(item.object)),
          state: item.state === "in_flight" ? "waiting" : item.state,
          reason: item.lastError,
          evidence: last?.evidence ?? null
        }
      })
    )
  }).pipe(Effect.orDie)
