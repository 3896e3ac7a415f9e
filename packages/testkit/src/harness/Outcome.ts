/** What came of a run of the harness: a value. The same input gives the same bytes, keys and lists have a fixed order. */
import type { HeldClass, HeldUser } from "../simulator/KelvinSimulator.js"

/** A request to a target. Secrets are masked. */
export interface Request {
  readonly method: string
  /** Below `/ucsschool/kelvin`. */
  readonly path: string
  readonly body: unknown
  /** 0: there was no answer. */
  readonly status: number
}

/** An attribute of the target, and what it was made from. */
export interface Attribute {
  readonly attribute: string
  readonly value: unknown
  /** The key of the mapping, and whether a plugin has a function for it. Null: the plugin did not say. */
  readonly from: string | null
}

/** One try to bring an object to an authority. */
export interface Attempt {
  /** ISO 8601, of the virtual clock. */
  readonly at: string
  readonly plugin: string
  /** The mapping that was chosen, and why. */
  readonly mapping: { readonly name: string; readonly because: string } | null
  readonly attributes: ReadonlyArray<Attribute>
  /** What was done, or null: it failed. */
  readonly outcome: string | null
  readonly detail: string | null
  readonly warnings: ReadonlyArray<string>
  readonly error: string | null
  readonly requests: ReadonlyArray<Request>
}

/** What was decided about an authority, and what came of it. */
export interface Decision {
  readonly authority: string
  readonly concerned: boolean
  /** Why, or why not. */
  readonly because: ReadonlyArray<string>
  readonly attempts: ReadonlyArray<Attempt>
}

/** A listener file that was accepted. */
export interface Change {
  readonly file: string
  /** `user anna` */
  readonly object: string
  readonly change: "changed" | "removed"
  /** What is not in order about the data. */
  readonly problems: ReadonlyArray<string>
  /** What would have concerned an authority, and does not. */
  readonly ignored: ReadonlyArray<string>
  readonly decisions: ReadonlyArray<Decision>
}

export interface Undelivered {
  readonly authority: string
  readonly object: string
  readonly state: "dead" | "held" | "waiting"
  readonly reason: string | null
  readonly evidence: unknown
}

/** A target in the end. Of one that begins with what a real target has only what was written to, which the real one does not have. */
export interface Target {
  readonly isReal?: true
  readonly users: ReadonlyArray<HeldUser>
  readonly classes: ReadonlyArray<HeldClass>
}

/** What became of what was given to the harness. */
export interface Outcome {
  /** What is strange about the configuration of each authority. */
  readonly configuration: { readonly [authority: string]: ReadonlyArray<string> }
  /** By their files. An attempt stands with the change whose file is the newest it brings. */
  readonly changes: ReadonlyArray<Change>
  /** Files that are no listener files, or nobody's. */
  readonly trash: ReadonlyArray<{ readonly file: string; readonly reasons: ReadonlyArray<string> }>
  /** Dead letters, deletions that are held back, and what still waits, each with its reason. */
  readonly undelivered: ReadonlyArray<Undelivered>
  /** Queues that do not deliver in the end, and why. */
  readonly paused: { readonly [authority: string]: string }
  readonly targets: { readonly [authority: string]: Target }
}
