/** Scheduling, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import * as ErrorSentences from "@id-connector/api/ErrorSentences"
import type { ObjectUnknown } from "@id-connector/core/directory/Directory"
import { Effect } from "effect"
import { type NotScheduled, Scheduling } from "../files/Scheduling.js"
import * as ByWhom from "./ByWhom.js"

/** At the same time, of a school. */
const parallel = 4

type Failure = ObjectUnknown | NotScheduled | { readonly _tag: "DirectoryError"; readonly message: string }

const failed = ({ _tag, message }: Failure): Effect.Effect<never, NotFound | Failed> =>
  Effect.fail(
    _tag === "ObjectUnknown" ? new NotFound(ErrorSentences.told(message)) : new Failed(ErrorSentences.told(message))
  )

export const layer = HttpApiBuilder.group(Api, "schedule", (handlers) =>
  Effect.map(Scheduling, (scheduling) =>
    handlers
      .handle("user", ({ path: { name } }) =>
        told({ user: name }, Effect.as(Effect.catchAll(scheduling.user(name), failed), { users: 1, groups: 0 }))
      )
      .handle("group", ({ path: { name } }) =>
        told({ group: name }, Effect.as(Effect.catchAll(scheduling.group(name), failed), { users: 0, groups: 1 }))
      )
      .handle("school", ({ path: { name } }) =>
        told({ school: name }, Effect.catchAll(scheduling.school(name, parallel), failed))
      )
  )
)

/** The log says who has asked for it. */
const told = <A extends object, E>(what: { readonly [kind: string]: string }, scheduled: Effect.Effect<A, E>) =>
  Effect.tap(scheduled, (numbers) =>
    ByWhom.logged(
      Effect.annotateLogs(Effect.logInfo("Scheduled objects by hand.", { ...what, ...numbers }), { module: "Schedule" })
    )
  )
