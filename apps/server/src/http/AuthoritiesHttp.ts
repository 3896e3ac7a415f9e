/** School authorities and the mapping of schools, for the API. */
import { HttpApiBuilder } from "@effect/platform"
import { Api } from "@id-connector/api/Api"
import { Failed, NotFound } from "@id-connector/api/ApiError"
import { Connector } from "@id-connector/core/Connector"
import { masked } from "@id-connector/core/config/AuthorityPatch"
import { ConfigStore } from "@id-connector/core/config/ConfigStore"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
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

    const statusOf = (authority: SchoolAuthority) =>
      Effect.map(connector.status, (queues) =>
        ShownStatus.of(
          authority,
          queues.find((queue) => queue.authority === authority.name),
          Validation.validate(plugins, authority)
        )
      ).pipe(Effect.mapError(({ message }) => new Failed({ detail: message })))

    const check = (authority: SchoolAuthority) =>
      Effect.map(Effect.provideService(AuthorityCheck.check(authority), Plugins, plugins), (findings) => ({
        ok: findings.every(({ severity }) => severity !== "error"),
        findings
      }))

    return handlers
      .handle("list", () => Effect.map(config.current, ({ authorities }) => authorities.map(masked)))
      .handle("create", ({ payload }) => Effect.map(changes.create(payload), masked))
      .handle("get", ({ path: { name } }) => Effect.map(find(name), masked))
      .handle("patch", ({ path: { name }, payload }) => Effect.map(changes.patch(name, payload), masked))
      .handle("remove", ({ path: { name } }) => changes.remove(name))
      .handle("status", ({ path: { name } }) => Effect.flatMap(find(name), statusOf))
      .handle("check", ({ path: { name } }) => Effect.flatMap(find(name), check))
      .handle("mapping", () =>
        Effect.map(config.current, ({ mapping }) => ({ mapping: Object.fromEntries(mapping.entries) }))
      )
      .handle("setMapping", ({ payload: { mapping } }) => Effect.as(changes.setMapping(mapping), { mapping }))
  })
)

const noAuthority = (name: string) =>
  new NotFound({ detail: `There is no school authority ${JSON.stringify(name.slice(0, 200))}.` })
