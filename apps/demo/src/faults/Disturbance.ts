/** What happens to targets and connector in the rough run. */
import { Effect } from "effect"
import type * as Rig from "./Rig.js"

/** Faults as long as they are not cleared: each of these answers comes at random. */
export const failing = (simulator: Rig.Target["simulator"]) => {
  const writes = ["POST", "PATCH", "DELETE"]
  const always = { times: Number.POSITIVE_INFINITY }
  for (const method of writes) {
    simulator.fail({
      ...always,
      method,
      path: /^\/(users|classes)/,
      probability: 0.03,
      effect: { _tag: "Status", status: 500 }
    })
    simulator.fail({ ...always, method, path: /^\/(users|classes)/, probability: 0.01, effect: { _tag: "DropAfter" } })
  }
  simulator.fail({ ...always, probability: 0.01, effect: { _tag: "Drop" } })
  simulator.fail({
    ...always,
    probability: 0.002,
    effect: { _tag: "Status", status: 503, body: "<html>Service Unavailable</html>", headers: { "retry-after": "2" } }
  })
  simulator.fail({
    ...always,
    probability: 0.002,
    effect: { _tag: "Status", status: 429, headers: { "retry-after": "1" } }
  })
  simulator.fail({ ...always, probability: 0.001, effect: { _tag: "Hang" } })
  simulator.fail({ ...always, path: "/token", probability: 0.1, effect: { _tag: "Status", status: 500 } })
}

/** Restarts targets for ever, one at a time. Each forgets its tokens. */
export const restarting = ({ targets }: Rig.Rig, random: () => number): Effect.Effect<never> =>
  Effect.gen(function* () {
    const target = targets[Math.floor(random() * targets.length)]
    yield* Effect.sleep(3_000 + random() * 4_000)
    if (target === undefined) return
    yield* target.restart(`${200 + Math.floor(random() * 1_500)} millis`)
    target.simulator.revokeTokens()
  }).pipe(Effect.forever)

/** Starts the connector so many times, and kills it after a moment. */
export const killing = (
  { start }: Rig.Rig,
  kills: number,
  random: () => number,
  progress: (line: string) => Effect.Effect<void>
): Effect.Effect<void> => {
  const once = Effect.scoped(
    Effect.zipRight(
      start,
      Effect.suspend(() => Effect.sleep(1_000 + random() * 3_000))
    )
  )
  return Effect.forEach(
    Array.from({ length: kills }, (_, index) => index + 1),
    (nth) => Effect.zipRight(once, nth % 5 === 0 ? progress(`killed ${nth} times`) : Effect.void),
    { discard: true }
  )
}
