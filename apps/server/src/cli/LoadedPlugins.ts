/** Plugins as commands load them: without a connector around them. */
import type { Plugin } from "@id-connector/core/targets/Plugin"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Context, Effect } from "effect"
import * as PluginFiles from "../plugins/PluginFiles.js"
import { CannotStart } from "./CannotStart.js"

/** Those in the files under a directory, and what is wrong with the others. */
export const load = (appDir: string) =>
  Effect.mapError(PluginFiles.load(appDir), ({ problems }) => new CannotStart({ lines: [...problems] }))

/** All of them, for their checks of configurations: these need nothing of a connector. */
export const checking = ({ plugins }: PluginFiles.Loaded): ReadonlyArray<Plugin> =>
  KelvinPlugin.withBuiltIn(plugins, Context.empty() as Context.Context<PluginFiles.Needs>)
