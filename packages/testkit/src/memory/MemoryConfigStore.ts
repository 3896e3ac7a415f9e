/** A configuration in memory that a test can change while the connector runs. */
import * as ConfigState from "@id-connector/core/config/ConfigState"
import { ConfigStore, type Configuration } from "@id-connector/core/config/ConfigStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Context, Effect, Either, Layer } from "effect"

export interface MemoryConfigStoreShape {
  readonly set: (configuration: Configuration) => Effect.Effect<void>
}

/** The test's side of the configuration. */
export class MemoryConfigStore extends Context.Tag("@id-connector/testkit/memory/MemoryConfigStore")<
  MemoryConfigStore,
  MemoryConfigStoreShape
>() {}

/** A configuration from what its files would hold. Dies when one of them does not decode: a test's own mistake. */
export const configuration = (
  authorities: ReadonlyArray<unknown>,
  mapping: { readonly [school: string]: string }
): Configuration => ({
  authorities: authorities.map((file) =>
    Either.getOrThrowWith(SchoolAuthority.decode(file), (problems) => new Error(problems.join("\n")))
  ),
  mapping: SchoolMapping.make(mapping),
  absent: new Map(),
  problems: []
})

export const layer = (first: Configuration): Layer.Layer<ConfigStore | MemoryConfigStore> =>
  Layer.effectContext(
    Effect.map(ConfigState.inMemory(first), (store) =>
      Context.make(ConfigStore, store).pipe(
        Context.add(MemoryConfigStore, { set: (next) => store.replace(Effect.succeed(next)) })
      )
    )
  )
