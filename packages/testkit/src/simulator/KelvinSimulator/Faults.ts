/** Faults on demand: which requests go wrong, how, and how often. */

/** What goes wrong. */
export type FaultEffect =
  /** This answer, without the request being carried out. */
  | {
      readonly _tag: "Status"
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Carried out and answered later. */
  | { readonly _tag: "Delay"; readonly millis: number }
  /** The connection ends before the request is carried out. */
  | { readonly _tag: "Drop" }
  /** The request is carried out, the connection ends without an answer. */
  | { readonly _tag: "DropAfter" }
  /** Never answered. */
  | { readonly _tag: "Hang" }

export interface Fault {
  readonly method?: string
  /** A prefix of the path below `/v1`, or a pattern; `/token` for the login. */
  readonly path?: string | RegExp
  /** A user's name in the path or body, or a record UID in the query. */
  readonly user?: string
  /** How often; default once. */
  readonly times?: number
  /** Lets this many pass first. */
  readonly after?: number
  /** How likely it is, from 0 to 1, each time it would happen. */
  readonly probability?: number
  readonly effect: FaultEffect
}

/** What a fault can be told by. */
export interface Traits {
  readonly method: string
  /** Below `/v1`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string | undefined
}

interface Armed {
  readonly fault: Fault
  left: number
  toPass: number
}

export interface Faults {
  readonly arm: (fault: Fault) => { readonly remove: () => void }
  /** The fault that meets a request. It counts as used. */
  readonly meet: (traits: Traits) => FaultEffect | null
  readonly clear: () => void
}

/** `random` gives numbers from 0 to 1. */
export const make = (random: () => number): Faults => {
  const armed = new Set<Armed>()
  return {
    arm: (fault) => {
      const entry: Armed = { fault, left: fault.times ?? 1, toPass: fault.after ?? 0 }
      armed.add(entry)
      return { remove: () => void armed.delete(entry) }
    },
    clear: () => armed.clear(),
    meet: (traits) => {
      for (const entry of armed) {
        if (!fits(entry.fault, traits)) continue
        if (entry.toPass > 0) {
          entry.toPass--
          continue
        }
        if (entry.fault.probability !== undefined && random() >= entry.fault.probability) continue
        entry.left--
        if (entry.left <= 0) armed.delete(entry)
        return entry.fault.effect
      }
      return null
    }
  }
}

const fits = (fault: Fault, { body, method, path, query }: Traits): boolean => {
  if (fault.method !== undefined && fault.method !== method) return false
  if (typeof fault.path === "string" && !path.startsWith(fault.path)) return false
  if (fault.path instanceof RegExp && !fault.path.test(path)) return false
  if (fault.user === undefined) return true
  return (
    path.split("/").map(decodeURIComponent).includes(fault.user) ||
    query.get("record_uid") === fault.user ||
    body?.includes(`"name":${JSON.stringify(fault.user)}`) === true
  )
}
