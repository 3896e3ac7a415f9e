import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { Directory } from "@id-connector/core/directory/Directory"
import type { LdapServer } from "@id-connector/ldap/LdapConnection"
import * as LdapDirectory from "@id-connector/ldap/LdapDirectory"
import { Context, Effect, Either, Layer, Option, Redacted } from "effect"
import * as Slapd from "./Slapd.js"

const { base, hostDn, hostPassword } = Slapd

const entry = (dn: string, attributes: { readonly [name: string]: string | ReadonlyArray<string> }) =>
  [
    `dn: ${dn}`,
    ...Object.entries(attributes).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${name}${one}`)
    ),
    ""
  ].join("\n")

/** `: x` is a text, `:: x` is base64, as in LDIF. */
const t = (text: string) => `: ${text}`
const b = (bytes: Buffer) => `:: ${bytes.toString("base64")}`

const key = Buffer.from([0x30, 0xa1, 0xff, 0x00, 0x80, 0x0a])
/** Bytes that happen to be a text. */
const textKey = Buffer.from("looks like text")

const hashes = {
  userPassword: t("{crypt}x"),
  sambaNTPassword: t("CAA1239D44DA7EDF926BCE39F5C65D0F"),
  krb5Key: [b(key), b(textKey)],
  krb5KeyVersionNumber: t("3"),
  sambaPwdLastSet: t("1770000000")
}

const user = (uid: string, more: { readonly [name: string]: string | ReadonlyArray<string> } = {}, kind = "Student") =>
  entry(`uid=${uid.replace(/[\\,+"<>;=#]/g, "\\$&")},cn=users,${base}`, {
    objectClass: [t("inetOrgPerson"), t(`ucsschool${kind}`)],
    uid: b(Buffer.from(uid)),
    cn: t("x"),
    sn: t("x"),
    ucsschoolSchool: t("Gym"),
    ucsschoolRole: t(`${kind.toLowerCase()}:school:Gym`),
    ...more
  })

const many = 650

const ldif = [
  entry(base, { objectClass: [t("domain")], dc: t("example") }),
  entry(hostDn, { objectClass: [t("person")], cn: t("host"), sn: t("host"), userPassword: t(hostPassword) }),
  entry(`cn=users,${base}`, { objectClass: [t("organizationalRole")], cn: t("users") }),
  entry(`cn=groups,${base}`, { objectClass: [t("organizationalRole")], cn: t("groups") }),
  user("Anna", { ...hashes, displayName: t("Anna A."), userPassword: [t("{crypt}x"), t("s3cr3t")] }),
  // Beyond 2^53.
  user("future", { ...hashes, sambaPwdLastSet: t("9007199254740993") }),
  user("half", { userPassword: t("x") }),
  user("a*b(c)d\\e", { displayName: t("odd") }),
  user("flagged", { sambaAcctFlags: t("[UD         ]") }),
  user("kerberos", { krb5KDCFlags: t("254") }),
  user("expired", { shadowExpire: t("1") }),
  user("later", { shadowExpire: t("40000"), sambaAcctFlags: t("[U          ]"), krb5KDCFlags: t("126") }),
  user("full", {
    sn: t("Meier"),
    givenName: t("Änne"),
    mail: [t("a@x.de"), t("b@x.de")],
    univentionBirthday: t("2012-05-30"),
    shadowExpire: t("20000"),
    ucsschoolSchool: [t("Gym"), t("Big")],
    ucsschoolRecordUID: t("4711"),
    ucsschoolLegalGuardian: t(`uid=Anna,cn=users,${base}`)
  }),
  user("t1", { ucsschoolRole: t("teacher:school:Gym") }, "Teacher"),
  entry(`uid=clerk,cn=users,${base}`, { objectClass: [t("inetOrgPerson")], uid: t("clerk"), cn: t("x"), sn: t("x") }),
  ...Array.from({ length: many }, (_, index) =>
    user(`pupil${index}`, { ...hashes, ucsschoolSchool: t("Big"), ucsschoolRole: t("student:school:Big") })
  ),
  ...["Gym-1a", "Gym-2b", "Gymnasium-1a"].map((cn) =>
    entry(`cn=${cn},cn=groups,${base}`, {
      objectClass: [t("groupOfUniqueNames"), t("ucsschoolGroup")],
      cn: t(cn),
      uniqueMember: [t(hostDn), t(`uid=full,cn=users,${base}`)],
      ucsschoolRole: t(`school_class:school:${cn.split("-")[0]}`)
    })
  ),
  entry(`cn=Gym-other,cn=groups,${base}`, {
    objectClass: [t("groupOfUniqueNames")],
    cn: t("Gym-other"),
    uniqueMember: t(hostDn)
  }),
  entry(`cn=ucsschool-id-connector-admins,cn=groups,${base}`, {
    objectClass: [t("groupOfUniqueNames")],
    cn: t("ucsschool-id-connector-admins"),
    uniqueMember: [t(`uid=Anna,cn=users,${base}`), t(`uid=t1,cn=users,${base}`)]
  }),
  entry(`cn=ucsschool-id-connector-readers,cn=groups,${base}`, {
    objectClass: [t("groupOfUniqueNames")],
    cn: t("ucsschool-id-connector-readers"),
    uniqueMember: t(`uid=t1,cn=users,${base}`)
  })
].join("\n")

class Server extends Context.Tag("test/Server")<Server, Slapd.Slapd>() {}

const directoryAt = (options: Partial<LdapServer>, password = hostPassword, dn = base) =>
  Effect.gen(function* () {
    const { ca, port } = yield* Server
    const context = yield* Layer.build(
      LdapDirectory.layer({
        server: { host: "127.0.0.1", port, tls: "starttls", ca, timeLimit: 5_000, ...options },
        base: dn,
        bindDn: hostDn,
        password: Effect.succeed(Redacted.make(password))
      })
    )
    return Context.get(context, Directory)
  })

const detailOf = <A>(answer: Effect.Effect<A, { readonly message: string }>) =>
  Effect.map(Effect.flip(answer), ({ message }) => message)

Slapd.layerAtServer(Layer.scoped(Server, Slapd.make(ldif)), { timeout: "60 seconds", excludeTestServices: true })(
  "LdapDirectory at a real server",
  (it) => {
    it.scoped("knows password hashes byte by byte, of those who have all of them", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        const found = yield* directory.passwordHashes(["anna", "half", "future", "nobody", "*", ""])
        assert.deepStrictEqual([...found.keys()], ["anna"])
        const anna = found.get("anna")
        assert.deepStrictEqual(anna === undefined ? null : Redacted.value(anna), {
          userPassword: ["{crypt}x", "s3cr3t"],
          sambaNTPassword: "CAA1239D44DA7EDF926BCE39F5C65D0F",
          krb5Key: [key.toString("base64"), textKey.toString("base64")],
          krb5KeyVersionNumber: 3,
          sambaPwdLastSet: 1_770_000_000
        })
      })
    )

    it.scoped("tells users and groups as a listener file would have them", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        const user = Option.getOrThrow(yield* directory.listenerObject("user", "FULL"))
        const decoded = Either.getOrThrow(ListenerObject.decode(user))
        assert.ok(decoded._tag === "ChangedUser")
        assert.deepStrictEqual(
          [decoded.username, decoded.schools, decoded.recordUid, decoded.sourceUid, decoded.roles],
          ["full", ["Gym", "Big"], "4711", null, ["student"]]
        )
        const { birthday, disabled, firstname, groups, lastname, ucsschoolLegalGuardian, userexpiry } =
          decoded.properties
        assert.deepStrictEqual(
          { birthday, disabled, firstname, lastname, userexpiry, mail: decoded.properties["e-mail"] },
          {
            birthday: "2012-05-30",
            disabled: "1",
            firstname: "Änne",
            lastname: "Meier",
            userexpiry: "2024-10-04",
            mail: ["a@x.de", "b@x.de"]
          }
        )
        assert.deepStrictEqual(ucsschoolLegalGuardian, [`uid=Anna,cn=users,${base}`])
        assert.deepStrictEqual(
          groups,
          ["Gym-1a", "Gym-2b", "Gymnasium-1a"].map((name) => `cn=${name},cn=groups,${base}`)
        )
        const group = Option.getOrThrow(yield* directory.listenerObject("group", "gym-1A"))
        const decodedGroup = Either.getOrThrow(ListenerObject.decode(group))
        assert.ok(decodedGroup._tag === "ChangedGroup")
        assert.deepStrictEqual([decodedGroup.name, decodedGroup.members.length], ["Gym-1a", 2])
        assert.ok(Option.isNone(yield* directory.listenerObject("user", "nobody")))
        assert.ok(Option.isNone(yield* directory.listenerObject("group", "Gym-other")))
      })
    )

    it.scoped("looks up hundreds at once, and finds everybody of a large school", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        const names = Array.from({ length: 300 }, (_, index) => `PUPIL${index}`)
        assert.strictEqual((yield* directory.passwordHashes(names)).size, 300)
        assert.strictEqual((yield* directory.usersOfSchool("big")).length, many)
      })
    )

    it.scoped("knows users and whether they may log in", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        const anna = Option.getOrThrow(yield* directory.user("ANNA"))
        assert.deepInclude(anna, {
          dn: `uid=Anna,cn=users,${base}`,
          username: "Anna",
          displayName: "Anna A.",
          roles: ["student:school:Gym"],
          isSchoolUser: true,
          isDisabled: false
        })
        assert.match(anna.entryUuid, /^[0-9a-f-]{36}$/)
        const disabled = yield* Effect.forEach(["flagged", "kerberos", "expired", "later"], (name) =>
          Effect.map(directory.user(name), (user) => Option.getOrThrow(user).isDisabled)
        )
        assert.deepStrictEqual(disabled, [true, true, true, false])
        assert.isFalse(Option.getOrThrow(yield* directory.user("clerk")).isSchoolUser)
      })
    )

    it.scoped("takes a name for a name, whatever is in it", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        assert.isTrue(Option.isSome(yield* directory.user("a*b(c)d\\e")))
        for (const name of ["*", "a*", "a*b(c)d\\e)(uid=*", "\0", "anna\0", "x".repeat(10_000)]) {
          assert.isTrue(Option.isNone(yield* directory.user(name)), name.slice(0, 20))
          assert.isTrue(Option.isNone(yield* directory.group(name)), name.slice(0, 20))
        }
      })
    )

    it.scoped("knows roles of school users, groups, and what belongs to a school", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        assert.deepStrictEqual(
          [...(yield* directory.roles(["t1", "clerk", "nobody"]))],
          [["t1", ["teacher:school:Gym"]]]
        )
        assert.strictEqual(Option.getOrThrow(yield* directory.group("gym-1A")).name, "Gym-1a")
        assert.isTrue(Option.isNone(yield* directory.group("Gym-other")))
        assert.deepStrictEqual(
          (yield* directory.groupsOfSchool("Gym")).map(({ name }) => name),
          ["Gym-1a", "Gym-2b"]
        )
        assert.include(
          (yield* directory.usersOfSchool("Gym")).map(({ username }) => username),
          "t1"
        )
      })
    )

    it.scoped("knows administrators, readers and passwords", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        assert.deepStrictEqual(yield* directory.admins, [`uid=Anna,cn=users,${base}`, `uid=t1,cn=users,${base}`])
        assert.deepStrictEqual(yield* directory.readers, [`uid=t1,cn=users,${base}`])
        const dn = `uid=Anna,cn=users,${base}`
        const tried = yield* Effect.forEach(
          [
            [dn, "s3cr3t"],
            [dn, "wrong"],
            [dn, ""],
            [`uid=nobody,${base}`, "s3cr3t"],
            ["no dn", "s3cr3t"]
          ] as const,
          ([dn, password]) => directory.isPassword(dn, Redacted.make(password))
        )
        assert.deepStrictEqual(tried, [true, false, false, false, false])
        const elsewhere = yield* directoryAt({}, hostPassword, `cn=users,${base}`)
        assert.deepStrictEqual([yield* elsewhere.admins, yield* elsewhere.readers], [[], []])
      })
    )

    it.scoped("speaks LDAPS, and plain LDAP to this machine", () =>
      Effect.gen(function* () {
        const { tlsPort } = yield* Server
        const secure = yield* directoryAt({ tls: "ldaps", port: tlsPort })
        assert.isTrue(Option.isSome(yield* secure.user("anna")))
        const plain = yield* directoryAt({ tls: "none" })
        assert.isTrue(Option.isSome(yield* plain.user("anna")))
        const error = yield* Effect.flip(directoryAt({ tls: "none", host: "ldap.example.com" }))
        assert.match(error.message, /^IDC_LDAP_TLS: none is only for a server on this machine/)
      })
    )

    it.scoped("asks for each connection whom to trust", () =>
      Effect.gen(function* () {
        const { ca, tlsPort } = yield* Server
        let asked = 0
        const trusting = () => {
          asked++
          return Tls.createSecureContext({ ca })
        }
        const started = yield* directoryAt({ ca: trusting })
        assert.isTrue(Option.isSome(yield* started.user("anna")))
        const secure = yield* directoryAt({ tls: "ldaps", port: tlsPort, ca: trusting })
        assert.isTrue(Option.isSome(yield* secure.user("anna")))
        assert.strictEqual(asked, 2)
        const untrusting = yield* directoryAt({ ca: () => Tls.createSecureContext() })
        assert.match(yield* detailOf(untrusting.user("anna")), /its certificate is not trusted: .* IDC_CA_FILE/)
      })
    )

    it.scoped("says what is wrong, with server and operation", () =>
      Effect.gen(function* () {
        const { port, tlsPort } = yield* Server
        const untrusted = yield* directoryAt({ ca: null })
        assert.match(
          yield* detailOf(untrusted.user("anna")),
          new RegExp(`failed at "user": ldap://127.0.0.1:${port}: its certificate is not trusted: self.signed`)
        )
        const untrustedToo = yield* directoryAt({ tls: "ldaps", port: tlsPort, ca: null })
        assert.match(yield* detailOf(untrustedToo.user("anna")), /its certificate is not trusted/)
        const locked = yield* directoryAt({}, "wrong secret")
        const refused = yield* detailOf(locked.passwordHashes(["anna"]))
        assert.include(refused, `the server refuses the password of the host account ${hostDn}`)
        assert.notInclude(refused, "wrong secret")
        const nowhere = yield* directoryAt({ port: 1 })
        assert.match(yield* detailOf(nowhere.user("anna")), /ECONNREFUSED/)
      })
    )

    it.scoped("connects anew when the server was away, and logs in again", () =>
      Effect.gen(function* () {
        const { restart } = yield* Server
        const directory = yield* directoryAt({})
        for (let time = 0; time < 3; time++) {
          assert.strictEqual((yield* directory.passwordHashes(["anna"])).size, 1)
          yield* restart
        }
        assert.strictEqual((yield* directory.passwordHashes(["anna"])).size, 1)
      })
    )

    it.scoped("bears a hundred lookups at the same time", () =>
      Effect.gen(function* () {
        const directory = yield* directoryAt({})
        const found = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => `pupil${index}`),
          (name) => directory.user(name),
          { concurrency: "unbounded" }
        )
        assert.isTrue(found.every(Option.isSome))
      })
    )
  }
)

describe("LdapDirectory at a server that says nothing", () => {
  it.scopedLive("gives up after its time", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const server = createServer(() => undefined).listen(0, "127.0.0.1")
          await once(server, "listening")
          return server
        }),
        (server) => Effect.sync(() => server.close())
      )
      const context = yield* Layer.build(
        LdapDirectory.layer({
          server: {
            host: "127.0.0.1",
            port: (server.address() as AddressInfo).port,
            tls: "starttls",
            ca: null,
            timeLimit: 300
          },
          base,
          bindDn: hostDn,
          password: Effect.succeed(Redacted.make("x"))
        })
      )
      const message = yield* detailOf(Context.get(context, Directory).user("anna"))
      assert.match(message, /ldap:\/\/127\.0\.0\.1:\d+: .*(time|within)/i)
    })
  )
})
