/** School authorities and the mapping of schools, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import { say, told } from "@id-connector/api/ErrorSentences"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import { Connector, type QueueStatus } from "@id-connector/core/Connector"
import { masked } from "@id-connector/core/config/AuthorityPatch"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { AuthorityName, type SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as AuthorityCheck from "@id-connector/core/targets/AuthorityCheck"
import * as Findings from "@id-connector/core/targets/Findings"
import { Plugins } from "@id-connector/core/targets/Plugin"
import * as Validation from "@id-connector/core/targets/Validation"
import { Effect } from "effect"
import * as AuthorityChanges from "./AuthorityChanges.js"
import * as ShownStatus from "./ShownStatus.js"

export const layer = HttpApiBuilder.group(Api, "authorities", (handlers) =>
  Effect.gen(function* () {
    const config = yield* ConfigStore
    const connector = yield* Connector
    const plugins = yield* Plugins
    const changes = yield* AuthorityChanges.make

    const find = (name: string) =>
      Effect.flatMap(config.current, ({ authorities }) => {
        const found = authorities.find((authority) => authority.name === name)
        return found === undefined ? Effect.fail(noAuthority(name)) : Effect.succeed(found)
      })

    /** The out queue of an authority, also of one that the mapping alone names. */
    const queueOf = (name: string) =>
      Effect.gen(function* () {
        const queues = yield* Effect.mapError(connector.status, ({ message }) => new Failed(told(message)))
        const isMapped = ConfigurationChanges.notConfigured(yield* config.current).includes(name)
        return queues.find(({ authority }) => authority === name) ?? (isMapped ? withoutItems(name) : undefined)
      })

    /** Also of one that is not configured, and has items, or is in the mapping. */
    const statusOf = (name: string) =>
      Effect.gen(function* () {
        const queue = yield* queueOf(name)
        const configuration = yield* config.current
        const authority = configuration.authorities.find((authority) => authority.name === name)
        if (authority === undefined && queue === undefined) return yield* Effect.fail(noAuthority(name))
        const found = authority === undefined ? { errors: [], warnings: [] } : Validation.validate(plugins, authority)
        const broken = configuration.problems.filter((one) => one.authority === null || one.authority === name)
        const errors = [...broken.map(({ problem }) => problem), ...found.errors]
        const ofMapping = ConfigurationChanges.warningsOf(configuration)
        return ShownStatus.of(authority ?? { name: AuthorityName.make(name), active: false }, queue, {
          errors,
          warnings: [...ofMapping, ...found.warnings],
          findings: [
            ...errors.map((problem) => Findings.ofProblem("error", problem)),
            ...ofMapping.map(aboutMapping),
            ...found.warnings.map((problem) => Findings.ofProblem("warning", problem))
          ]
        })
      })

    const saved = (authority: SchoolAuthority) => {
      const { warnings } = Validation.validate(plugins, authority)
      return { ...masked(authority), ...withFindings(warnings, (problem) => Findings.ofProblem("warning", problem)) }
    }

    const check = (name: string) =>
      Effect.gen(function* () {
        const configuration = yield* config.current
        const authority = configuration.authorities.find((authority) => authority.name === name)
        if (authority === undefined && (yield* queueOf(name)) === undefined)
          return yield* Effect.fail(noAuthority(name))
        const findings = [
          ...(authority === undefined
            ? [Findings.ofProblem("error", `configuration: ${Findings.say("authority_not_configured").text}`)]
            : yield* Effect.provideService(AuthorityCheck.check(authority), Plugins, plugins)),
          ...ConfigurationChanges.warningsOf(configuration).map(aboutMapping)
        ]
        return { ok: findings.every(({ severity }) => severity !== "error"), findings }
      })

    return handlers
      .handle("list", () => Effect.map(config.current, ({ authorities }) => authorities.map(masked)))
      .handle("create", ({ payload }) => Effect.map(changes.create(payload), saved))
      .handle("get", ({ path: { name } }) => Effect.map(find(name), masked))
      .handle("patch", ({ path: { name }, payload }) => Effect.map(changes.patch(name, payload), saved))
      .handle("remove", ({ path: { name } }) => changes.remove(name))
      .handle("status", ({ path: { name } }) => statusOf(name))
      .handle("check", ({ path: { name } }) => check(name))
      .handle("mapping", () =>
        Effect.map(config.current, ({ mapping }) => ({ mapping: Object.fromEntries(mapping.entries) }))
      )
      .handle("setMapping", ({ payload: { mapping } }) =>
        Effect.map(changes.setMapping(mapping), (warnings) => ({ mapping, ...withFindings(warnings, aboutMapping) }))
      )
  })
)

const aboutMapping = (text: string) => Findings.coded({ severity: "warning", about: "mapping", text }, null)

/** Warnings for people, and once more for programs. */
const withFindings = (warnings: ReadonlyArray<string>, found: (warning: string) => Findings.CodedFinding) =>
  warnings.length === 0 ? {} : { warnings, findings: warnings.map(found) }

const withoutItems = (name: string): QueueStatus => ({
  authority: AuthorityName.make(name),
  configured: { since: null },
  waiting: 0,
  due: 0,
  inFlight: 0,
  held: 0,
  dead: 0,
  status: null,
  report: null
})

const noAuthority = (name: string) => new NotFound(say("no_school_authority", { school_authority: name.slice(0, 200) }))
