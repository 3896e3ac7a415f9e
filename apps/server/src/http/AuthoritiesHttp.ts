/** School authorities and the mapping of schools, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound, problemOf, Refused, Unacceptable } from "@id-connector/api/ApiError"
import { Administrator } from "@id-connector/api/Authentication"
import { Connector } from "@id-connector/core/Connector"
import * as AuthorityPatch from "@id-connector/core/config/AuthorityPatch"
import { type AuthorityUnknown, ConfigStore, type ConfigurationNotSaved } from "@id-connector/core/config/ConfigStore"
import { Events } from "@id-connector/core/events/Events"
import type { OutQueueStatus } from "@id-connector/core/queue/out/OutQueueState"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as AuthorityCheck from "@id-connector/core/targets/AuthorityCheck"
import { Plugins } from "@id-connector/core/targets/Plugin"
import * as Validation from "@id-connector/core/targets/Validation"
import { Effect, Either } from "effect"
import { iso } from "./Time.js"

const unknown = ({ message }: AuthorityUnknown) => new NotFound({ detail: message })
const notSaved = ({ message }: ConfigurationNotSaved) =>
  Effect.zipRight(Effect.logError(message), Effect.fail(new Failed({ detail: message })))

/** Who has changed the configuration, for the log of what then happens in the queues. */
const changed = (what: string, details: { readonly [key: string]: unknown }) =>
  Effect.flatMap(Administrator, ({ username }) =>
    Effect.logInfo(what, { ...details, by: username }).pipe(Effect.annotateLogs({ module: "Config" }))
  )

const pausedOf = (status: OutQueueStatus | null) => {
  switch (status?._tag) {
    case "Paused":
      return { reason: status.reason, until: status.until === null ? null : iso(status.until) }
    case "PausedByHand":
      return {
        reason: "An administrator has paused the queue. It goes on with POST /queues/{name}/resume.",
        until: null
      }
    case "Running":
    case undefined:
      return null
  }
}

export const layer = HttpApiBuilder.group(Api, "authorities", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const events = yield* Events
    const plugins = yield* Plugins

    /** An authority from outside, or everything that makes it unacceptable. */
    const decode = (json: unknown): Either.Either<SchoolAuthority.SchoolAuthority, ReadonlyArray<string>> =>
      Either.flatMap(SchoolAuthority.decode(json), (authority) => {
        const { errors } = Validation.validate(plugins, authority)
        return errors.length === 0 ? Either.right(authority) : Either.left(errors)
      })
    const reportUnknown = (authority: SchoolAuthority.AuthorityName, payload: { readonly [key: string]: unknown }) =>
      Effect.forEach(
        Validation.unknownKeys(payload),
        (problem) =>
          events.publish({
            _tag: "ConfigurationProblem",
            authority,
            problem
          }),
        { discard: true }
      ).pipe(Effect.annotateLogs({ module: "Config" }))

    const find = (name: string) =>
      Effect.flatMap(config.current, ({ authorities }) => {
        const found = authorities.find((authority) => authority.name === name)
        return found === undefined
          ? Effect.fail(new NotFound({ detail: `There is no school authority ${JSON.stringify(name.slice(0, 200))}.` }))
          : Effect.succeed(found)
      })

    return handlers
      .handle("list", () => Effect.map(config.current, ({ authorities }) => authorities.map(AuthorityPatch.masked)))
      .handle("create", ({ payload }) =>
        Effect.gen(function* () {
          const decoded = decode(payload)
          if (Either.isLeft(decoded)) {
            return yield* Effect.fail(new Unacceptable({ problems: decoded.left.map(problemOf) }))
          }
          yield* config.create(decoded.right).pipe(
            Effect.catchTags({
              AuthorityExists: ({ message }) => Effect.fail(new Refused({ detail: message })),
              ConfigurationNotSaved: notSaved
            })
          )
          yield* changed("Created a school authority.", { authority: decoded.right.name })
          yield* reportUnknown(decoded.right.name, payload)
          return AuthorityPatch.masked(decoded.right)
        })
      )
      .handle("get", ({ path: { name } }) => Effect.map(find(name), AuthorityPatch.masked))
      .handle("patch", ({ path: { name }, payload }) =>
        config
          .update(name, (old) =>
            Either.mapLeft(
              decode({ ...AuthorityPatch.apply(old, payload), name: old.name }),
              (problems) => new Refused({ detail: problems.join("; ") })
            )
          )
          .pipe(
            Effect.tap(({ name }) =>
              changed("Changed a school authority.", { authority: name, keys: Object.keys(payload).join(", ") })
            ),
            Effect.tap(({ name }) => reportUnknown(name, payload)),
            Effect.map(AuthorityPatch.masked),
            Effect.catchTags({
              AuthorityUnknown: ({ message }) => Effect.fail(new Refused({ detail: message })),
              ConfigurationNotSaved: notSaved
            })
          )
      )
      .handle("remove", ({ path: { name } }) =>
        Effect.catchTags(
          Effect.zipLeft(config.remove(name), changed("Removed a school authority.", { authority: name })),
          {
            AuthorityUnknown: (error) => Effect.fail(unknown(error)),
            ConfigurationNotSaved: notSaved
          }
        )
      )
      .handle("status", ({ path: { name } }) =>
        Effect.gen(function* () {
          const authority = yield* find(name)
          const all = yield* Effect.mapError(connector.status, ({ message }) => new Failed({ detail: message }))
          const one = all.find(({ authority }) => authority === name)
          const status = one?.status ?? null
          return {
            name,
            active: authority.active,
            reachable: status === null || status._tag === "PausedByHand" ? null : status._tag === "Running",
            paused: pausedOf(status),
            last_error:
              one?.report?.lastError == null
                ? null
                : { at: iso(one.report.lastError.at), reason: one.report.lastError.reason },
            last_delivery: one?.report?.lastDeliveredAt == null ? null : iso(one.report.lastDeliveredAt),
            delivered: one?.report?.delivered ?? 0,
            failed: one?.report?.failed ?? 0,
            delivered_last_minute: one?.report?.deliveredLastMinute ?? 0,
            items: {
              waiting: one?.waiting ?? 0,
              in_flight: one?.inFlight ?? 0,
              held: one?.held ?? 0,
              dead: one?.dead ?? 0
            },
            configuration: Validation.validate(plugins, authority)
          }
        })
      )
      .handle("check", ({ path: { name } }) =>
        Effect.gen(function* () {
          const findings = yield* Effect.provideService(AuthorityCheck.check(yield* find(name)), Plugins, plugins)
          return { ok: findings.every(({ severity }) => severity !== "error"), findings }
        })
      )
      .handle("mapping", () =>
        Effect.map(config.current, ({ mapping }) => ({ mapping: Object.fromEntries(mapping.entries) }))
      )
      .handle("setMapping", ({ payload: { mapping } }) =>
        config
          .setMapping(mapping)
          .pipe(
            Effect.catchTag("ConfigurationNotSaved", notSaved),
            Effect.zipRight(changed("Replaced the mapping of schools.", { schools: Object.keys(mapping).length })),
            Effect.as({ mapping })
          )
      )
  })
)
