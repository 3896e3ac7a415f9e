import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Host } from "./Host.js"

const ok = { status: 0, stderr: "", stdout: "" }
const credentials = ["--binddn", "uid=Administrator,cn=users,dc=example,dc=com", "--bindpwdfile", "/tmp/a password"]
const command =
  "cron/ucsschool-id-connector-listener-trash-cleaner/command=univention-app shell ucsschool-id-connector listener_trash_cleaner"
const time = "cron/ucsschool-id-connector-listener-trash-cleaner/time=0 5 * * *"
const base = "ldap/base=dc=example,dc=com"

const group = `univention-directory-manager [groups/group] [create] ${credentials.map((arg) => `[${arg}]`).join(" ")} [--ignore_exists] [--position] [cn=groups,dc=example,dc=com] [--set] [name=ucsschool-id-connector-admins] [--set] [description=Members may use the HTTP API of the UCS@school ID Connector] [--append] [users=uid=Administrator,cn=users,dc=example,dc=com]`
const readers = `univention-directory-manager [groups/group] [create] ${credentials.map((arg) => `[${arg}]`).join(" ")} [--ignore_exists] [--position] [cn=groups,dc=example,dc=com] [--set] [name=ucsschool-id-connector-readers] [--set] [description=Members may look at everything in the HTTP API of the UCS@school ID Connector, and change nothing]`
const cron = `ucr [set] [${command}] [${time}]`
const restart = "univention-app [restart] [ucsschool-id-connector]"

describe("The join script", () => {
  let host: Host
  const files = [
    "school_authorities/North.json",
    "school_authorities/South West.json",
    "schools_authorities_mapping.json"
  ]
  const modes = (): ReadonlyArray<string> => ["school_authorities", ...files].map((name) => host.mode(host.conf(name)))

  beforeEach(() => {
    host = new Host()
    for (const name of files) host.write(host.conf(name), "{}", 0o644)
  })
  afterEach(() => host.remove())

  it("makes secret, groups and cron entry on a new host, and starts the app anew", () => {
    assert.deepStrictEqual(host.run("inst", credentials), ok)
    assert.match(host.content(host.conf("tokens.secret")), /^[0-9a-f]{64}$/)
    assert.strictEqual(host.mode(host.conf("tokens.secret")), "640")
    assert.deepStrictEqual(host.ucr(), [command, time, base])
    assert.deepStrictEqual(modes(), ["750", "600", "600", "600"])
    const [owner, ...calls] = host.calls()
    assert.match(owner ?? "", /^chown \[root:root\] /)
    assert.deepStrictEqual(calls, [group, readers, cron, restart])
    assert.strictEqual(host.content("status.inst"), "5\n")
  })

  it("does without a directory of school authorities and without a mapping", () => {
    host.remove()
    host = new Host()
    assert.deepStrictEqual(host.run("inst"), ok)
    assert.isTrue(host.exists(host.conf("tokens.secret")))
  })

  it("does nothing when its version has run", () => {
    host.run("inst", credentials)
    host.calls()
    assert.deepStrictEqual(host.run("inst", credentials), ok)
    assert.deepStrictEqual(host.calls(), [])
  })

  it("can be forced to run again, and leaves a secret as it is", () => {
    host.write(host.conf("tokens.secret"), "known\n", 0o600)
    host.run("inst", credentials)
    host.calls()
    host.hasRun("inst", 0)
    assert.deepStrictEqual(host.run("inst", credentials), ok)
    assert.deepStrictEqual(host.calls(), [group, readers, cron, restart])
    assert.strictEqual(host.content(host.conf("tokens.secret")), "known\n")
    assert.strictEqual(host.mode(host.conf("tokens.secret")), "600")
    assert.deepStrictEqual(host.ucr(), [command, time, base])
  })

  it("from before version 3 sets permissions and the cron entry", () => {
    host.hasRun("inst", 2)
    assert.deepStrictEqual(host.run("inst"), ok)
    assert.deepStrictEqual(modes(), ["750", "600", "600", "600"])
    assert.include(host.calls(), cron)
  })

  it("from version 4 makes the group of readers", () => {
    host.hasRun("inst", 4)
    assert.deepStrictEqual(host.run("inst", credentials), ok)
    assert.include(host.calls(), readers)
    assert.strictEqual(host.content("status.inst"), "5\n")
  })

  it("from version 3 leaves permissions and sets the cron entry", () => {
    host.hasRun("inst", 3)
    assert.deepStrictEqual(host.run("inst"), ok)
    assert.deepStrictEqual(modes().slice(1), ["644", "644", "644"])
    assert.include(host.calls(), cron)
    assert.strictEqual(host.content("status.inst"), "5\n")
  })

  for (const [broken, says] of [
    ["univention-directory-manager", "The group ucsschool-id-connector-admins can't be created"],
    ["univention-app", "can't be restarted"],
    ["chown", "tokens.secret can't be created"],
    ["ucr", "ldap/base is not set"]
  ] as const) {
    it(`says what failed and counts as not run when ${broken} fails`, () => {
      host.breakDown(broken)
      const { status, stderr } = host.run("inst")
      assert.strictEqual(status, 1)
      assert.include(stderr, says)
      assert.isFalse(host.exists("status.inst"))
      // Run again when it works, it does the rest.
      host.remove()
      host = new Host()
      assert.deepStrictEqual(host.run("inst"), ok)
    })
  }
})

describe("The unjoin script", () => {
  it("takes away cron entry and hook, forgets the join script, and keeps configuration", () => {
    const host = new Host({ "cron/other/time": "1 1 * * *" })
    host.run("preinst")
    host.run("inst")
    host.calls()
    assert.isTrue(host.exists("etc/ca-certificates/update.d/ucsschool-id-connector"))
    assert.deepStrictEqual(host.run("uinst"), ok)
    assert.deepStrictEqual(host.calls(), [
      "ucr [unset] [cron/ucsschool-id-connector-listener-trash-cleaner/command] [cron/ucsschool-id-connector-listener-trash-cleaner/time]",
      "joinscript_remove_script_from_status_file [ucsschool-id-connector]"
    ])
    assert.deepStrictEqual(host.ucr(), ["cron/other/time=1 1 * * *", base])
    assert.isFalse(host.exists("etc/ca-certificates/update.d/ucsschool-id-connector"))
    assert.isTrue(host.exists(host.conf("tokens.secret")))
    assert.deepStrictEqual(host.run("uinst"), ok)
    host.calls()
    assert.deepStrictEqual(host.run("inst"), ok)
    assert.include(host.calls(), cron)
    host.remove()
  })
})
