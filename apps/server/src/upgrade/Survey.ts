/** What the Python connector has left in a place, counted, and in words. The same looks at what is there and at what was archived. */
import { FileSystem, Path } from "@effect/platform"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as PreviousState from "@id-connector/core/changes/PreviousState"
import { defaultDeletionLimit } from "@id-connector/core/targets/DeletionLimit"
import { Clock, Effect, Either, Schema, Stream } from "effect"
import * as OldFiles from "./OldFiles.js"
import * as OldStates from "./OldStates.js"

/** A file, or a remembered state, that can't be used, and why. */
const Unreadable = Schema.Struct({ name: Schema.String, reason: Schema.String })

export const Survey = Schema.Struct({
  /** By name. */
  outQueues: Schema.Array(
    Schema.Struct({
      schoolAuthority: Schema.String,
      /** Whether its file is in `conf/school_authorities`. Otherwise what waits goes on waiting. */
      isConfigured: Schema.optionalWith(Schema.Boolean, { default: () => true }),
      /** Changes that wait for delivery. */
      waiting: Schema.Int,
      /** How many of them are deletions. Even in masses they are carried out: the Python connector would have. */
      deletions: Schema.optionalWith(Schema.Int, { default: () => 0 }),
      /** Put aside by an unexpected error (`keep/`). */
      kept: Schema.Int,
      /** Their delivery failed (`trash/`). */
      failed: Schema.Int,
      /** Among those that wait. Objects whose files break off are to be scheduled again. */
      unreadable: Schema.Array(Unreadable)
    })
  ),
  /** Files of the in queue that were preprocessed, and of how many of these copies lie in out queues already. */
  inQueue: Schema.Struct({ preprocessed: Schema.Int, alsoInOutQueues: Schema.Int, notRenamed: Schema.Int }),
  /** What is remembered of objects, so that they are found at targets after they were renamed or removed. */
  previousStates: Schema.Struct({
    users: Schema.Int,
    groups: Schema.Int,
    expired: Schema.Int,
    unreadable: Schema.Array(Unreadable)
  })
})
export type Survey = typeof Survey.Type

export const isEmpty = ({ inQueue, outQueues, previousStates }: Survey): boolean =>
  outQueues.length + inQueue.preprocessed + inQueue.notRenamed + previousStates.users + previousStates.groups === 0 &&
  previousStates.expired + previousStates.unreadable.length === 0

export interface Surveyed {
  /** Whether the files may be put in order when they are read. */
  readonly isOurs: boolean
  /** The names of the school authorities that are configured. */
  readonly configured: ReadonlyArray<string>
}

export const of = (place: OldFiles.Place, { configured, isOurs }: Surveyed) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const queues = yield* OldFiles.outQueues(place)
    const preprocessed = yield* OldFiles.preprocessed(place)
    const copies = new Set(queues.flatMap(({ waiting }) => waiting))
    const survey: Survey = {
      outQueues: yield* Effect.forEach(queues, ({ authority, failed, kept, name, waiting }) =>
        Effect.map(
          authority === null
            ? Effect.succeed({ deletions: 0, unreadable: waiting.map((file) => ({ name: file, reason: impossible })) })
            : read(path.join(place.outQueues, name), waiting),
          ({ deletions, unreadable }) => ({
            schoolAuthority: name,
            isConfigured: configured.includes(name),
            waiting: waiting.length,
            deletions,
            kept: kept.length,
            failed: failed.length,
            unreadable
          })
        )
      ),
      inQueue: {
        preprocessed: preprocessed.length,
        alsoInOutQueues: preprocessed.filter((name) => copies.has(name)).length,
        notRenamed: (yield* OldFiles.notRenamed(place)).length
      },
      previousStates: yield* statesOf(place, isOurs)
    }
    return survey
  })

const impossible = "no school authority can have this name"

