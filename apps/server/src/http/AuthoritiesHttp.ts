/** School authorities and the mapping of schools, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import { Connector } from "@id-connector/core/Connector"
import { masked } from "@id-connector/core/config/AuthorityPatch"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { AuthorityName, type SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as AuthorityCheck from "@id-connector/core/targets/AuthorityCheck"
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

    /** Also of one that is not configured, and has items. */
    const statusOf = (name: string) =>
      Effect.gen(function* () {
        const queues = yield* Effect.mapError(connector.status, ({ message }) => new Failed({ detail: message }))
        const queue = queues.find(({ authority }) => authority === name)
        const { authorities, problems } = yield* config.current
        const authority = authorities.find((authority) => authority.name === name)
        if (authority === undefined && queue === undefined) return yield* Effect.fail(noAuthority(name))
        const found = authority === undefined ? { errors: [], warnings: [] } : Validation.validate(plugins, authority)
        const broken = problems.filter((one) => one.authority === null || one.authority === name)
        return ShownStatus.of(authority ?? { name: AuthorityName.make(name), active: false }, queue, {
          errors: [...broken.map(({ problem }) => problem), ...found.errors],
          warnings: found.warnings
        })
      })

    const saved = (authority: SchoolAuthority) => {
      const { warnings } = Validation.validate(plugins, authority)
      return { ...masked(authority), ...(warnings.length === 0 ? {} : { warnings }) }
    }

    const check = (authority: SchoolAuthority) =>
      Effect.map(Effect.provideService(AuthorityCheck.check(authority), Plugins, plugins), (findings) => ({
        ok: findings.every(({ severity }) => severity !== "error"),
        findings
      }))

    return handlers
      .handle("list", () => Effect.map(config.current, ({ authorities }) => authorities.map(masked)))
      .handle("create", ({ payload }) => Effect.map(changes.create(payload), masked))
      .handle("get", ({ path: { name } }) => Effect.map(find(name), masked))
      .handle("patch", ({ path: { name }, payload }) => Effect.map(changes.patch(name, payload), saved))
      .handle("remove", ({ path: { name } }) => changes.remove(name))
      .handle("status", ({ path: { name } }) => statusOf(name))
      .handle("check", ({ path: { name } }) => Effect.flatMap(find(name), check))
      .handle("mapping", () =>
        Effect.map(config.current, ({ mapping }) => ({ mapping: Object.fromEntries(mapping.entries) }))
      )
      .handle("setMapping", ({ payload: { mapping } }) =>
        Effect.map(changes.setMapping(mapping), (warnings) =>
          warnings.length === 0 ? { mapping } : { mapping, warnings }
        )
      )
  })
)

const noAuthority = (name: string) =>
  new NotFound({ detail: `There is no school authority ${JSON.stringify(name.slice(0, 200))}.` })
