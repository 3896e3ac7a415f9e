/** The configured school authorities and the mapping of schools to them, and how they are changed while all is running. */
import { Context, type Effect, Schema, type Stream } from "effect"
import * as Sentence from "../input/Sentence.js"
import { AuthorityName, type SchoolAuthority } from "../schools/SchoolAuthority.js"
import type { SchoolMapping } from "../schools/SchoolMapping.js"

/** One consistent state of the configuration. Authorities are sorted by name, names are unique. */
export interface Configuration {
  readonly authorities: ReadonlyArray<SchoolAuthority>
  readonly mapping: SchoolMapping
  /**
   * Authorities that were configured and are not any more, though nobody has deleted them (the file was moved away, or renamed),
   * with the time since when, in milliseconds since 1970. Their queues rest.
   */
  readonly absent: ReadonlyMap<AuthorityName, number>
  /** What is configured and can't be used: the last good state of it stays in effect. */
  readonly problems: ReadonlyArray<ConfigurationProblem>
}

/** A text that says where it is. */
export interface ConfigurationProblem {
  /** Null: it concerns all of them. */
  readonly authority: AuthorityName | null
  readonly problem: string
}

/** Why a change of it is not made. */
export const configSentences = {
  school_authority_exists:
    'There is a school authority "{school_authority}" already. Choose another name, or change that one.',
  no_school_authority: 'There is no school authority "{school_authority}".',
  configuration_not_saved: "The configuration could not be saved, nothing has changed: {reason}"
} as const

const say = Sentence.saying(configSentences)

/** An authority of that name exists. */
export class AuthorityExists extends Schema.TaggedError<AuthorityExists>()("AuthorityExists", {
  name: AuthorityName
}) {
  override get message() {
    return say("school_authority_exists", { school_authority: this.name }).text
  }
}

/** No authority of that name exists. */
export class AuthorityUnknown extends Schema.TaggedError<AuthorityUnknown>()("AuthorityUnknown", {
  name: Schema.String
}) {
  override get message() {
    return say("no_school_authority", { school_authority: this.name }).text
  }
}

/** The change could not be saved (disk full, rights): everything is as before. */
export class ConfigurationNotSaved extends Schema.TaggedError<ConfigurationNotSaved>()("ConfigurationNotSaved", {
  detail: Schema.String
}) {
  override get message() {
    return say("configuration_not_saved", { reason: this.detail }).text
  }
}

export interface ConfigStoreShape {
  readonly current: Effect.Effect<Configuration>
  /** The mapping that was in effect when the last process ended, null where that is not known. */
  readonly lastMapping: SchoolMapping | null
  /** The current state, then every later one. */
  readonly changes: Stream.Stream<Configuration>
  readonly create: (authority: SchoolAuthority) => Effect.Effect<void, AuthorityExists | ConfigurationNotSaved>
  /**
   * Changes an authority: `change` gets it as it is, and nobody else changes it meanwhile. The name stays. Answers with the
   * authority as it is now.
   */
  readonly update: <E>(
    name: string,
    change: (authority: SchoolAuthority) => Effect.Effect<SchoolAuthority, E>
  ) => Effect.Effect<SchoolAuthority, E | AuthorityUnknown | ConfigurationNotSaved>
  /** Also one that is absent. */
  readonly remove: (name: string) => Effect.Effect<void, AuthorityUnknown | ConfigurationNotSaved>
  readonly setMapping: (mapping: { readonly [school: string]: string }) => Effect.Effect<void, ConfigurationNotSaved>
}

export class ConfigStore extends Context.Tag("@id-connector/core/config/ConfigStore")<
  ConfigStore,
  ConfigStoreShape
>() {}
