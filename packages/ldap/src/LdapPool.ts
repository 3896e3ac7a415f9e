/** A few connections that many lookups share. One that broke is replaced, and the lookup is tried once more on the new one. */
import { Data, Effect, Either, Exit, type Redacted, Scope } from "effect"
import type { Client } from "ldapts"
import * as LdapConnection from "./LdapConnection.js"

export interface LdapPool {
  /** Runs an operation on a bound connection. */
  readonly use: <A>(operation: (client: Client) => Promise<A>) => Effect.Effect<A, LdapConnection.LdapFailure>
}

type Password = Effect.Effect<Redacted.Redacted<string>, { readonly message: string }>

export interface Options {
  readonly server: LdapConnection.LdapServer
  readonly bindDn: string
  /** Asked for each connection: it may have changed. */
  readonly password: Password
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
class Broken extends Data.TaggedError("Broken")<{ readonly failure: LdapConnection.LdapFailure }> {}

export const make = ({ bindDn, connections, password, server }: Options): Effect.Effect<LdapPool, never, Scope.Scope> =>
  Effect.gen(function* () {
    const slots = yield* Effect.forEach(Array.from({ length: connections }), () => makeSlot(server, bindDn, password))
    let next = 0
    return {
      use: (operation) =>
        Effect.suspend(() => {
          const slot = slots[next++ % slots.length]
          if (slot === undefined) return Effect.die("a pool has at least one connection")
          const once = slot(operation)
          return once.pipe(
            Effect.catchTag("Broken", () => once),
            Effect.catchTag("Broken", ({ failure }) => Effect.fail(failure))
          )
        })
    }
  })

const makeSlot = (server: LdapConnection.LdapServer, bindDn: string, password: Password) =>
  Effect.gen(function* () {
    const secret = Effect.mapError(password, (cause) => new LdapConnection.LdapFailure({ cause }))
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
          Effect.flatMap(secret, (password) =>
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
    return <A>(operation: (client: Client) => Promise<A>): Effect.Effect<A, LdapConnection.LdapFailure | Broken> =>
      places.withPermits(1)(
        Effect.gen(function* () {
          const open = yield* get
          const exit = yield* LdapConnection.attempt(() => operation(open.connection.client)).pipe(
            Effect.raceFirst(open.connection.lost),
            Effect.timeoutFail({ duration: server.timeLimit, onTimeout: () => LdapConnection.tooLate(server) }),
            Effect.either
          )
          if (LdapConnection.isWhole(open.connection) && !isTimeOut(exit)) return yield* exit
          const failure = Either.isLeft(exit)
            ? exit.left
            : new LdapConnection.LdapFailure({ cause: new Error("the connection was lost") })
          yield* drop(open)
          // What took too long is not tried again: it would take as long.
          return yield* isTimeOut(exit) ? failure : new Broken({ failure })
        })
      )
  })

const isTimeOut = <A>(exit: Either.Either<A, LdapConnection.LdapFailure>): boolean =>
  Either.isLeft(exit) && /no answer within|timeout/i.test(String(exit.left.cause))
