/** What administrators do to the configuration: checked, saved, and logged with who it was. */
import { Failed, NotFound, problemOf, Refused, Unacceptable } from "@id-connector/api/ApiError"
import type { Administrator } from "@id-connector/api/Authentication"
import { say, told } from "@id-connector/api/ErrorSentences"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import { Connector } from "@id-connector/core/Connector"
import * as AuthorityPatch from "@id-connector/core/config/AuthorityPatch"
import { ConfigStore, type ConfigurationNotSaved } from "@id-connector/core/config/ConfigStore"
import { Events } from "@id-connector/core/events/Events"
import * as Problems from "@id-connector/core/input/Problems"
import type { QueueStoreError } from "@id-connector/core/queue/QueueStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { type Plugin, Plugins } from "@id-connector/core/targets/Plugin"
import * as Validation from "@id-connector/core/targets/Validation"
import { Effect, Either, Option } from "effect"
import * as ByWhom from "./ByWhom.js"

type Json = { readonly [key: string]: unknown }
type Change<A, E> = Effect.Effect<A, E | Failed, Administrator>

export interface AuthorityChanges {
  readonly create: (json: Json) => Change<SchoolAuthority.SchoolAuthority, Refused | Unacceptable>
  /** What the patch does not name stays as it is, and so does the name. */
  readonly patch: (name: string, patch: Json) => Change<SchoolAuthority.SchoolAuthority, Refused | Unacceptable>
  /** Also one that is not configured any more and has items. */
  readonly remove: (name: string) => Change<void, NotFound>
  /** Answers with warnings. */
  readonly setMapping: (mapping: { readonly [school: string]: string }) => Change<ReadonlyArray<string>, Unacceptable>
}

/** An authority from outside, or everything that makes it unacceptable. */
export const decode = (
  plugins: ReadonlyArray<Plugin>,
  json: unknown
): Either.Either<SchoolAuthority.SchoolAuthority, ReadonlyArray<string>> =>
  Either.flatMap(SchoolAuthority.decode(json), (authority) => {
    const { errors } = Validation.validate(plugins, authority)
    return errors.length === 0 ? Either.right(authority) : Either.left(errors)
  })

/** A stored secret is not sent to a server that it was not given for. */
const withSecrets = (old: SchoolAuthority.SchoolAuthority, patch: Json): Either.Either<Json, Unacceptable> => {
  const missing = AuthorityPatch.secretsToGiveAgain(old, patch)
  return missing.length === 0
    ? Either.right(patch)
    : Either.left(
        new Unacceptable({
          problems: missing.map((path) =>
            problemOf(
              `${path}: has to be given again, because scheme, host or port of the URL change: the stored value is not sent to another server`
            )
          )
        })
      )
}

/** `old` with what a patch changes, or everything that makes it unacceptable. */
export const patched = (
  plugins: ReadonlyArray<Plugin>,
  old: SchoolAuthority.SchoolAuthority,
  patch: Json
): Either.Either<SchoolAuthority.SchoolAuthority, ReadonlyArray<string>> =>
  Option.match(Option.fromNullable(SchoolAuthority.tooLarge(patch)), {
    onNone: () => decode(plugins, { ...AuthorityPatch.apply(old, patch), name: old.name }),
    onSome: (problem) => Either.left([problem])
  })

export const make: Effect.Effect<AuthorityChanges, never, ConfigStore | Connector | Events | Plugins> = Effect.gen(
  function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const events = yield* Events
    const plugins = yield* Plugins

    const reportUnknown = (authority: SchoolAuthority.AuthorityName, json: Json) =>
      Effect.forEach(
        Validation.unknownKeys(json),
        (problem) => events.publish({ _tag: "ConfigurationProblem", authority, problem }),
        { discard: true }
      ).pipe(Effect.annotateLogs({ module: "Config" }))

    return {
      create: (json) =>
        Effect.gen(function* () {
          const authority = yield* Either.mapLeft(
            decode(plugins, json),
            (reasons) => new Unacceptable({ problems: reasons.map(problemOf) })
          )
          yield* Effect.catchTags(config.create(authority), {
            AuthorityExists: refused,
            ConfigurationNotSaved: notSaved
          })
          yield* logged("Created a school authority.", { authority: authority.name })
          yield* reportUnknown(authority.name, json)
          return authority
        }),

      patch: (name, patch) =>
        Effect.gen(function* () {
          const authority = yield* config
            .update(name, (old) =>
              Either.flatMap(withSecrets(old, patch), () =>
                Either.mapLeft(
                  patched(plugins, old, patch),
                  (reasons) => new Refused(say("not_acceptable", { problems: reasons.join("; ") }))
                )
              )
            )
            .pipe(Effect.catchTags({ AuthorityUnknown: refused, ConfigurationNotSaved: notSaved }))
          yield* logged("Changed a school authority.", {
            authority: authority.name,
            keys: Problems.cut(Object.keys(patch).join(", "))
          })
          yield* reportUnknown(authority.name, patch)
          return authority
        }),

      remove: (name) =>
        connector.deleteAuthority(name).pipe(
          Effect.catchTags({
            AuthorityUnknown: ({ message }) => Effect.fail(new NotFound(told(message))),
            ConfigurationNotSaved: notSaved,
            QueueStoreError: notSaved
          }),
          Effect.zipLeft(logged("Removed a school authority.", { authority: name }))
        ),

      setMapping: (mapping) =>
        Effect.gen(function* () {
          const problems = SchoolMapping.problemsOf(mapping)
          if (problems.length > 0)
            return yield* Effect.fail(new Unacceptable({ problems: problems.map(mappingProblem) }))
          yield* Effect.catchTag(config.setMapping(mapping), "ConfigurationNotSaved", notSaved)
          yield* logged("Replaced the mapping of schools.", { schools: Object.keys(mapping).length })
          return ConfigurationChanges.warningsOf(yield* config.current)
        })
    }
  }
)

const mappingProblem = (msg: string) => ({ loc: ["body", "mapping"], msg, type: "value_error" })

const refused = ({ message }: { readonly message: string }) => Effect.fail(new Refused(told(message)))

const notSaved = ({ message }: ConfigurationNotSaved | QueueStoreError) =>
  Effect.zipRight(Effect.logError(message), Effect.fail(new Failed(told(message))))

/** Who has changed the configuration, for the log of what then happens in the queues. */
const logged = (what: string, details: Json) =>
  ByWhom.logged(Effect.logInfo(what, details).pipe(Effect.annotateLogs({ module: "Config" })))
