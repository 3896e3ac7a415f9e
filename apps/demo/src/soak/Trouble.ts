/** What goes wrong at targets. */
import { Effect } from "effect"
import type * as Rig from "../faults/Rig.js"
import type * as Timetable from "./Timetable.js"

const forEver = Number.POSITIVE_INFINITY

/** As long as it is not cleared: few requests, at random. Ten failures of one object would be a dead letter, and hardly ever come together. */
export const always = (simulator: Rig.Target["simulator"]): void => {
  const writes = { times: forEver, path: /^\/(users|classes)/ }
  simulator.fail({ ...writes, probability: 0.02, effect: { _tag: "Status", status: 500 } })
  simulator.fail({ ...writes, probability: 0.005, effect: { _tag: "DropAfter" } })
  simulator.fail({ times: forEver, probability: 0.005, effect: { _tag: "Drop" } })
  simulator.fail({
    times: forEver,
    probability: 0.001,
    effect: { _tag: "Status", status: 429, headers: { "retry-after": "1" } }
  })
}

/** Lets a target have its trouble for so many seconds. */
export const befall = (
  { restart, simulator }: Rig.Target,
  trouble: Timetable.Trouble,
  seconds: number
): Effect.Effect<void> => {
  if (trouble === "refuses connections") {
    // It forgets who has logged in, as one that was started anew.
    return Effect.zipRight(
      restart(`${Math.round(seconds * 1000)} millis`),
      Effect.sync(() => simulator.revokeTokens())
    )
  }
  return Effect.acquireUseRelease(
    Effect.sync(() => simulator.fail({ times: forEver, ...faultOf(trouble) })),
    () => Effect.sleep(`${seconds} seconds`),
    ({ remove }) => Effect.sync(remove)
  )
}

const faultOf = (trouble: Exclude<Timetable.Trouble, "refuses connections">) => {
  switch (trouble) {
    case "answers 500":
      return { effect: { _tag: "Status", status: 500 } } as const
    case "answers 503":
      return { effect: { _tag: "Status", status: 503, body: "<html>Service Unavailable</html>" } } as const
    case "is slow":
      return { effect: { _tag: "Delay", millis: 700 } } as const
    case "hangs":
      return { probability: 0.3, effect: { _tag: "Hang" } } as const
  }
}
