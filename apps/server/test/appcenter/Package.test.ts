import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Settings from "../../src/Settings.js"
import { read, source } from "./Host.js"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

type Section = { readonly [key: string]: string }

/** Sections of lines `key = value`. */
const parse = (text: string): { readonly [name: string]: Section } => {
  const sections: Record<string, Record<string, string>> = {}
  let current: Record<string, string> = {}
  for (const line of text.split("\n")) {
    const name = /^\[(.*)\]$/.exec(line)?.[1]
    const [, key, value] = /^(\S+) =(?: (.*))?$/.exec(line) ?? []
    if (name !== undefined) {
      assert.notProperty(sections, name)
      current = {}
      sections[name] = current
    } else if (key !== undefined) {
      assert.notProperty(current, key)
      current[key] = value ?? ""
    } else assert.ok(line === "" || line.startsWith("#"), line)
  }
  return sections
}

/** What hosts, scripts and administrators rely on. */
const application: Section = {
  ID: "ucsschool-id-connector",
  Code: "2F",
  Name: "UCS@school ID Connector",
  WebInterface: "/ucsschool-id-connector/api/",
  WebInterfaceName: "ID Connector",
  WebInterfacePortHttp: "8911",
  WebInterfacePortHttps: "8911",
  WebInterfaceProxyScheme: "http",
  AutoModProxy: "True",
  RequiredApps: "ucsschool",
  SupportedUcsVersions: "5.0-3, 5.1-0, 5.2-0",
  ServerRole: "domaincontroller_master, domaincontroller_backup",
  ListenerUdmModules: "users/user, groups/group",
  ListenerUDMVersion: "2",
  DockerTmpfs: "/run:exec",
  DockerServerRole: "memberserver",
  DockerShellCommand: "/bin/bash",
  DockerScriptSetup: "",
  DockerScriptStoreData: "",
  DockerScriptRestoreDataBeforeSetup: "",
  DockerScriptRestoreDataAfterSetup: "",
  DockerScriptUpdateAvailable: "",
  DockerScriptUpdatePackages: "",
  DockerScriptUpdateRelease: "",
  DockerScriptUpdateAppVersion: "",
  Categories: "Administration",
  AppCategories: "education, identity"
}

const volumes = [
  "/var/log/univention/ucsschool-id-connector:/var/log/univention/ucsschool-id-connector",
  "/var/lib/univention-appcenter/listener:/var/lib/univention-appcenter/listener",
  "/etc/ssl/certs:/etc/ssl/certs:ro",
  "/usr/share/ca-certificates:/usr/share/ca-certificates:ro",
  "/usr/local/share/ca-certificates:/usr/local/share/ca-certificates:ro"
]

/** Type, initial value and scope by key. */
const settings: { readonly [key: string]: readonly [string, string | undefined, string | undefined] } = {
  access_tokel_ttl: ["Int", "60", undefined],
  log_level: ["String", "INFO", undefined],
  source_uid: ["String", "TESTID", undefined],
  trash_delete_state: ["Int", "1", undefined],
  trash_delete_offset: ["Int", "30", undefined],
  "update-ca-restart": ["Bool", "true", "outside"],
  // These four are not the Python connector's.
  log_format: ["String", undefined, "inside, outside"],
  trusted_proxies: ["String", undefined, "inside, outside"],
  history_days: ["Int", undefined, "inside, outside"],
  audit_days: ["Int", undefined, "inside, outside"],
  metrics_address: ["String", undefined, "inside, outside"],
  otlp_endpoint: ["String", undefined, "inside, outside"]
}

const certificates = "/etc/ssl/certs/ca-certificates.crt"

const filled = (key: string) => `@%@${key}@%@`

const environment: Section = {
  ...Object.fromEntries(
    [
      ...[
        "admins",
        "pupils",
        "staff",
        "teachers_and_staff",
        "teachers",
        "legal_guardians",
        "class",
        "rooms",
        "exam"
      ].map((name) => ["container", name]),
      ["groupname", "exam"],
      ...["pupils", "teachers", "legal_guardians", "admins", "staff"].map((name) => ["groupprefix", name])
    ].map(([kind, name = ""]) => [
      `ucsschool_ldap_default_${kind}_${name}`,
      filled(`ucsschool/ldap/default/${kind}/${name.replaceAll("_", "-")}`)
    ])
  ),
  SSL_CERT_FILE: certificates,
  REQUESTS_CA_BUNDLE: certificates,
  NODE_EXTRA_CA_CERTS: certificates,
  IDC_LOG_FORMAT: filled("ucsschool-id-connector/log_format"),
  IDC_TRUSTED_PROXIES: `127.0.0.0/8,::1,172.17.0.1,172.17.42.1,${filled("ucsschool-id-connector/trusted_proxies")}`,
  IDC_HISTORY_DAYS: filled("ucsschool-id-connector/history_days"),
  IDC_AUDIT_DAYS: filled("ucsschool-id-connector/audit_days"),
  IDC_PUBLIC_URL: `https://${filled("hostname")}.${filled("domainname")}/`,
  IDC_METRICS_ADDRESS: filled("ucsschool-id-connector/metrics_address"),
  OTEL_EXPORTER_OTLP_ENDPOINT: filled("ucsschool-id-connector/otlp_endpoint")
}

