/**
 * Why a delivery to a school authority's target did not succeed: few cases, told apart by what is to be done
 * (`FailurePolicy` decides that). None of them holds a secret: requests in {@link Evidence} are masked by who made them.
 */
import { Schema } from "effect"
import * as Sentence from "../input/Sentence.js"

/** What is said of each case. The codes are the tags of the errors, as programs write them. */
export const deliverySentences = {
  target_unavailable: "The target can't be reached now: {detail}.",
  credentials_refused:
    "The target refuses the connector's account: {detail}. Check user name, password and rights of the account in the authority's configuration.",
  configuration_unusable: "The authority's configuration can't be used: {problems}. Correct its configuration file.",
  target_failed: "The target failed: {detail} ({method} {path}, status {status}).",
  target_refused: "The target refuses the object: {detail} ({method} {path}, status {status}).",
  references_unknown: "Delivered without some of {attribute}, which the target does not have yet: {names}.",
  object_undeliverable: "The object can't be delivered: {reasons}.",
  deletion_held_back:
    "The deletion is held back: {deletions} objects were deleted within the last hour, but only {allowed} may be deleted per hour without confirmation. Confirm or discard the deletions of this authority.",
  plugin_failed: "The plugin {plugin} is faulty: its hook {hook} {detail}."
} as const

const say = Sentence.saying(deliverySentences)

/** A request and its answer, for people who have to find out why. Secrets in it are masked. */
export const Evidence = Schema.Struct({
  method: Schema.String,
  path: Schema.String,
  requestId: Schema.NullOr(Schema.String),
  body: Schema.Unknown,
  status: Schema.NullOr(Schema.Int),
  response: Schema.Unknown
})
export type Evidence = typeof Evidence.Type

/** The target as a whole can't be reached now: network, time-out, 429, 502, 503, 504. It will be, later. */
export class TargetUnavailable extends Schema.TaggedError<TargetUnavailable>()("TargetUnavailable", {
  detail: Schema.String,
  /** Milliseconds the target asked to wait (`Retry-After`), or null. */
  retryAfter: Schema.NullOr(Schema.Number),
  /** Whether the target said so itself (429, 503, ...). False: there was no answer at all. */
  answered: Schema.Boolean
}) {
  override get message() {
    return say("target_unavailable", { detail: this.detail }).text
  }
}

/** The target refuses the account (401, 403). Somebody has to correct user name, password or rights. */
export class CredentialsRefused extends Schema.TaggedError<CredentialsRefused>()("CredentialsRefused", {
  detail: Schema.String
}) {
  override get message() {
    return say("credentials_refused", { detail: this.detail }).text
  }
}

/** The authority's configuration can't be used for deliveries. */
export class ConfigurationUnusable extends Schema.TaggedError<ConfigurationUnusable>()("ConfigurationUnusable", {
  /** Each with its path in the configuration file. At least one. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return say("configuration_unusable", { problems: this.problems.join("; ") }).text
  }
}

/** The target failed at this object (500 and the like). Others may go well. */
export class TargetFailed extends Schema.TaggedError<TargetFailed>()("TargetFailed", {
  detail: Schema.String,
  evidence: Evidence,
  /** The answer is not the target's own, but that of something before it: a page, a redirection. It says nothing about the object. */
  isForeign: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message() {
    return say("target_failed", { detail: this.detail, ...requestOf(this.evidence) }).text
  }
}

/** The target refuses what was sent (400, 409, 422): sending the same again is of no use. */
export class TargetRefused extends Schema.TaggedError<TargetRefused>()("TargetRefused", {
  detail: Schema.String,
  evidence: Evidence,
  /** Another account of the target has what the object is to have, or a read that lags behind a write says so. */
  isConflict: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message() {
    return say("target_refused", { detail: this.detail, ...requestOf(this.evidence) }).text
  }
}

/** What could be delivered was; the object names others that the target does not have yet. */
export class ReferencesUnknown extends Schema.TaggedError<ReferencesUnknown>()("ReferencesUnknown", {
  attribute: Schema.String,
  names: Schema.Array(Schema.String)
}) {
  override get message() {
    return say("references_unknown", { attribute: this.attribute, names: listed(this.names) }).text
  }
}

/** The object itself is the problem: a value that can't be mapped, no identity, or several accounts with its identity. */
export class ObjectUndeliverable extends Schema.TaggedError<ObjectUndeliverable>()("ObjectUndeliverable", {
  /** At least one. */
  reasons: Schema.Array(Schema.String)
}) {
  override get message() {
    return say("object_undeliverable", { reasons: this.reasons.join("; ") }).text
  }
}

/** So many objects were deleted at the target lately that this deletion waits until somebody confirms it. */
export class DeletionHeldBack extends Schema.TaggedError<DeletionHeldBack>()("DeletionHeldBack", {
  /** Deletions within the last hour. */
  deletions: Schema.Int,
  /** How many are allowed within an hour. */
  allowed: Schema.Int
}) {
  override get message() {
    return say("deletion_held_back", { deletions: this.deletions, allowed: this.allowed }).text
  }
}

/**
 * A hook of a plugin did what it must not: it threw, did not end in time, or answered with something else than expected. Somebody
 * has to correct the plugin.
 */
export class PluginFailed extends Schema.TaggedError<PluginFailed>()("PluginFailed", {
  plugin: Schema.String,
  /** The file it was loaded from; null: it is built in, or part of the program. */
  origin: Schema.NullOr(Schema.String),
  /** `deliver`, `ping`, ... */
  hook: Schema.String,
  /** What it did, to be read after "its hook deliver": `threw TypeError: x is not a function`. */
  detail: Schema.String
}) {
  override get message() {
    return say("plugin_failed", {
      plugin: describePlugin(this.plugin, this.origin),
      hook: this.hook,
      detail: this.detail
    }).text
  }
}

/** `"webhook" (conf/plugins/plugins/webhook.mjs)` */
export const describePlugin = (name: string, origin: string | null): string =>
  `${JSON.stringify(name)}${origin === null ? "" : ` (${origin})`}`

/** The request that failed and its answer, where there is one. */
export const evidenceOf = (error: DeliveryError): Evidence | null => ("evidence" in error ? error.evidence : null)

export type DeliveryError =
  | TargetUnavailable
  | CredentialsRefused
  | ConfigurationUnusable
  | TargetFailed
  | TargetRefused
  | ReferencesUnknown
  | ObjectUndeliverable
  | DeletionHeldBack
  | PluginFailed

const classes = [
  TargetUnavailable,
  CredentialsRefused,
  ConfigurationUnusable,
  TargetFailed,
  TargetRefused,
  ReferencesUnknown,
  ObjectUndeliverable,
  DeletionHeldBack,
  PluginFailed
]

/** Whether a failure is one that the out queue knows what to do with. */
export const isDeliveryError = (error: unknown): error is DeliveryError => classes.some((one) => error instanceof one)

const requestOf = ({ method, path, status }: Evidence) => ({ method, path, status: status ?? "none" })

/** A class may lack thirty members: the first few say enough. */
const listed = (names: ReadonlyArray<string>) =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`