/** Which files can't be read, and how many of the others are deletions. */
const read = (directory: string, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const found = yield* Effect.forEach(
      files,
      (name) =>
        Effect.map(Effect.either(fs.readFileString(path.join(directory, name))), (text) => {
          const object = Either.flatMap(
            Either.mapLeft(text, ({ message }) => message),
            (text) => Either.mapLeft(ListenerObject.decodeText(text), ({ reasons }) => reasons.join("; "))
          )
          return Either.match(object, {
            onLeft: (reason) => ({ isDeletion: false, unreadable: [{ name, reason }] }),
            onRight: ({ _tag }) => ({ isDeletion: _tag === "RemovedUser" || _tag === "RemovedGroup", unreadable: [] })
          })
        }),
      { concurrency: 16 }
    )
    return {
      deletions: found.filter(({ isDeletion }) => isDeletion).length,
      unreadable: found.flatMap(({ unreadable }) => unreadable)
    }
  })

const statesOf = ({ states }: OldFiles.Place, isOurs: boolean) =>
  Effect.gen(function* () {
    const counts = { users: 0, groups: 0, expired: 0 }
    const unreadable: Array<typeof Unreadable.Type> = []
    yield* Stream.runForEach(OldStates.read(states, { now: yield* Clock.currentTimeMillis, isOurs }), (portion) =>
      Effect.sync(() => {
        for (const one of portion) {
          if (one._tag === "Expired") counts.expired++
          else if (one._tag === "Unreadable") unreadable.push({ name: one.id, reason: one.reason })
          else counts[PreviousState.isUser(one.state.state) ? "users" : "groups"]++
        }
      })
    )
    return { ...counts, unreadable }
  })

/** For people: what would be taken over, or what was. */
export const describe = (survey: Survey, tense: "would" | "did"): ReadonlyArray<string> => {
  const { inQueue, outQueues, previousStates } = survey
  const taken = (number: number) => (tense === "would" ? "would be" : number === 1 ? "was" : "were")
  const preprocessed = inQueue.preprocessed + inQueue.notRenamed
  const { expired, groups, users } = previousStates
  return [
    ...outQueues.flatMap(({ deletions, failed, isConfigured, kept, schoolAuthority, unreadable, waiting }) => [
      `${schoolAuthority}: ${count(waiting - unreadable.length, "waiting change")} ${taken(waiting - unreadable.length)} taken over.`,
      ...(isConfigured || waiting === unreadable.length
        ? []
        : [
            `  There is no school authority ${JSON.stringify(schoolAuthority)} in conf/school_authorities: until there is, its changes wait.`
          ]),
      ...(deletions <= defaultDeletionLimit.deletions
        ? []
        : [
            `  ${count(deletions, "of them are deletion")}. They have waited for delivery already: they ${tense === "would" ? "would be" : "are"} carried out without being confirmed.`
          ]),
      ...unreadable.map(({ name, reason }) => `  ${name} can't be read (${reason}): schedule its object again.`),
      ...aside(schoolAuthority, kept, "put aside after an unexpected error", "--kept"),
      ...aside(schoolAuthority, failed, "whose delivery failed", "--failed")
    ]),
    ...(preprocessed === 0
      ? []
      : [
          `In queue: ${count(preprocessed, "file")} preprocessed already, ${inQueue.alsoInOutQueues} of them with copies in out queues.`
        ]),
    `Previous states: ${count(users, "user")} and ${count(groups, "group")} ${taken(users + groups)} taken over${expired === 0 ? "" : `; ${expired} ${tense === "would" ? "would be" : expired === 1 ? "was" : "were"} left out, since ${expired === 1 ? "its object was" : "their objects were"} removed more than seven days ago`}.`,
    ...previousStates.unreadable.map(({ name, reason }) => `  that of ${name} can't be read: ${reason}.`)
  ]
}

const aside = (authority: string, number: number, which: string, option: string): ReadonlyArray<string> =>
  number === 0
    ? []
    : [
        `  ${count(number, "change")} ${which} ${number === 1 ? "is" : "are"} left alone: id-connector upgrade ${option} ${JSON.stringify(authority)} delivers what nothing newer has replaced.`
      ]

const count = (number: number, noun: string): string =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`
