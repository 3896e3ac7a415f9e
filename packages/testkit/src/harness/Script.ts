/** What goes wrong with a target, and when: a script, so that the same goes wrong each time. */
import { Duration } from "effect"

/** What goes wrong at a simulated target. */
export type Fault =
  /** The target can't be reached, from the beginning (or `from`) until so long after the beginning. */
  | { readonly down: { readonly from?: Duration.DurationInput; readonly until: Duration.DurationInput } }
  /** The n-th request of a kind, counted from 1, is answered with a status, or not at all, and not carried out. */
  | {
      readonly nth: number
      /** Default: writes. */
      readonly of?: "write" | "read" | "any"
      readonly answer: number | "none"
      readonly body?: unknown
    }

interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly text: string
}

export interface Script {
  /** `now`: milliseconds since 1970. */
  readonly isDown: (now: number) => boolean
  /** What meets a request instead of the target; null: nothing does. The method is null for log-ins, and looks that do not count. */
  readonly fault: (method: string | null) => Answer | "none" | null
}

/** `start`: milliseconds since 1970. */
export const make = (faults: ReadonlyArray<Fault>, start: number): Script => {
  const counts = { write: 0, read: 0, any: 0 }
  return {
    isDown: (now) =>
      faults.some(
        (fault) =>
          "down" in fault &&
          now >= start + Duration.toMillis(fault.down.from ?? 0) &&
          now < start + Duration.toMillis(fault.down.until)
      ),
    fault: (method) => {
      if (method === null) return null
      counts.any++
      counts[method === "GET" ? "read" : "write"]++
      const isMet = (fault: Fault) => {
        if (!("nth" in fault)) return false
        const of = fault.of ?? "write"
        const isOfKind = of === "any" || (of === "read") === (method === "GET")
        return isOfKind && counts[of] === fault.nth
      }
      const met = faults.find(isMet)
      if (met === undefined || !("nth" in met)) return null
      if (met.answer === "none") return "none"
      return {
        status: met.answer,
        headers: { "content-type": "application/json" },
        text: JSON.stringify(met.body ?? { detail: `the script answers ${met.answer}` })
      }
    }
  }
}
