/** A thorough look at a school authority: its configuration, and what its plugins find out about the target. Changes nothing. */
import { Effect } from "effect"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import type { ConfigurationUnusable } from "./DeliveryError.js"
import * as Plugin from "./Plugin.js"
import * as PluginChoice from "./PluginChoice.js"
import * as Validation from "./Validation.js"

/** `plugin`: who found it; null for what concerns them all. */
export interface Checked extends Plugin.Finding {
  readonly plugin: string | null
}

/** Everything that was found, the configuration first. Asks the target on connections of its own. */
export const check = Effect.fn("AuthorityCheck.check")(function* (authority: SchoolAuthority) {
  const plugins = yield* Plugin.Plugins
  const asked = yield* Effect.forEach(PluginChoice.ofAuthority(plugins, authority), (plugin) =>
    Effect.scoped(Effect.flatMap(plugin.handler(authority), (handler) => handler.check)).pipe(
      Effect.catchTags({
        ConfigurationUnusable: (unusable) => Effect.succeed(unusableFor(unusable)),
        PluginFailed: ({ message }) => Effect.succeed([configured("error", `plugins: ${message}`)])
      }),
      Effect.map((findings) => findings.map((finding): Checked => ({ ...finding, plugin: plugin.name })))
    )
  )
  const found = asked.flat()
  const { errors, warnings } = Validation.validate(plugins, authority)
  const known = new Set(found.map(({ about, text }) => `${about}: ${text}`))
  const isNew = ({ about, text }: Checked) => !known.has(`${about}: ${text}`)
  return [
    ...errors.map((problem) => configured("error", problem)),
    ...warnings.map((problem) => configured("warning", problem)).filter(isNew),
    ...found
  ]
})

/** `path: what is wrong` */
const configured = (severity: "warning" | "error", problem: string): Checked => {
  const [, about = "configuration", text = problem] = /^([^\s:]+): ([\s\S]*)$/.exec(problem) ?? []
  return { severity, about, text, plugin: null }
}

const unusableFor = ({ problems }: ConfigurationUnusable): ReadonlyArray<Plugin.Finding> =>
  problems.map((problem) => configured("error", problem))
