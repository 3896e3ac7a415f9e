/** Previews, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound, problemOf, Unacceptable } from "@id-connector/api/ApiError"
import { becauseCodes, type DistributionReason, ignoredCodes } from "@id-connector/api/DistributionReason"
import { say, told } from "@id-connector/api/ErrorSentences"
import type { Preview as Shown } from "@id-connector/api/PreviewApi"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import type { Directory } from "@id-connector/core/directory/Directory"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import * as Distribution from "@id-connector/core/mapping/Distribution"
import * as Preview from "@id-connector/core/Preview"
import type { PreviousStateStore } from "@id-connector/core/queue/PreviousStateStore"
import type { QueueStore } from "@id-connector/core/queue/QueueStore"
import type { SourceDomain } from "@id-connector/core/schools/SourceDomain"
import type { Plugins } from "@id-connector/core/targets/Plugin"
import { Effect, Either } from "effect"

type Needs = ConfigStore | Directory | Plugins | PreviousStateStore | QueueStore | SourceDomain

interface Asked {
  readonly object?: unknown
  readonly user?: string
  readonly group?: string
}

/** The object that is asked about: as it was sent, or as the source directory has it. */
const objectOf = ({ group, object, user }: Asked) => {
  if (user !== undefined) return Preview.lookUp("user", user)
  if (group !== undefined) return Preview.lookUp("group", group)
  return Either.mapLeft(ListenerObject.decode(object), (reasons) => new Unacceptable({ problems: reasons.map(inBody) }))
}

/** Where it is in the body that was sent. */
const inBody = (reason: string) => problemOf(/^[\w.]+: /.test(reason) ? `object.${reason}` : `object: ${reason}`)

/** What the source directory says is not what was sent. */
const ofDirectory = (reason: string) =>
  `what the source directory says of it can't be used: ${reason.replace(/^id: .*/, "it has no entryUUID")}`

const failed = ({ message }: { readonly message: string }) => new Failed(told(message))

export const layer = HttpApiBuilder.group(Api, "preview", (handlers) =>
  Effect.map(Effect.context<Needs>(), (context) =>
    handlers.handle("preview", ({ payload }) =>
      Effect.gen(function* () {
        const only = payload.school_authority ?? null
        const { authorities } = yield* (yield* ConfigStore).current
        if (only !== null && !authorities.some(({ name }) => name === only)) {
          return yield* Effect.fail(new NotFound(say("no_school_authority", { school_authority: only.slice(0, 200) })))
        }
        return shown(yield* Preview.preview(yield* objectOf(payload), only))
      }).pipe(
        Effect.catchTags({
          DirectoryError: (error) => Effect.fail(failed(error)),
          QueueStoreError: (error) => Effect.fail(failed(error)),
          PluginFailed: (error) => Effect.fail(failed(error)),
          ObjectUnknown: ({ message }) => Effect.fail(new NotFound(told(message))),
          ObjectUnfit: ({ reasons }) =>
            Effect.fail(
              new Unacceptable({
                problems: reasons.map((reason) =>
                  problemOf(`${payload.user === undefined ? "group" : "user"}: ${ofDirectory(reason)}`)
                )
              })
            )
        }),
        Effect.provide(context)
      )
    )
  )
)

const reason = (because: Distribution.Because): typeof DistributionReason.Type => {
  const { _tag, ...values } = because
  return { code: becauseCodes[_tag], values, text: Distribution.describeBecause(because) }
}

const ignoredReason = (ignored: Distribution.Ignored): typeof DistributionReason.Type => {
  const { _tag, ...values } = ignored
  return { code: ignoredCodes[_tag], values, text: Distribution.describeIgnored(ignored) }
}

const shown = ({ authorities, ignored, ignoredReasons, object, problems }: Preview.Preview): typeof Shown.Type => ({
  object: {
    ...subjectOf(object),
    id: object.id,
    dn: object.dn,
    change: object._tag === "ChangedUser" || object._tag === "ChangedGroup" ? "changed" : "removed"
  },
  problems,
  ignored,
  ignored_reasons: ignoredReasons.map(ignoredReason),
  school_authorities: authorities.map(({ active, authority, because, isWaiting, plugins, reasons }) => ({
    name: authority,
    active,
    concerned: because.length > 0,
    because,
    reasons: reasons.map(reason),
    change_waiting: isWaiting,
    plugins: plugins.map(({ plugin, result }) =>
      Either.isRight(result) ? { plugin, problem: null, ...result.right } : { ...nothing, plugin, problem: result.left }
    )
  }))
})

const nothing = {
  outcome: null,
  detail: null,
  mapping: null,
  attributes: {},
  sources: {},
  differences: [],
  requests: [],
  warnings: []
}
