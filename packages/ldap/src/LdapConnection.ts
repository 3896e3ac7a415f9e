// @effect-diagnostics nodeBuiltinImport:off
// Only the sockets themselves tell that a connection is gone.
/** One connection to an LDAP server: encrypted, then bound. A connection that broke is never used again. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import { Data, Effect, Redacted, type Scope } from "effect"
import { Client } from "ldapts"

export interface LdapServer {
  readonly host: string
  readonly port: number
  readonly tls: "starttls" | "ldaps" | "none"
  /** Certificates (PEM) that are trusted instead of those of Node.js, or what to ask for each connection. */
  readonly ca: string | null | (() => Tls.SecureContext)
  /** For connecting and for each operation, in milliseconds. */
  readonly timeLimit: number
}

/** `ldap://dc1.example.com:7389` */
export const urlOf = ({ host, port, tls }: LdapServer): string =>
  `${tls === "ldaps" ? "ldaps" : "ldap"}://${host.includes(":") ? `[${host}]` : host}:${port}`

/** What the library or the network failed with. */
export class LdapFailure extends Data.TaggedError("LdapFailure")<{ readonly cause: unknown }> {}

export const tooLate = ({ timeLimit }: LdapServer): LdapFailure =>
  new LdapFailure({ cause: new Error(`no answer within ${timeLimit / 1000} seconds`) })

/** A step of the library. */
export const attempt = <A>(step: () => Promise<A>): Effect.Effect<A, LdapFailure> =>
  Effect.tryPromise({ try: step, catch: (cause) => new LdapFailure({ cause }) })

export interface LdapConnection {
  readonly client: Client
  /** Whether it is still the connection that was opened. */
  readonly isOpen: () => boolean
  /** Fails as soon as it is not: the library waits for answers of a connection that is gone. */
  readonly lost: Effect.Effect<never, LdapFailure>
}

/**
 * An encrypted connection that nobody is bound to. It ends with the scope.
 *
 * The library connects again by itself, without encryption and login, when a connection was lost; and it does not notice
 * the end of a connection that StartTLS has encrypted. So the sockets are watched here.
 */
export const open = (server: LdapServer): Effect.Effect<LdapConnection, LdapFailure, Scope.Scope> =>
  Effect.gen(function* () {
    let isOpen = true
    const listeners = new Set<() => void>()
    const watch = <S extends Net.Socket>(socket: S): S => {
      socket.on("close", () => {
        isOpen = false
        for (const listener of listeners) listener()
      })
      return socket
    }
    const tlsOptions: Tls.ConnectionOptions = {
      // An address is no server name. Without one the certificate would be checked against "localhost".
      ...(Net.isIP(server.host) === 0
        ? { servername: server.host }
        : { checkServerIdentity: (_, certificate) => Tls.checkServerIdentity(server.host, certificate) }),
      ...(yield* trust(server))
    }
    const client = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new Client({
            url: urlOf(server),
            timeout: server.timeLimit,
            connectTimeout: server.timeLimit,
            createConnection: ((port: number, host: string) => watch(Net.connect(port, host))) as typeof Net.connect,
            createSecureConnection: ((...args: Parameters<typeof Tls.connect>) =>
              watch(Tls.connect(...args))) as typeof Tls.connect,
            ...(server.tls === "ldaps" ? { tlsOptions } : {})
          })
      ),
      (client) =>
        isOpen
          ? attempt(() => client.unbind()).pipe(
              Effect.interruptible,
              Effect.disconnect,
              Effect.timeout("1 second"),
              Effect.ignore
            )
          : Effect.void
    )
    if (server.tls === "starttls") {
      yield* attempt(() => client.startTLS(tlsOptions))
    }
    const lost = Effect.async<never, LdapFailure>((resume) => {
      const listener = () => resume(new LdapFailure({ cause: new Error("the connection was lost") }))
      if (!isOpen) return listener()
      listeners.add(listener)
      return Effect.sync(() => listeners.delete(listener))
    })
    return { client, isOpen: () => isOpen, lost }
  })

const trust = ({ ca, tls }: LdapServer): Effect.Effect<Tls.ConnectionOptions, LdapFailure> =>
  typeof ca !== "function"
    ? Effect.succeed(ca === null ? {} : { ca })
    : tls === "none"
      ? Effect.succeed({})
      : Effect.try({ try: () => ({ secureContext: ca() }), catch: (cause) => new LdapFailure({ cause }) })

/** Logs in with a DN and a password. */
export const bind = (
  { client }: LdapConnection,
  dn: string,
  password: Redacted.Redacted<string>
): Effect.Effect<void, LdapFailure> => attempt(() => client.bind(dn, Redacted.value(password)))

/** Whether a bound connection is still the one that was bound: not lost, and not silently made anew. */
export const isWhole = ({ client, isOpen }: LdapConnection): boolean => isOpen() && client.isConnected && client.isBound
