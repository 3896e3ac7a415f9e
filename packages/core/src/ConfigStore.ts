/** The configured school authorities and the mapping of schools to them. */
import { Context, type Effect, type Stream } from "effect"
import type { SchoolAuthority } from "./SchoolAuthority.js"
import type { SchoolMapping } from "./SchoolMapping.js"

/** One consistent state of the configuration. Authorities are sorted by name, names are unique. */
export interface Configuration {
  readonly authorities: ReadonlyArray<SchoolAuthority>
  readonly mapping: SchoolMapping
}

export interface ConfigStoreShape {
  readonly current: Effect.Effect<Configuration>
  /** The current state, then every later one. */
  readonly changes: Stream.Stream<Configuration>
}

export class ConfigStore extends Context.Tag("@id-connector/core/ConfigStore")<ConfigStore, ConfigStoreShape>() {}
