import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Directory } from "@id-connector/core/directory/Directory"
import * as ConfigDirectory from "@id-connector/server/files/ConfigDirectory"
import * as FileDirectory from "@id-connector/server/files/FileDirectory"
import * as InstanceLock from "@id-connector/server/files/InstanceLock"
import * as KeyFile from "@id-connector/server/files/KeyFile"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as Settings from "@id-connector/server/Settings"
import { quietly } from "@id-connector/testkit/Quietly"
import { ConfigProvider, Effect, Layer, LogLevel, Option, Redacted, TestClock } from "effect"

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const write = (file: string, content: unknown) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.writeFileString(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 })
  )

describe("ConfigDirectory", () => {
  const conf = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const appDir = yield* temporary
    const authorities = join(appDir, "conf", "school_authorities")
    yield* fs.makeDirectory(authorities, { recursive: true })
    return { appDir, authorities, mapping: join(appDir, "conf", "schools_authorities_mapping.json") }
  })
  const authority = (name: string) => ({ name, url: "https://k.example.com/ucsschool/kelvin/v1/", plugin_configs: {} })

  it.scoped("takes missing and empty directories for nothing configured", () =>
    Effect.gen(function* () {
      const missing = yield* ConfigDirectory.load(yield* temporary)
      const { appDir } = yield* conf
      const empty = yield* ConfigDirectory.load(appDir)
      for (const { authorities, mapping } of [missing, empty]) {
        assert.deepStrictEqual([authorities, mapping.entries], [[], []])
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reads authorities by name, and the mapping", () =>
    Effect.gen(function* () {
      const { appDir, authorities, mapping } = yield* conf
      yield* write(join(authorities, "b.json"), authority("B"))
      yield* write(join(authorities, "z.json"), authority("A"))
      yield* write(mapping, { mapping: { School1: "A" } })
      const configuration = yield* ConfigDirectory.load(appDir)
      assert.deepStrictEqual<unknown>(
        configuration.authorities.map(({ name }) => name),
        ["A", "B"]
      )
      assert.strictEqual(configuration.mapping.authorityOf("school1"), "A")
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )

  it.scoped("refuses a URL with user name and password, and the name of the in queue, in files, too", () =>
    Effect.gen(function* () {
      const { appDir, authorities } = yield* conf
      const url = "https://admin:s3cr3t-top@k.example.com/ucsschool/kelvin/v1/"
      yield* write(join(authorities, "a.json"), { ...authority("A"), url })
      yield* write(join(authorities, "b.json"), authority("inqueue"))
      const { problems } = yield* Effect.flip(ConfigDirectory.load(appDir))
      assert.lengthOf(problems, 2)
      assert.match(problems[0] ?? "", /a\.json: url: a URL without user name and password is expected/)
      assert.match(problems[1] ?? "", /b\.json: name: another name than that of the in queue is expected/)
      assert.notInclude(problems.join(), "s3cr3t-top")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("says everything that is wrong, with file, path and what is expected, and no secret", () =>
    Effect.gen(function* () {
      const { appDir, authorities, mapping } = yield* conf
      yield* write(join(authorities, "1.json"), { ...authority(".."), url: 5 })
      yield* write(join(authorities, "2.json"), '{\n "password": "s3cr3t-top" x')
      yield* write(join(authorities, "3.json"), authority("Twice"))
      yield* write(join(authorities, "4.json"), authority("Twice"))
      yield* write(mapping, { mapping: { School1: 5 } })
      const { problems } = yield* Effect.flip(ConfigDirectory.load(appDir))
      const short = problems.map((problem) => problem.replaceAll(`${appDir}/conf/`, "").slice(0, 60))
      assert.deepStrictEqual(
        short,
        [
          "school_authorities/1.json: name: a name of 1 to 128 letters,",
          "school_authorities/1.json: url: a text is expected, actual 5",
          "school_authorities/2.json: line 2, column 27: this is not JS",
          "school_authorities/3.json and school_authorities/4.json: nam",
          "schools_authorities_mapping.json: School1: a text is expected"
        ].map((line) => line.slice(0, 60))
      )
      assert.ok(!problems.join().includes("s3cr3t-top"))
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )
})

describe("Settings", () => {
  const load = (environment: Record<string, string>) =>
    Settings.load.pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))

  it.effect("has the defaults of the container, and takes empty values for none", () =>
    Effect.gen(function* () {
      const needed = { ldap_server_name: "dc1", ldap_hostdn: "cn=host,dc=x", ldap_base: "dc=x" }
      const settings = yield* load({
        ...needed,
        IDC_APP_DIR: "",
        IDC_HTTP_PORT: " ",
        ucsschool_ldap_default_container_class: ""
      })
      assert.deepStrictEqual(settings, yield* load(needed))
      assert.strictEqual(settings.databaseFile, `${settings.appDir}/data/id-connector.db`)
      assert.deepStrictEqual(settings.layout, { base: "dc=x", classes: "klassen", pupils: "schueler" })
      assert.deepStrictEqual(settings.http, {
        host: "0.0.0.0",
        port: 8911,
        tls: null,
        trustedProxies: ["127.0.0.0/8", "::1"],
        publicUrl: null
      })
      assert.deepStrictEqual(settings.directory, {
        _tag: "Ldap",
        host: "dc1",
        port: 7389,
        tls: "starttls",
        caFile: null,
        base: "dc=x",
        hostDn: "cn=host,dc=x",
        secretFile: "/etc/machine.secret"
      })
    })
  )

  it.effect("trusts the proxies that are named, or none, and says which are none", () =>
    Effect.gen(function* () {
      const directory = { IDC_DIRECTORY: "file:/x" }
      const proxies = (text: string) =>
        Effect.map(load({ ...directory, IDC_TRUSTED_PROXIES: text }), ({ http }) => http.trustedProxies)
      assert.deepStrictEqual(yield* proxies(" 172.17.0.1, fd00::/8 "), ["172.17.0.1", "fd00::/8"])
      assert.deepStrictEqual(yield* proxies("none"), [])
      const { problems } = yield* Effect.flip(proxies("proxy.example.com,10.0.0.0/99"))
      assert.lengthOf(problems, 2)
      assert.match(problems[0] ?? "", /^IDC_TRUSTED_PROXIES: "proxy.example.com" is no address and no network/)
    })
  )

  it.effect("reads what browsers open, and refuses what is no address, without repeating a password in it", () =>
    Effect.gen(function* () {
      const publicUrl = (text: string) =>
        Effect.map(load({ IDC_DIRECTORY: "file:/x", IDC_PUBLIC_URL: text }), ({ http }) => http.publicUrl)
      assert.deepStrictEqual(
        [yield* publicUrl(""), yield* publicUrl(" https://idc.example "), yield* publicUrl("HTTP://idc.example/x")],
        [null, "https://idc.example/", "http://idc.example/x"]
      )
      for (const text of ["idc.example", "ftp://idc.example", "https://", "https://admin:s3cr3t@idc.example/"]) {
        const { problems } = yield* Effect.flip(publicUrl(text))
        assert.lengthOf(problems, 1)
        assert.match(problems[0] ?? "", /^IDC_PUBLIC_URL: /)
        assert.notInclude(problems[0], "s3cr3t")
      }
    })
  )

  it.effect("reads where metrics are served, IPv6 in brackets, and refuses what is no address with a port", () =>
    Effect.gen(function* () {
      const metrics = (text: string) =>
        Effect.map(load({ IDC_DIRECTORY: "file:/x", IDC_METRICS_ADDRESS: text }), ({ metrics }) => metrics)
      assert.deepStrictEqual(
        [yield* metrics(""), yield* metrics(" 127.0.0.1:9464 "), yield* metrics("[::1]:0"), yield* metrics("idc:1")],
        [null, { host: "127.0.0.1", port: 9464 }, { host: "::1", port: 0 }, { host: "idc", port: 1 }]
      )
      for (const text of ["9464", ":9464", "127.0.0.1", "127.0.0.1:", "::1:9464", "[x]:1", "http://x:1", "x:65536"]) {
        const { problems } = yield* Effect.flip(metrics(text))
        assert.lengthOf(problems, 1, text)
        assert.match(
          problems[0] ?? "",
          /^IDC_METRICS_ADDRESS: ".*" is no address with a port, .* like 127\.0\.0\.1:9464/
        )
      }
    })
  )

  it.effect("says what is missing for LDAP", () =>
    Effect.gen(function* () {
      const { problems } = yield* Effect.flip(
        load({ ldap_server_port: "x", IDC_LDAP_TLS: "maybe", IDC_HTTP_PORT: "99999" })
      )
      assert.deepStrictEqual(
        problems.map((problem) => problem.split(":")[0]),
        ["ldap_server_name", "ldap_hostdn", "ldap_base", "ldap_server_port", "IDC_LDAP_TLS", "IDC_HTTP_PORT"]
      )
    })
  )

  it.effect("needs no source directory, but all of LDAP when anything of it is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* load({})).directory, { _tag: "None" })
      for (const some of [{ ldap_base: "dc=x" }, { IDC_DIRECTORY: "ldap" }, { ldap_server_name: "dc1" }]) {
        const { message } = yield* Effect.flip(load(some))
        assert.match(message, /^ldap_\w+: is not set/)
      }
    })
  )

  it.effect("knows whose certificates are trusted and which proxy there is, and shows no password of it", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* load({}), { trust: { own: null, system: null }, proxy: null })
      const { proxy, trust } = yield* load({
        IDC_CA_FILE: "/ca.pem",
        SSL_CERT_FILE: "/system.pem",
        HTTPS_PROXY: "http://a:s3cr3t@p:1",
        https_proxy: "http://b:s3cr3t@q:2",
        NO_PROXY: "a.com, b.com"
      })
      assert.deepStrictEqual(trust, { own: "/ca.pem", system: "/system.pem" })
      assert.deepInclude(proxy, { variable: "https_proxy", url: "http://q:2", except: ["a.com", "b.com"] })
      assert.notInclude(JSON.stringify(proxy), "s3cr3t")
      assert.match(
        (yield* Effect.flip(load({ HTTPS_PROXY: "ftp://a:s3cr3t@p" }))).message,
        /^HTTPS_PROXY: is no address/
      )
    })
  )

  it.effect("reads what is set", () =>
    Effect.gen(function* () {
      const settings = yield* load({
        IDC_APP_DIR: "/srv/idc",
        IDC_DATABASE_URL: "sqlite:/db/x.db",
        IDC_DIRECTORY: "file:/dir.json",
        ldap_base: "dc=a,dc=b",
        ucsschool_ldap_default_container_class: "classes"
      })
      assert.deepStrictEqual(
        [
          settings.databaseFile,
          settings.directory,
          settings.layout.base,
          settings.layout.classes,
          settings.listenerDirectory
        ],
        ["/db/x.db", { _tag: "File", path: "/dir.json" }, "dc=a,dc=b", "classes", "/srv/idc/data/listener"]
      )
    })
  )

  it.effect("says everything that is wrong, and no password", () =>
    Effect.gen(function* () {
      const { problems } = yield* Effect.flip(
        load({ IDC_DATABASE_URL: "postgresql://u:s3cr3t-top@h/db", IDC_DIRECTORY: "http://x", ldap_base: "example" })
      )
      assert.deepStrictEqual(
        problems.map((problem) => problem.split(":")[0]),
        ["IDC_DATABASE_URL", "IDC_DIRECTORY", "ldap_base"]
      )
      assert.ok(!problems.join().includes("s3cr3t-top"))
    })
  )
})

describe("FileDirectory", () => {
  const hashes = { userPassword: ["x"], sambaNTPassword: "y", krb5Key: [], krb5KeyVersionNumber: 1, sambaPwdLastSet: 2 }

  it.scoped(
    "knows users without regard to case, leaves out incomplete hashes, and reads the file again while it is good",
    () =>
      Effect.gen(function* () {
        const file = join(yield* temporary, "directory.json")
        const user = (uid: string, more: object) => ({ dn: `uid=${uid}`, uid, ...more })
        yield* write(file, {
          users: [user("Anna", { hashes, ucsschoolRole: ["r"] }), user("ben", { hashes: { userPassword: [] } })]
        })
        const context = yield* Layer.build(FileDirectory.layer(file))
        const directory = yield* Effect.provide(Directory, context)
        const found = yield* directory.passwordHashes(["ANNA", "ben", "nobody"])
        assert.deepStrictEqual([...found.keys()], ["anna"])
        assert.deepStrictEqual(
          [...(yield* directory.roles(["anna", "BEN", "nobody"]))],
          [
            ["anna", ["r"]],
            ["ben", []]
          ]
        )
        yield* write(file, { users: [user("carl", { ucsschoolRole: ["teacher:school:A"] })] })
        assert.deepStrictEqual([...(yield* directory.roles(["anna", "carl"])).keys()], ["carl"])
        yield* write(file, "{")
        assert.deepStrictEqual([...(yield* directory.roles(["carl"])).keys()], ["carl"])
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("says what is wrong with the file, and no secret", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "directory.json")
      yield* write(file, { users: [{ dn: 4, hashes: "s3cr3t-top", password: "s3cr3t-top" }] })
      const error = yield* Effect.flip(Layer.build(FileDirectory.layer(file)))
      assert.deepStrictEqual([...error.problems].sort(), [
        "users.0.dn: a text is expected, actual 4",
        "users.0.hashes: password hashes are expected (value not shown): userPassword (list of texts), sambaNTPassword (text), krb5Key (list of texts in base64), krb5KeyVersionNumber and sambaPwdLastSet (whole numbers)",
        "users.0.uid: is missing"
      ])
      const missing = yield* Effect.flip(Layer.build(FileDirectory.layer(`${file}.no`)))
      assert.match(missing.message, /there is no such file. Create it with JSON like this/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("KeyFile", () => {
  it.scoped("makes a key once, for nobody else to read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = join(yield* temporary, "deep", "key")
      const first = yield* KeyFile.loadOrCreate(file)
      const second = yield* KeyFile.loadOrCreate(file)
      assert.deepStrictEqual([Redacted.value(first).length, Redacted.value(second)], [32, Redacted.value(first)])
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      yield* write(file, "abcd")
      assert.ok((yield* Effect.flip(KeyFile.loadOrCreate(file))).message.includes("at least 32"))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("InstanceLock", () => {
  it.scopedLive("lets one connector run on a directory, and the next when that one has ended", () =>
    Effect.gen(function* () {
      const appDir = yield* temporary
      const lock = InstanceLock.layer(appDir).pipe(Layer.provide(NodeContext.layer), Layer.fresh)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(lock)
          const error = yield* Effect.flip(Effect.scoped(Layer.build(lock)))
          assert.strictEqual(error._tag, "AlreadyRunning")
        })
      )
      yield* Effect.scoped(Layer.build(lock))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("Ucr", () => {
  it.scoped("reads lines key: value, again when they change, and knows defaults", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "base.conf")
      const ucr = yield* Effect.provide(Ucr.Ucr, yield* Layer.build(Ucr.layer(file)))
      assert.deepStrictEqual([yield* ucr.sourceUid, yield* ucr.logLevel], ["TESTID", LogLevel.Info])
      yield* write(
        file,
        "# comment\nucsschool-id-connector/source_uid: STATE\nucsschool-id-connector/log_level: WARNING\n"
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* ucr.sourceUid, yield* ucr.logLevel], ["STATE", LogLevel.Warning])
      assert.deepStrictEqual(yield* ucr.get("nothing"), Option.none())
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
