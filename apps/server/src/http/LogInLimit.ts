/**
 * Passwords can't be guessed by trying. An attempt counts before it is tested, and no more are tested than may fail:
 *
 * - After ten failures of a user at an address within five minutes, that user waits at that address.
 * - Of a user who has failed often elsewhere, and at an address where others have failed often, three are tested, and whatever
 *   fails from then on is told to wait. So a right password is good, whatever others do to that user or at that address.
 */
import * as MonotonicClock from "@id-connector/core/queue/MonotonicClock"
import { Deferred, Effect, FiberId } from "effect"

/** Of a user at an address. */
const failuresAllowed = 10
/** When others have failed so often with this name, or at this address. */
const othersAllowed = 50
const failuresAllowedThen = 3
/** Milliseconds. */
const window = 300_000
/** More than so many users, addresses and pairs of them are not remembered: the oldest are forgotten. */
const remembered = 50_000

/** How often somebody has failed, as far as it is known now. */
export interface Known {
  readonly pair: number
  /** Of this user at other addresses. */
  readonly elsewhere: number
  /** Of other users at this address. */
  readonly others: number
}

/** How many attempts of a user at an address may fail. */
export const allowed = ({ elsewhere, others }: Known): number =>
  elsewhere >= othersAllowed || others >= othersAllowed ? failuresAllowedThen : failuresAllowed

/** What becomes of an attempt. */
export type Result<A> =
  | { readonly _tag: "Right"; readonly value: A }
  | { readonly _tag: "Wrong" }
  /** Seconds. */
  | { readonly _tag: "Wait"; readonly seconds: number }

export interface LogInLimit {
  /** Tests a password, if it may be tested; null: it is wrong. An attempt whose test itself fails does not count. */
  readonly attempt: <A, E, R>(
    user: string,
    address: string,
    test: Effect.Effect<A | null, E, R>
  ) => Effect.Effect<Result<A>, E, R>
}

/** Attempts of a user at an address that are being tested. */
interface AtWork {
  readonly count: number
  /** For those who wait until one of them is decided. */
  readonly decided: Deferred.Deferred<void>
}

export const make = (): LogInLimit => {
  const failures = makeFailures()
  const atWork = new Map<string, AtWork>()

  const begin = (pair: string) => {
    const open = atWork.get(pair)
    atWork.set(pair, {
      count: (open?.count ?? 0) + 1,
      decided: open?.decided ?? Deferred.unsafeMake<void>(FiberId.none)
    })
  }
  const end = (pair: string) =>
    Effect.suspend(() => {
      const open = atWork.get(pair)
      if (open === undefined) return Effect.void
      if (open.count === 1) atWork.delete(pair)
      else atWork.set(pair, { count: open.count - 1, decided: Deferred.unsafeMake<void>(FiberId.none) })
      return Deferred.succeed(open.decided, undefined)
    })

  const attempt: LogInLimit["attempt"] = (user, address, test) => {
    const pair = `pair ${user} ${address}`
    const keys = [pair, `user ${user}`, `address ${address}`] as const
    const known = (now: number): Known => {
      const [own, ofUser, ofAddress] = keys.map((key) => failures.of(key, now).count)
      return { pair: own ?? 0, elsewhere: (ofUser ?? 0) - (own ?? 0), others: (ofAddress ?? 0) - (own ?? 0) }
    }
    const wait = (now: number) => ({ _tag: "Wait", seconds: failures.seconds(pair, now) }) as const

    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(MonotonicClock.currentTimeMillis, (now) => {
        const before = known(now)
        const most = allowed(before)
        if (before.pair >= most) return Effect.succeed(wait(now))
        const open = atWork.get(pair)
        // All that are being tested may fail. Once one of them is decided, it is known better.
        if (open !== undefined && before.pair + open.count >= most) {
          return restore(Effect.zipRight(Deferred.await(open.decided), attempt(user, address, test)))
        }
        begin(pair)
        return restore(test).pipe(
          Effect.flatMap((value) =>
            Effect.map(MonotonicClock.currentTimeMillis, (then) => {
              if (value !== null) {
                failures.forget(pair)
                return { _tag: "Right", value } as const
              }
              for (const key of keys) failures.add(key, then)
              return allowed(known(then)) === failuresAllowed ? ({ _tag: "Wrong" } as const) : wait(then)
            })
          ),
          Effect.ensuring(end(pair))
        )
      })
    )
  }
  return { attempt }
}

const makeFailures = () => {
  const all = new Map<string, { readonly count: number; readonly until: number }>()
  const of = (key: string, now: number) => {
    const known = all.get(key)
    return known === undefined || known.until <= now ? { count: 0, until: now + window } : known
  }
  return {
    of,
    seconds: (key: string, now: number) => Math.ceil((of(key, now).until - now) / 1_000),
    add: (key: string, now: number) => {
      const { count, until } = of(key, now)
      all.delete(key)
      all.set(key, { count: count + 1, until })
      const [oldest] = all.keys()
      if (all.size > remembered && oldest !== undefined) all.delete(oldest)
    },
    forget: (key: string) => void all.delete(key)
  }
}
