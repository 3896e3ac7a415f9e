/** A school authority's target, with everything a delivery to it needs. */
import { ConfigStore, type Configuration } from "@id-connector/core/config/ConfigStore"
import { Directory } from "@id-connector/core/directory/Directory"
import type { PasswordHashes } from "@id-connector/core/directory/PasswordHashes"
import type { SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import { type DirectoryLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { type DeliveryError, TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import { Effect, Option } from "effect"
import * as KelvinClient from "../client/KelvinClient.js"
import * as KelvinUrl from "../client/KelvinUrl.js"
import * as KelvinSettings from "../settings/KelvinSettings.js"
import type * as Variation from "../settings/Variation.js"
import { PasswordDigest } from "./PasswordDigest.js"

export interface Target {
  readonly authority: SchoolAuthority
  /** How its plugin differs from the Kelvin plugin. */
  readonly varied: Variation.Varied
  readonly client: KelvinClient.KelvinClient
  readonly settings: KelvinSettings.KelvinSettings
  readonly urls: KelvinUrl.KelvinUrls
  readonly layout: DirectoryLayout
  readonly sourceUid: Effect.Effect<string>
  /** For this address, see `PasswordDigest`. */
  readonly digest: (hashes: PasswordHashes) => Effect.Effect<string>
  /** As earlier versions made it, for any address. */
  readonly digestAnywhere: (hashes: PasswordHashes) => Effect.Effect<string>
  /** The schools that the mapping gives to this authority. */
  readonly handledSchools: Effect.Effect<SchoolName.SchoolSet>
  /**
   * The schools of the target, for an object of these schools. They are asked for anew when one that this authority handles
   * is not among the remembered ones: it may have been created there meanwhile.
   */
  readonly schoolsFor: (schools: ReadonlyArray<string>) => Effect.Effect<SchoolName.SchoolSet, DeliveryError>
  /** The entryUUID of the class of that name in the source directory, or null. */
  readonly sourceClass: (school: string, name: string) => Effect.Effect<string | null, DeliveryError>
  /**
   * `known`, and those of `schools` that the target has though they are not among them: each is asked for by its name. A list may
   * be empty or short for a moment, and nothing must be removed because of that.
   */
  readonly askedFor: (
    known: SchoolName.SchoolSet,
    schools: ReadonlyArray<string>
  ) => Effect.Effect<SchoolName.SchoolSet, DeliveryError>
}

/** The target of an authority, under the configuration of its plugin. Its connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (authority: SchoolAuthority, varied: Variation.Varied) {
  const config = yield* ConfigStore
  const digest = yield* PasswordDigest
  const directory = yield* Directory
  const domain = yield* SourceDomain
  const settings = yield* KelvinSettings.decode(authority, varied.name)
  const client = yield* KelvinClient.make({
    baseUrl: settings.baseUrl,
    username: settings.username,
    password: settings.password,
    tls: settings.tls,
    connections: settings.concurrency,
    requestsPerSecond: settings.requestsPerSecond
  })
  const handledSchools = Effect.map(config.current, ({ mapping }: Configuration) => mapping.schoolsOf(authority.name))
  const address = new URL(settings.baseUrl).href.replace(/\/*$/, "/")
  const target: Target = {
    authority,
    varied,
    client,
    settings,
    urls: KelvinUrl.make(settings.baseUrl),
    layout: domain.layout,
    sourceUid: domain.sourceUid,
    digest: (hashes) => digest.of(hashes, address),
    digestAnywhere: (hashes) => digest.of(hashes, null),
    handledSchools,
    schoolsFor: Effect.fnUntraced(function* (schools) {
      const known = yield* client.schools
      const handled = yield* handledSchools
      const isComplete = schools.every((school) => known.has(school) || !handled.has(school))
      return isComplete ? known : yield* client.refreshSchools
    }),
    sourceClass: (school, name) =>
      Effect.mapBoth(directory.group(`${school}-${name}`), {
        onSuccess: (group) => Option.getOrNull(group)?.entryUuid ?? null,
        // The source directory is the connector's own: the queue waits for it like for a target.
        onFailure: ({ message }) => new TargetUnavailable({ detail: message, retryAfter: null, answered: true })
      }),
    askedFor: Effect.fnUntraced(function* (known, schools) {
      const missing = SchoolName.makeSet(schools.filter((school) => !known.has(school))).names
      const found = yield* Effect.forEach(missing, client.findSchool)
      return found.every(Option.isNone) ? known : SchoolName.makeSet([...known.names, ...found.flatMap(Option.toArray)])
    })
  }
  return target
})

/** What functions of a plugin's own are told besides the object. */
export const factsFor = (target: Target, schools: SchoolName.SchoolSet): Effect.Effect<Variation.Facts> =>
  Effect.map(target.handledSchools, (handledSchools) => ({ authority: target.authority, schools, handledSchools }))
