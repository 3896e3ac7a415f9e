/** A configuration that is given as values, not as files: for who embeds the connector. It can be changed while it runs. */
import { Context, Effect, Either, Layer, Schema } from "effect"
import * as SchoolAuthority from "../schools/SchoolAuthority.js"
import * as SchoolMapping from "../schools/SchoolMapping.js"
import * as ConfigState from "./ConfigState.js"
import { ConfigStore, type Configuration } from "./ConfigStore.js"

/** What the files of a connector would hold. */
export interface Values {
  readonly authorities: ReadonlyArray<unknown>
  /** School to school authority. */
  readonly mapping: { readonly [school: string]: string }
}

/** Values that can't be used: everything that is wrong with them, each with its path. */
export class ValuesInvalid extends Schema.TaggedError<ValuesInvalid>()("ValuesInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

export interface ConfigValuesShape {
  /** Takes effect at once, wholly or not at all. Queues of authorities that did not change do not notice. */
  readonly set: (values: Values) => Effect.Effect<void, ValuesInvalid>
}

export class ConfigValues extends Context.Tag("@id-connector/core/config/ConfigValues")<
  ConfigValues,
  ConfigValuesShape
>() {}

/** Reads values with care. */
export const configuration = ({ authorities, mapping }: Values): Either.Either<Configuration, ValuesInvalid> => {
  const read = authorities.map(SchoolAuthority.decode)
  const problems = [
    ...read.flatMap((one, index) =>
      Either.isLeft(one) ? one.left.map((problem) => `authorities[${index}].${problem}`) : []
    ),
    ...SchoolMapping.problemsOf(mapping).map((problem) => `mapping.${problem}`)
  ]
  return problems.length > 0
    ? Either.left(new ValuesInvalid({ problems }))
    : Either.right({
        authorities: read.flatMap((one) => (Either.isRight(one) ? [one.right] : [])),
        mapping: SchoolMapping.make(mapping),
        absent: new Map(),
        problems: []
      })
}

/** What is changed through `ConfigStore` lives as long as the layer. */
export const layer = (values: Values): Layer.Layer<ConfigStore | ConfigValues, ValuesInvalid> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const first = yield* configuration(values)
      const store = yield* ConfigState.inMemory(first)
      return Context.make(ConfigStore, store).pipe(
        Context.add(ConfigValues, {
          set: (next) => Effect.flatMap(configuration(next), (read) => store.replace(Effect.succeed(read)))
        })
      )
    })
  )
