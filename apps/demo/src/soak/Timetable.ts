/** What befalls the connector and its targets in a soak run, and when. Pure: the same seed gives the same run. */

/** A target that does not work for a while, in one of the ways targets have. */
export type Trouble = "refuses connections" | "answers 500" | "answers 503" | "is slow" | "hangs"

export type Event =
  | { readonly _tag: "Restart"; readonly at: number; readonly signal: "SIGTERM" | "SIGKILL" }
  | {
      readonly _tag: "Trouble"
      readonly at: number
      /** Which target: counted from 0. */
      readonly target: number
      readonly trouble: Trouble
      /** In seconds. */
      readonly lasts: number
    }
  | { readonly _tag: "Configure"; readonly at: number; readonly nth: number }

/** The connector is restarted at these shares of the run: what leaks slowly is seen in the long life at the end. */
const restarts = [0.05, 0.1, 0.15, 0.25, 0.35, 0.45]

const troubles: ReadonlyArray<Trouble> = ["refuses connections", "answers 500", "answers 503", "is slow", "hangs"]

/** Seconds between two of a kind. */
const every = { trouble: 12, configure: 10 }

export const make = (seconds: number, targets: number, random: () => number): ReadonlyArray<Event> => {
  const times = (apart: number) =>
    Array.from({ length: Math.floor((seconds * 0.95) / apart) }, (_, index) => (index + random()) * apart)
  const events: ReadonlyArray<Event> = [
    ...restarts.map(
      (share, index): Event => ({
        _tag: "Restart",
        at: share * seconds,
        signal: index % 2 === 0 ? "SIGKILL" : "SIGTERM"
      })
    ),
    ...times(every.trouble).map(
      (at, index): Event => ({
        _tag: "Trouble",
        at,
        target: Math.floor(random() * targets),
        trouble: troubles[index % troubles.length] ?? "answers 500",
        lasts: 2 + random() * 6
      })
    ),
    ...times(every.configure).map((at, nth): Event => ({ _tag: "Configure", at, nth }))
  ]
  return [...events].sort((one, other) => one.at - other.at)
}
