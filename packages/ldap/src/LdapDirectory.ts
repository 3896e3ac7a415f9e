/**
 * The source directory over LDAP, read with the account of the host: StartTLS or LDAPS before the log in, a few connections
 * that are made anew when they break, lookups for many objects in few searches. Whatever fails says which server and what for.
 */
import { adminGroup, Directory, DirectoryError, type DirectoryShape } from "@id-connector/core/directory/Directory"
import type { PasswordHashes } from "@id-connector/core/directory/PasswordHashes"
import { Array as Arr, Clock, Effect, Layer, Option, Redacted, Schema, type Scope } from "effect"
import { AndFilter, type Entry, EqualityFilter, type Filter, OrFilter, ResultCodeError, SubstringFilter } from "ldapts"
import * as LdapConnection from "./LdapConnection.js"
import * as LdapEntry from "./LdapEntry.js"
import * as LdapPool from "./LdapPool.js"
import * as UdmObject from "./UdmObject.js"

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

/** Names in one search: a filter of thousands is refused. */
const namesAtOnce = 100
const pageSize = 500
const searchesAtOnce = 8
const loopback = new Set(["localhost", "127.0.0.1", "::1"])

const invalidCredentials = 49
const noSuchObject = 32
const invalidDn = 34

/** With these a log in fails because of who wants to log in. */
const notTheirs: ReadonlySet<number> = new Set([invalidCredentials, noSuchObject, invalidDn])

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
    const pool = yield* LdapPool.make({ server, bindDn, password, connections })

    const failed =
      (operation: string) =>
      ({ cause }: LdapConnection.LdapFailure) =>
        new DirectoryError({ operation, detail: `${url}: ${reasonOf(cause, bindDn)}` })

    const search = (operation: string, filter: Filter, attributes: ReadonlyArray<string>) =>
      Effect.map(
        pool.use((client) =>
          client.search(base, {
            filter,
            scope: "sub",
            attributes: [...attributes],
            // A value is a text or bytes by what it holds, unless it is named here.
            explicitBufferAttributes: ["krb5Key"],
            paged: { pageSize }
          })
        ),
        ({ searchEntries }) => searchEntries
      ).pipe(Effect.mapError(failed(operation)))

    /** The entries of users by lower-case name. Searches for many at once. */
    const users = (operation: string, names: ReadonlyArray<string>, attributes: ReadonlyArray<string>) =>
      Effect.map(
        Effect.forEach(
          Arr.chunksOf(
            [...new Set(names)].filter((name) => name !== ""),
            namesAtOnce
          ),
          (chunk) => search(operation, oneOf("uid", chunk), attributes),
          { concurrency: searchesAtOnce }
        ),
        (found) => {
          const wanted = new Set(names.map((name) => name.toLowerCase()))
          const entries = new Map<string, Entry>()
          for (const entry of found.flat()) {
            for (const uid of LdapEntry.texts(entry, "uid")) {
              if (wanted.has(uid.toLowerCase())) entries.set(uid.toLowerCase(), entry)
            }
          }
          return entries
        }
      )

    const schoolGroup = (name: string, attributes: ReadonlyArray<string>) =>
      Effect.map(
        search("group", and(equal("cn", name), equal("objectClass", "ucsschoolGroup")), attributes),
        ([entry]) => Option.fromNullable(entry)
      )

    const userObject = (name: string) =>
      Effect.gen(function* () {
        const entries = yield* users("user", [name], UdmObject.userAttributes)
        const entry = entries.get(name.toLowerCase())
        if (entry === undefined) return Option.none()
        const groups = yield* search("groups of a user", equal("uniqueMember", entry.dn), ["cn"])
        const now = yield* Clock.currentTimeMillis
        return Option.some(
          UdmObject.user(
            entry,
            groups.map(({ dn }) => dn),
            now
          )
        )
      })

    const ofSchool = (school: string, roles: ReadonlyArray<string>) =>
      new OrFilter({ filters: roles.map((role) => equal("ucsschoolRole", `${role}:school:${school}`)) })

    const isBoundAs = (dn: string, password: Redacted.Redacted<string>) =>
      Effect.scoped(
        Effect.flatMap(LdapConnection.open(server), (connection) =>
          Effect.as(Effect.raceFirst(LdapConnection.bind(connection, dn, password), connection.lost), true)
        )
      ).pipe(
        Effect.timeoutFail({
          duration: server.timeLimit,
          onTimeout: () => new LdapConnection.LdapFailure({ cause: tooLate(server) })
        }),
        // A DN that can't be one belongs to nobody.
        Effect.catchIf(
          ({ cause }) => cause instanceof ResultCodeError && notTheirs.has(cause.code),
          () => Effect.succeed(false)
        )
      )

    return {
      passwordHashes: (names) =>
        Effect.map(users("password hashes", names, LdapEntry.hashAttributes), (entries) => {
          const found = new Map<string, PasswordHashes>()
          for (const [name, entry] of entries) {
            const hashes = LdapEntry.hashes(entry)
            if (hashes !== null) found.set(name, hashes)
          }
          return found
        }),
      roles: (names) =>
        Effect.map(
          users("roles", names, ["uid", "ucsschoolRole", "objectClass"]),
          (entries) =>
            new Map(
              [...entries].flatMap(([name, entry]) =>
                LdapEntry.isSchoolUser(entry) ? [[name, LdapEntry.texts(entry, "ucsschoolRole")] as const] : []
              )
            )
        ),
      user: (username) =>
        Effect.gen(function* () {
          const entries = yield* users("user", [username], LdapEntry.userAttributes)
          const now = yield* Clock.currentTimeMillis
          return Option.map(Option.fromNullable(entries.get(username.toLowerCase())), (entry) =>
            LdapEntry.user(entry, now)
          )
        }),
      group: (name) => Effect.map(schoolGroup(name, LdapEntry.groupAttributes), Option.map(LdapEntry.group)),
      listenerObject: (kind, name) =>
        kind === "user"
          ? userObject(name)
          : Effect.map(schoolGroup(name, UdmObject.groupAttributes), Option.map(UdmObject.group)),
      usersOfSchool: (school) =>
        Effect.gen(function* () {
          const roles = ["teacher", "student", "staff", "legal_guardian"]
          const filter = and(equal("ucsschoolSchool", school), ofSchool(school, roles))
          const entries = yield* search("users of a school", filter, LdapEntry.userAttributes)
          const now = yield* Clock.currentTimeMillis
          return entries.map((entry) => LdapEntry.user(entry, now)).sort((a, b) => (a.username < b.username ? -1 : 1))
        }),
      groupsOfSchool: (school) =>
        Effect.map(
          search(
            "groups of a school",
            and(
              new SubstringFilter({ attribute: "cn", initial: `${school}-` }),
              ofSchool(school, ["school_class", "workgroup"])
            ),
            LdapEntry.groupAttributes
          ),
          (entries) => entries.map(LdapEntry.group).sort((a, b) => (a.name < b.name ? -1 : 1))
        ),
      admins: pool
        .use((client) =>
          client.search(`cn=${adminGroup},cn=groups,${base}`, { scope: "base", attributes: ["uniqueMember"] })
        )
        .pipe(
          Effect.map(({ searchEntries }) => searchEntries.flatMap((entry) => LdapEntry.texts(entry, "uniqueMember"))),
          Effect.catchIf(
            ({ cause }) => cause instanceof ResultCodeError && cause.code === noSuchObject,
            () => Effect.succeed([])
          ),
          Effect.mapError(failed("administrators"))
        ),
      isPassword: (dn, password) =>
        // A log in with a DN and no password succeeds, as nobody.
        Redacted.value(password) === ""
          ? Effect.succeed(false)
          : Effect.mapError(isBoundAs(dn, password), failed("log in"))
    }
  })

const equal = (attribute: string, value: string) => new EqualityFilter({ attribute, value })
const and = (...filters: ReadonlyArray<Filter>) => new AndFilter({ filters: [...filters] })
const oneOf = (attribute: string, values: ReadonlyArray<string>): Filter =>
  new OrFilter({ filters: values.map((value) => equal(attribute, value)) })

const tooLate = ({ timeLimit }: LdapConnection.LdapServer) => new Error(`no answer within ${timeLimit / 1000} seconds`)

/** What went wrong, for people. */
const reasonOf = (cause: unknown, bindDn: string): string => {
  if (cause instanceof ResultCodeError && cause.code === invalidCredentials) {
    return `the server refuses the password of the host account ${bindDn} (machine.secret)`
  }
  const message =
    cause instanceof ResultCodeError
      ? `${cause.name.replace(/Error$/, "")}: ${cause.message.trim()}`
      : cause instanceof Error
        ? cause.message
        : String(cause)
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  const text = message.includes(code) || code === "" ? message : `${message} (${code})`
  return /certificate|self.signed|altname/i.test(text) ? `its certificate is not trusted: ${text}` : text
}