describe("The App Center package", () => {
  it("has the ini values that hosts rely on", () => {
    const { Application = {}, de = {}, ...more } = parse(read("ini"))
    assert.deepStrictEqual(more, {})
    for (const [key, value] of Object.entries(application)) assert.strictEqual(Application[key], value, key)
    assert.deepStrictEqual(Application.DockerVolumes?.split(", "), volumes)
    assert.strictEqual(Application.Version, "@VERSION@")
    assert.strictEqual(Application.DockerImage, "@IMAGE@")
    assert.ok(Fs.existsSync(join(source, Application.Logo ?? "")))
    for (const key of ["Vendor", "Contact", "License"]) assert.isNotEmpty(Application[key], key)
    for (const key of ["Name", "Description", "LongDescription"]) {
      assert.isNotEmpty(Application[key], key)
      assert.isNotEmpty(de[key], key)
    }
  })

  it("has the settings that administrators know, each explained in English and German", () => {
    const sections = parse(read("settings"))
    const prefix = "ucsschool-id-connector/"
    assert.sameMembers(
      Object.keys(sections),
      Object.keys(settings).map((key) => prefix + key)
    )
    for (const [key, [type, initial, scope]] of Object.entries(settings)) {
      const section = sections[prefix + key] ?? {}
      assert.deepStrictEqual([section.Type, section.InitialValue, section.Scope], [type, initial, scope], key)
      assert.isNotEmpty(section.Description, key)
      assert.isNotEmpty(section["Description[de]"], key)
    }
  })

  it("has an environment variable for each UCR value, and leads to the certificates of the domain", () => {
    const lines = read("env").trim().split("\n")
    assert.deepStrictEqual(
      Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
      environment
    )
    assert.strictEqual(lines.length, Object.keys(environment).length)
  })

  it("names the variables that the server reads as the server names them", () => {
    const known = Settings.variables.flatMap(({ name }) => name.split(/,\s*/))
    assert.includeMembers(known, [
      "IDC_TRUSTED_PROXIES",
      "ucsschool_ldap_default_container_class",
      "ucsschool_ldap_default_container_pupils"
    ])
  })
})

describe("scripts/appcenter.mjs", () => {
  const version: string = JSON.parse(Fs.readFileSync(join(root, "package.json"), "utf8")).version
  const image = `registry.example.com:5000/ucsschool-id-connector:${version}`
  let directory = ""
  beforeEach(() => {
    directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-appcenter-"))
  })
  afterEach(() => Fs.rmSync(directory, { recursive: true, force: true }))

  const build = (...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, [join(root, "scripts", "appcenter.mjs"), ...args], { encoding: "utf8" })

  it("writes the finished package with version and image, again and again alike", () => {
    const out = join(directory, "new", "package")
    for (const _ of [1, 2]) assert.strictEqual(build(out, "--image", image).status, 0)
    const { Application = {} } = parse(Fs.readFileSync(join(out, "ini"), "utf8"))
    assert.deepStrictEqual([Application.Version, Application.DockerImage], [version, image])
    const names = ["inst", "uinst", "preinst", "env", "settings", "logo.svg"]
    assert.sameMembers(Fs.readdirSync(out), [...names, "ini", "LICENSE_AGREEMENT"])
    for (const name of names) assert.strictEqual(Fs.readFileSync(join(out, name), "utf8"), read(name), name)
    for (const name of ["inst", "uinst", "preinst"])
      assert.strictEqual(Fs.statSync(join(out, name)).mode & 0o777, 0o755)
    assert.include(Fs.readFileSync(join(out, "LICENSE_AGREEMENT"), "utf8"), "MIT License")
  })

  it("takes an image by its digest", () => {
    const digest = `registry.example.com/ucsschool-id-connector@sha256:${"0a".repeat(32)}`
    assert.strictEqual(build(directory, "--image", digest).status, 0)
    assert.include(Fs.readFileSync(join(directory, "ini"), "utf8"), `DockerImage = ${digest}\n`)
  })

  it("refuses an image of another version, of none, or none at all", () => {
    for (const [args, says] of [
      [["--image", "ucsschool-id-connector:99.0"], `the tag is 99.0, and package.json says version ${version}`],
      [["--image", "registry.example.com:5000/ucsschool-id-connector"], "has no tag"],
      [["--image", "a b"], "is no reference of an image"],
      [[], "Usage:"],
      [["--imagine", "x"], "Usage:"]
    ] as const) {
      const { status, stderr } = build(directory, ...args)
      assert.strictEqual(status, 2, stderr)
      assert.include(stderr, says)
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
    }
  })

  it("leaves a directory alone that holds something else", () => {
    Fs.writeFileSync(join(directory, "notes"), "")
    const { status, stderr } = build(directory, "--image", image)
    assert.strictEqual(status, 2)
    assert.include(stderr, "holds other files (notes)")
    assert.deepStrictEqual(Fs.readdirSync(directory), ["notes"])
  })

  it("finds one version in the whole project", () => {
    for (const folder of ["apps/server", "packages/core", "packages/api"])
      assert.strictEqual(
        JSON.parse(Fs.readFileSync(join(root, folder, "package.json"), "utf8")).version,
        version,
        folder
      )
  })
})
