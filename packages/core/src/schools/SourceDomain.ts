/** The state's own directory, as far as names are concerned: where classes lie, and which source the users come from. */
import { Context, type Effect } from "effect"

/** Names of containers in the directory. They differ where a domain was not set up in German. */
export interface DirectoryLayout {
  /**
   * Base DN, for example `dc=example,dc=com`. Without one every base is taken: the school and the containers of a DN
   * still have to fit.
   */
  readonly base: string | undefined
  /** Container of school classes, default `klassen`. */
  readonly classes: string
  /** Container of pupils and of their groups, default `schueler`. */
  readonly pupils: string
}

export const defaultLayout: DirectoryLayout = { base: undefined, classes: "klassen", pupils: "schueler" }

export interface SourceDomainShape {
  readonly layout: DirectoryLayout
  /** The source UID of users that have none of their own (UCR `ucsschool-id-connector/source_uid`). It may change while running. */
  readonly sourceUid: Effect.Effect<string>
}

export class SourceDomain extends Context.Tag("@id-connector/core/schools/SourceDomain")<
  SourceDomain,
  SourceDomainShape
>() {}
