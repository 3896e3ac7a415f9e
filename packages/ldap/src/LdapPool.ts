/** A few connections that many lookups share. One that broke is replaced, and the lookup is tried once more on the new one. */
import { Cause, Effect, Exit, type Redacted, Scope } from "effect"
import type { Client } from "ldapts"
import * as LdapConnection from "./LdapConnection.js"

export interface LdapPool {
  /** Runs an operation on a bound connection. Fails with what the library throws. */
  readonly use: <A>(operation: (client: Client) => Promise<A>) => Effect.Effect<A, unknown>
}

export interface Options {
  readonly server: LdapConnection.LdapServer
  readonly bindDn: string
  /** Asked for each connection: it may have changed. */
  readonly password: Effect.Effect<Redacted.Redacted<string>, unknown>
  /** How many connections are kept at most. */
  readonly connections: number
}

/** Servers hang up on more operations at once. */
const operationsAtOnce = 32

interface Open {
  readonly connection: LdapConnection.LdapConnection
  readonly close: Effect.Effect<void>
}

/** The operation ran on a connection that was lost meanwhile: its answer is that of nobody, or there is none. */
class Broken {
  readonly _tag = "Broken"
  constructor(readonly cause: unknown) {}
}

export const make = ({ bindDn, connections, password, server }: Options): Effect.Effect<LdapPool, never, Scope.Scope> =>
  Effect.gen(function* () {
    const slots = yield* Effect.forEach(Array.from({ length: connections }), () => makeSlot(server, bindDn, password))
    let next = 0
    return {
      use: (operation) =>
        Effect.suspend(() => {
          const slot = slots[next++ % slots.length]
          if (slot === undefined) return Effect.die("a pool has at least one connection")
          const once = slot(operation, server.timeLimit)
          return once.pipe(
            Effect.catchIf(
              (error) => error instanceof Broken,
              () => once
            ),
            Effect.mapError((error) => (error instanceof Broken ? error.cause : error))
          )
        })
    }
  })

const makeSlot = (
  server: LdapConnection.LdapServer,
  bindDn: string,
  password: Effect.Effect<Redacted.Redacted<string>, unknown>
) =>
  Effect.gen(function* () {
    const connecting = yield* Effect.makeSemaphore(1)
    const places = yield* Effect.makeSemaphore(operationsAtOnce)
    let current: Open | null = null
    const drop = (open: Open) =>
      Effect.suspend(() => {
        if (current === open) current = null
        return open.close
      })
    yield* Effect.addFinalizer(() => (current === null ? Effect.void : current.close))

    const connect = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const close = Scope.close(scope, Exit.void)
      const connection = yield* Scope.extend(LdapConnection.open(server), scope).pipe(
        Effect.tap((connection) =>
          Effect.flatMap(password, (password) =>
            Effect.raceFirst(LdapConnection.bind(connection, bindDn, password), connection.lost)
          )
        ),
        Effect.onError(() => close)
      )
      return { connection, close }
    })
    const get = connecting.withPermits(1)(
      Effect.gen(function* () {
        if (current !== null && LdapConnection.isWhole(current.connection)) return current
        if (current !== null) yield* drop(current)
        current = yield* connect
        return current
      })
    )
    return <A>(operation: (client: Client) => Promise<A>, timeLimit: number): Effect.Effect<A, unknown> =>
      places.withPermits(1)(
        Effect.flatMap(get, (open) =>
          Effect.tryPromise({ try: () => operation(open.connection.client), catch: (cause) => cause }).pipe(
            Effect.raceFirst(open.connection.lost),
            Effect.timeoutFail({
              duration: timeLimit,
              onTimeout: () => new Error(`no answer within ${timeLimit / 1000} seconds`)
            }),
            Effect.exit,
            Effect.flatMap((exit) => {
              if (LdapConnection.isWhole(open.connection) && !isTimeOut(exit)) return exit
              const cause = Exit.isFailure(exit) ? Cause.squash(exit.cause) : new Error("the connection was lost")
              // What took too long is not tried again: it would take as long.
              return Effect.zipRight(drop(open), Effect.fail(isTimeOut(exit) ? cause : new Broken(cause)))
            })
          )
        )
      )
  })

const isTimeOut = <A>(exit: Exit.Exit<A, unknown>): boolean =>
  Exit.isFailure(exit) && /no answer within|timeout/i.test(String(Cause.squash(exit.cause)))
