/**
 * The source directory over LDAP, read with the account of the host: StartTLS or LDAPS before the login, a few connections
 * that are made anew when they break, lookups for many objects in few searches. Whatever fails says which server and what for.
 */
import {
  adminGroup,
  Directory,
  DirectoryError,
  type DirectoryShape,
  readerGroup
} from "@id-connector/core/directory/Directory"
import { Clock, Effect, Layer, Option, Redacted, Schema, type Scope } from "effect"
import * as LdapConnection from "./LdapConnection.js"
import * as LdapEntry from "./LdapEntry.js"
import * as LdapFilter from "./LdapFilter.js"
import * as LdapPool from "./LdapPool.js"
import * as LdapProblem from "./LdapProblem.js"
import * as LdapSearch from "./LdapSearch.js"
import * as UdmObject from "./UdmObject.js"

/** The server, and how it is asked. */
export interface Options {
  readonly server: LdapConnection.LdapServer
  /** Base DN of everything that is looked for. */
  readonly base: string
  /** The account of the host. */
  readonly bindDn: string
  /** Its password. Asked for each connection: it changes now and then. */
  readonly password: Effect.Effect<Redacted.Redacted<string>, { readonly message: string }>
  /** Default 2. */
  readonly connections?: number
}

/** Passwords would go over the network readable. */
export class LdapUnsafe extends Schema.TaggedError<LdapUnsafe>()("LdapUnsafe", { server: Schema.String }) {
  override get message() {
    return `IDC_LDAP_TLS: none is only for a server on this machine, not for ${this.server}: use starttls or ldaps.`
  }
}

const loopback = new Set(["localhost", "127.0.0.1", "::1"])

/** The source directory at an LDAP server. */
export const layer = (options: Options): Layer.Layer<Directory, LdapUnsafe> => Layer.scoped(Directory, make(options))

const make = ({
  base,
  bindDn,
  connections = 2,
  password,
  server
}: Options): Effect.Effect<DirectoryShape, LdapUnsafe, Scope.Scope> =>
  Effect.gen(function* () {
    const url = LdapConnection.urlOf(server)
    if (server.tls === "none" && !loopback.has(server.host)) return yield* new LdapUnsafe({ server: url })
    const failed =
      (operation: string) =>
      ({ cause }: LdapConnection.LdapFailure) =>
        new DirectoryError({ operation, detail: `${url}: ${LdapProblem.describe(cause, bindDn)}` })
    const search = LdapSearch.make(yield* LdapPool.make({ server, bindDn, password, connections }), base, failed)

    return {
      ...lookups(search),
      listenerObject: (kind, name) => (kind === "user" ? listenerUser(search, name) : listenerGroup(search, name)),
      isPassword: (dn, password) => Effect.mapError(isPassword(server, dn, password), failed("login"))
    }
  })

const lookups = (search: LdapSearch.LdapSearch): Omit<DirectoryShape, "listenerObject" | "isPassword"> => ({
  passwordHashes: (names) =>
    search.users("password hashes", names, LdapEntry.hashAttributes).pipe(
      Effect.tap((entries) => {
        const unfit = LdapEntry.unfitHashes(entries)
        return unfit.length === 0
          ? Effect.void
          : Effect.annotateLogs(
              Effect.logWarning(
                "Password hashes in LDAP can't be used: these users are sent without them. Correct the hashes, then schedule the users."
              ),
              { module: "LDAP", reason: unfit.slice(0, 10).join("; ") }
            )
      }),
      Effect.map(LdapEntry.hashesOf)
    ),
  roles: (names) => Effect.map(search.users("roles", names, LdapEntry.roleAttributes), LdapEntry.rolesOf),
  user: (username) =>
    Effect.zipWith(
      search.users("user", [username], LdapEntry.userAttributes),
      Clock.currentTimeMillis,
      (entries, now) =>
        Option.map(Option.fromNullable(entries.get(username.toLowerCase())), (entry) => LdapEntry.user(entry, now))
    ),
  group: (name) => Effect.map(search.schoolGroup(name, LdapEntry.groupAttributes), Option.map(LdapEntry.group)),
  usersOfSchool: (school) =>
    Effect.zipWith(
      search.entries("users of a school", LdapFilter.usersOfSchool(school), LdapEntry.userAttributes),
      Clock.currentTimeMillis,
      (entries, now) =>
        entries.map((entry) => LdapEntry.user(entry, now)).sort((a, b) => (a.username < b.username ? -1 : 1))
    ),
  groupsOfSchool: (school) =>
    Effect.map(
      search.entries("groups of a school", LdapFilter.groupsOfSchool(school), LdapEntry.groupAttributes),
      (entries) => entries.map(LdapEntry.group).sort((a, b) => (a.name < b.name ? -1 : 1))
    ),
  admins: membersOf(search, "administrators", adminGroup),
  readers: membersOf(search, "readers", readerGroup)
})

const membersOf = (search: LdapSearch.LdapSearch, operation: string, group: string) =>
  Effect.map(search.entry(operation, `cn=${group},cn=groups`, LdapEntry.memberAttributes), (entry) =>
    Option.match(entry, { onNone: () => [], onSome: LdapEntry.members })
  )

const listenerUser = Effect.fnUntraced(function* (search: LdapSearch.LdapSearch, name: string) {
  const entry = (yield* search.users("user", [name], UdmObject.userAttributes)).get(name.toLowerCase())
  if (entry === undefined) return Option.none()
  const groups = yield* search.entries("groups of a user", LdapFilter.groupsWith(entry.dn), ["cn"])
  const now = yield* Clock.currentTimeMillis
  return Option.some(
    UdmObject.user(
      entry,
      groups.map(({ dn }) => dn),
      now
    )
  )
})

const listenerGroup = (search: LdapSearch.LdapSearch, name: string) =>
  Effect.map(search.schoolGroup(name, UdmObject.groupAttributes), Option.map(UdmObject.group))

/** Logs in as somebody, on a connection of its own. */
const isPassword = (
  server: LdapConnection.LdapServer,
  dn: string,
  password: Redacted.Redacted<string>
): Effect.Effect<boolean, LdapConnection.LdapFailure> => {
  // A login with a DN and no password succeeds, as nobody.
  if (Redacted.value(password) === "") return Effect.succeed(false)
  return Effect.scoped(
    Effect.flatMap(LdapConnection.open(server), (connection) =>
      Effect.as(Effect.raceFirst(LdapConnection.bind(connection, dn, password), connection.lost), true)
    )
  ).pipe(
    Effect.timeoutFail({ duration: server.timeLimit, onTimeout: () => LdapConnection.tooLate(server) }),
    Effect.catchIf(
      ({ cause }) => LdapProblem.isLogInRefused(cause),
      () => Effect.succeed(false)
    )
  )
}
