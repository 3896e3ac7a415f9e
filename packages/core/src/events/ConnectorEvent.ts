/** What the connector does, as it happens: every decision about a file, an object or an authority is one event. */
import * as ListenerObject from "../changes/ListenerObject.js"
import type { Distribution } from "../mapping/Distribution.js"
import type { AuthorityName } from "../schools/SchoolAuthority.js"
import type { Outcome } from "../targets/Plugin.js"

/** An object as people know it: `user anna`, `group School1-1a`. */
export interface Subject {
  readonly kind: "user" | "group"
  readonly name: string
}

export const subjectOf = (object: ListenerObject.ListenerObject): Subject => ({
  kind: ListenerObject.isUser(object) ? "user" : "group",
  name: ListenerObject.label(object)
})

export type ConnectorEvent =
  | { readonly _tag: "FileDiscarded"; readonly file: string; readonly reasons: ReadonlyArray<string> }
  | { readonly _tag: "FileLeft"; readonly file: string; readonly reason: string }
  | { readonly _tag: "InQueueHeldUp"; readonly file: string; readonly reason: string }
  | {
      readonly _tag: "FileHeldBack"
      readonly file: string
      readonly subject: Subject
      readonly reason: string
      /** Tried again after so many milliseconds. */
      readonly after: number
    }
  | { readonly _tag: "FileAlreadyTakenOver"; readonly file: string }
  | {
      readonly _tag: "ChangeAccepted"
      readonly file: string
      readonly subject: Subject
      readonly change: "changed" | "removed"
      readonly distribution: Distribution
    }
  | { readonly _tag: "DataProblem"; readonly file: string; readonly subject: Subject; readonly problem: string }
  | {
      readonly _tag: "Delivered"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly outcome: Outcome
      readonly detail: string | null
    }
  | {
      readonly _tag: "DeliveryWarning"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly warning: string
    }
  | {
      readonly _tag: "DeliveryDelayed"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly attempt: number
      /** Milliseconds since 1970. */
      readonly until: number
      readonly reason: string
    }
  | {
      readonly _tag: "DeadLetter"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly attempt: number
      readonly reason: string
    }
  | {
      readonly _tag: "DeletionHeld"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly reason: string
    }
  | { readonly _tag: "ConfigurationProblem"; readonly authority: AuthorityName; readonly problem: string }
  | { readonly _tag: "QueueStarted"; readonly authority: AuthorityName }
  | { readonly _tag: "QueueStopped"; readonly authority: AuthorityName }
  | {
      readonly _tag: "QueuePaused"
      readonly authority: AuthorityName
      readonly reason: string
      /** Milliseconds since 1970; null: until the configuration changes. */
      readonly until: number | null
    }
  | { readonly _tag: "QueueResumed"; readonly authority: AuthorityName }
  | { readonly _tag: "NothingConfigured" }
