/** What takes longer than an answer may: goes on in the background, and says how far it is. */
import type { Job } from "@id-connector/api/JobsApi"
import { Cause, Clock, Effect, FiberSet, type Scope } from "effect"
import { iso } from "./Time.js"

type Shown = typeof Job.Type

export interface Jobs {
  /** Begins work in the background. `tick` is to be called with each portion. */
  readonly start: <E, R>(
    what: Pick<Shown, "action" | "queue" | "total">,
    work: (tick: (looked: number, changed: number) => void) => Effect.Effect<unknown, E, R>
  ) => Effect.Effect<Shown, never, R>
  readonly get: (id: string) => Shown | undefined
}

/** So many are remembered, the newest. */
const mostRemembered = 100

/** What still runs when the scope ends is interrupted between two portions. */
export const make: Effect.Effect<Jobs, never, Scope.Scope> = Effect.gen(function* () {
  const fibers = yield* FiberSet.make()
  const jobs = new Map<string, Shown>()
  const change = (id: string, by: (job: Shown) => Partial<Shown>) => {
    const job = jobs.get(id)
    if (job !== undefined) jobs.set(id, { ...job, ...by(job) })
  }
  return {
    get: (id) => jobs.get(id),
    start: (what, work) =>
      Effect.gen(function* () {
        const id = globalThis.crypto.randomUUID()
        const job: Shown = {
          ...what,
          id,
          state: "running",
          done: 0,
          items: 0,
          problem: null,
          started: iso(yield* Clock.currentTimeMillis)
        }
        jobs.set(id, job)
        for (const old of [...jobs.keys()].slice(0, -mostRemembered)) jobs.delete(old)
        const all = work((looked, changed) =>
          change(id, ({ done, items }) => ({ done: done + looked, items: items + changed }))
        )
        yield* FiberSet.run(
          fibers,
          Effect.matchCause(all, {
            onSuccess: () => change(id, () => ({ state: "done" })),
            onFailure: (cause) =>
              change(id, () => ({ state: "failed", problem: String(Cause.squash(cause)).slice(0, 500) }))
          })
        )
        return job
      })
  }
})
