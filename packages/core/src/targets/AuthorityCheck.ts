/** A thorough look at a school authority: its configuration, and what its plugins find out about the target. Changes nothing. */
import { Effect } from "effect"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import type { ConfigurationUnusable } from "./DeliveryError.js"
import * as Findings from "./Findings.js"
import * as Plugin from "./Plugin.js"
import * as PluginChoice from "./PluginChoice.js"
import * as Validation from "./Validation.js"

/** Everything that was found, the configuration first. Asks the target on connections of its own. */
export const check = Effect.fn("AuthorityCheck.check")(function* (authority: SchoolAuthority) {
  const plugins = yield* Plugin.Plugins
  const asked = yield* Effect.forEach(PluginChoice.ofAuthority(plugins, authority), (plugin) =>
    Effect.scoped(Effect.flatMap(plugin.handler(authority), (handler) => handler.check)).pipe(
      Effect.catchTags({
        ConfigurationUnusable: (unusable) => Effect.succeed(unusableFor(unusable)),
        PluginFailed: ({ message }) => Effect.succeed([{ severity: "error", about: "plugins", text: message } as const])
      }),
      Effect.map((findings) => findings.map((finding) => Findings.coded(finding, plugin.name)))
    )
  )
  const found = asked.flat()
  const { errors, warnings } = Validation.validate(plugins, authority)
  const known = new Set(found.map(({ about, text }) => `${about}: ${text}`))
  const isNew = ({ about, text }: Findings.CodedFinding) => !known.has(`${about}: ${text}`)
  return [
    ...errors.map((problem) => Findings.ofProblem("error", problem)),
    ...warnings.map((problem) => Findings.ofProblem("warning", problem)).filter(isNew),
    ...found
  ]
})

const unusableFor = ({ problems }: ConfigurationUnusable): ReadonlyArray<Plugin.Finding> =>
  problems.map((problem) => Findings.ofProblem("error", problem))
