/**
 * A scenario: school authorities and what their targets hold, listener files in steps, and what the targets hold in the
 * end. Scenarios are data (`scenarios/*.json`), so that the same ones can be run in process, over HTTPS, and against a
 * running connector.
 */
import { Schema } from "effect"

const Authority = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** Users and classes as a target holds them, see `KelvinSimulator.state`. */
const Holding = Schema.Struct({ users: Schema.Array(Schema.Unknown), classes: Schema.Array(Schema.Unknown) })

export const Scenario = Schema.Struct({
  title: Schema.String,
  /** Base DN of the source directory. */
  base: Schema.String,
  sourceUid: Schema.optional(Schema.String),
  /** School to authority. */
  mapping: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** The source directory, in the format of `IDC_DIRECTORY=file:`. */
  directory: Schema.Struct({ users: Schema.Array(Schema.Unknown), groups: Schema.Array(Schema.Unknown) }),
  /** By authority name. `authority` is the authority's configuration file without name and URL. */
  targets: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      schools: Schema.Array(Schema.String),
      holds: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
      authority: Authority
    })
  }),
  /** Files of a step are there at once; the next step comes when all is quiet. A text is written as it is. */
  steps: Schema.Array(Schema.Array(Schema.Struct({ file: Schema.String, content: Schema.Unknown }))),
  /** What each target holds in the end. */
  ends: Schema.Record({ key: Schema.String, value: Holding }),
  /** Listener files in the trash of the in queue in the end. */
  trash: Schema.Array(Schema.String)
})
export type Scenario = typeof Scenario.Type

/** Reads a scenario, or says what is wrong with it. */
export const decode = Schema.decodeUnknown(Schema.parseJson(Scenario))

/** The authority's configuration file when its target is at `url`. */
export const authorityFile = (scenario: Scenario, name: string, url: string) => ({
  name,
  url,
  ...scenario.targets[name]?.authority
})
