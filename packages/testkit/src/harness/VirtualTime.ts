// @effect-diagnostics globalTimers:off
// What plugins promise is settled between two turns of the real event loop; nothing else here knows that there is one.
/**
 * A world with a time of its own: effects in it run at once, one after the other in a fixed order, and time passes only when
 * nothing can run without it. Nobody waits for real time, whatever clock the one has who looks on.
 */
import { Clock, Duration, Effect, Exit, type Fiber, Random, type Scheduler } from "effect"

export interface VirtualTime {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Runs an effect of this world until it has ended, letting time pass as far as needed. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Runs an effect in real time, from within this world, which stands still meanwhile: what it reads, it reads at one moment. */
  readonly outside: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Lets everything run that can run now. */
  readonly settle: Effect.Effect<void>
  /** Lets time pass until the next moment at which something happens, or `limit`. False: nothing is due before that. */
  readonly step: (limit: number) => Effect.Effect<boolean>
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** `seed`: of whatever is random. */
export const make = (start: number, seed: string): VirtualTime => {
  let now = start
  const tasks: Array<() => void> = []
  const sleepers = new Set<Sleeper>()
  const scheduler: Scheduler.Scheduler = {
    scheduleTask: (task) => void tasks.push(task),
    // Of their own accord fibers give way only where they say so: nobody else is there.
    shouldYield: () => false
  }
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1_000_000)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1_000_000))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = { at: now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      })
  }
  const random = Random.make(seed)

  const awaited = new Set<Promise<unknown>>()
  const outside = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.async<A, E>((resume, signal) => {
      const ended = Effect.runPromiseExit(effect, { signal }).then((exit) => {
        awaited.delete(ended)
        resume(exit)
      })
      awaited.add(ended)
    })

  const settle = async () => {
    let idle = 0
    while (idle < 2) {
      if (tasks.length === 0 && awaited.size > 0) await Promise.race(awaited)
      idle = tasks.length === 0 ? idle + 1 : 0
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  const next = (limit: number): Sleeper | null => {
    let first: Sleeper | null = null
    for (const sleeper of sleepers)
      if (sleeper.at <= limit && (first === null || sleeper.at < first.at)) first = sleeper
    return first
  }

  const step = async (limit: number) => {
    const first = next(limit)
    if (first === null) return false
    now = Math.max(now, first.at)
    sleepers.delete(first)
    first.wake()
    await settle()
    return true
  }

  const fork = <A, E>(effect: Effect.Effect<A, E>): Fiber.RuntimeFiber<A, E> =>
    Effect.runFork(effect.pipe(Effect.withClock(clock), Effect.withRandom(random)), { scheduler })

  const run = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatten(
      Effect.promise(async (): Promise<Exit.Exit<A, E>> => {
        let exit: Exit.Exit<A, E> | null = null
        fork(effect).addObserver((ended) => {
          exit = ended
        })
        await settle()
        while (exit === null) {
          if (!(await step(Number.POSITIVE_INFINITY)) && exit === null) {
            return Exit.die(new Error("Something waits for what never happens: a plugin perhaps, for something real."))
          }
        }
        return exit
      })
    )

  return {
    now: () => now,
    run,
    outside,
    settle: Effect.promise(settle),
    step: (limit) => Effect.promise(() => step(limit))
  }
}
