/**
 * What is wrong with a school authority's configuration, beyond its form. Errors keep it from being saved. Warnings do not:
 * an authority may be prepared step by step, and says meanwhile why it can't deliver.
 */

import * as Problems from "../input/Problems.js"
import { SchoolAuthority } from "../schools/SchoolAuthority.js"
import { say } from "./Findings.js"
import type { Findings, Plugin } from "./Plugin.js"
import * as PluginChoice from "./PluginChoice.js"

/** Everything at once: what every authority must keep, and what its plugins say. */
export const validate = (plugins: ReadonlyArray<Plugin>, authority: SchoolAuthority): Findings => {
  const used = PluginChoice.ofAuthority(plugins, authority)
  const found = used.map(({ check }) => check(authority))
  const known = plugins.map(({ name }) => name)
  const unknown = PluginChoice.missing(plugins, authority).map((name) => PluginChoice.describeMissing(plugins, name))
  const idle = Object.keys(authority.plugin_configs)
    .filter((name) => known.includes(name) && !used.some((plugin) => plugin.name === name))
    .map((name) => `plugin_configs.${name}: ${say("plugin_unused").text}`)
  return {
    errors: found.flatMap(({ errors }) => errors),
    warnings: Problems.firstFew([...unknown, ...idle, ...found.flatMap(({ warnings }) => warnings)])
  }
}

const keys: ReadonlySet<string> = new Set(Object.keys(SchoolAuthority.fields))

/** Warnings about what an authority from outside has, and what is not kept. */
export const unknownKeys = (json: { readonly [key: string]: unknown }): ReadonlyArray<string> =>
  Problems.firstFew(
    Object.keys(json)
      .filter((key) => !keys.has(key))
      .map((key) => `${Problems.cut(key)}: ${say("key_left_out", { known: [...keys].join(", ") }).text}`)
  )
