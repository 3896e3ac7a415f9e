/** A configuration that is given as values, not as files: for who embeds the connector. It can be changed while it runs. */
import { Context, Effect, Either, Layer, Schema } from "effect"
import * as Problems from "../input/Problems.js"
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

/** Reads values with care: what is wrong is named by its place, the authority by its name, too. The authorities keep their order. */
export const configuration = ({ authorities, mapping }: Values): Either.Either<Configuration, ValuesInvalid> => {
  const problems: Array<string> = []
  const read: Array<SchoolAuthority.SchoolAuthority> = []
  for (const [index, given] of authorities.entries()) {
    const where = `authorities[${index}]${nameIn(given)}`
    const decoded = SchoolAuthority.decode(given)
    if (Either.isLeft(decoded)) problems.push(...decoded.left.map((problem) => `${where}: ${problem}`))
    else if (read.some(({ name }) => name === decoded.right.name)) {
      problems.push(`${where}: there is another authority of that name`)
    } else read.push(decoded.right)
  }
  problems.push(...SchoolMapping.problemsOf(mapping).map((problem) => `mapping.${problem}`))
  return problems.length > 0
    ? Either.left(new ValuesInvalid({ problems }))
    : Either.right({ authorities: read, mapping: SchoolMapping.make(mapping), absent: new Map(), problems: [] })
}

const nameIn = (given: unknown): string =>
  typeof given === "object" && given !== null && "name" in given && typeof given.name === "string"
    ? ` (${Problems.cut(given.name)})`
    : ""

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
