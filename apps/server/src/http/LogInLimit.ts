/** Passwords can't be guessed by trying: after ten failures of a user or an address within five minutes, both have to wait. */
import { Clock, Effect } from "effect"

const failuresAllowed = 10
/** Milliseconds. */
const window = 300_000
/** More than so many names and addresses are not remembered: the oldest are forgotten. */
const remembered = 10_000

export interface LogInLimit {
  /** Seconds to wait, or 0. */
  readonly wait: (keys: ReadonlyArray<string>) => Effect.Effect<number>
  readonly failed: (keys: ReadonlyArray<string>) => Effect.Effect<void>
  readonly succeeded: (keys: ReadonlyArray<string>) => Effect.Effect<void>
}

export const make = (): LogInLimit => {
  const failures = new Map<string, { readonly count: number; readonly until: number }>()
  return {
    wait: (keys) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        Math.max(
          0,
          ...keys.map((key) => {
            const known = failures.get(key)
            return known === undefined || known.count < failuresAllowed || known.until <= now
              ? 0
              : Math.ceil((known.until - now) / 1000)
          })
        )
      ),
    failed: (keys) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const key of keys) {
          const known = failures.get(key)
          const isOver = known === undefined || known.until <= now
          failures.delete(key)
          failures.set(key, isOver ? { count: 1, until: now + window } : { count: known.count + 1, until: known.until })
          const [oldest] = failures.keys()
          if (failures.size > remembered && oldest !== undefined) failures.delete(oldest)
        }
      }),
    succeeded: (keys) => Effect.sync(() => keys.forEach((key) => void failures.delete(key)))
  }
}
