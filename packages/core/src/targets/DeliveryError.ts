/**
 * Why a delivery to a school authority's target did not succeed: few cases, told apart by what is to be done
 * (`FailurePolicy` decides that). None of them holds a secret: requests in {@link Evidence} are masked by who made them.
 */
import { Schema } from "effect"

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
    return `The target can't be reached now: ${this.detail}.`
  }
}

/** The target refuses the account (401, 403). Somebody has to correct user name, password or rights. */
export class CredentialsRefused extends Schema.TaggedError<CredentialsRefused>()("CredentialsRefused", {
  detail: Schema.String
}) {
  override get message() {
    return `The target refuses the connector's account: ${this.detail}. Check user name, password and rights of the account in the authority's configuration.`
  }
}

/** The authority's configuration can't be used for deliveries. */
export class ConfigurationUnusable extends Schema.TaggedError<ConfigurationUnusable>()("ConfigurationUnusable", {
  /** Each with its path in the configuration file. At least one. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The authority's configuration can't be used: ${this.problems.join("; ")}. Correct its configuration file.`
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
    return `The target failed: ${this.detail} (${describe(this.evidence)}).`
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
    return `The target refuses the object: ${this.detail} (${describe(this.evidence)}).`
  }
}

/** What could be delivered was; the object names others that the target does not have yet. */
export class ReferencesUnknown extends Schema.TaggedError<ReferencesUnknown>()("ReferencesUnknown", {
  attribute: Schema.String,
  names: Schema.Array(Schema.String)
}) {
  override get message() {
    return `Delivered without some of ${this.attribute}, which the target does not have yet: ${listed(this.names)}.`
  }
}

/** The object itself is the problem: a value that can't be mapped, no identity, or several accounts with its identity. */
export class ObjectUndeliverable extends Schema.TaggedError<ObjectUndeliverable>()("ObjectUndeliverable", {
  /** At least one. */
  reasons: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The object can't be delivered: ${this.reasons.join("; ")}.`
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
    return `The deletion is held back: ${this.deletions} objects were deleted within the last hour, but only ${this.allowed} may be deleted per hour without confirmation. Confirm or discard the deletions of this authority.`
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
    return `The plugin ${describePlugin(this.plugin, this.origin)} is faulty: its hook ${this.hook} ${this.detail}.`
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

const describe = (evidence: Evidence) => `${evidence.method} ${evidence.path}, status ${evidence.status ?? "none"}`

/** A class may lack thirty members: the first few say enough. */
const listed = (names: ReadonlyArray<string>) =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`
