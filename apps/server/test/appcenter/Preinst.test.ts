import { spawnSync } from "node:child_process"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Host } from "./Host.js"

const template = "etc/univention/templates/files/etc/logrotate.d/ucsschool-id-connector"
const info = "etc/univention/templates/info/ucsschool-id-connector.info"
const hook = "etc/ca-certificates/update.d/ucsschool-id-connector"

/** As UCR: what stands between two marks is run, and replaced by what it prints. With the library's answers as given. */
const render = `
import contextlib, io, json, re, sys, types
given = json.loads(sys.argv[2])
library = types.ModuleType("univention.lib.ucrLogrotate")
library.getLogrotateConfig = lambda name, registry: {**given[""], **given.get(name, {}), **registry}
for name in ("univention", "univention.lib"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["univention.lib.ucrLogrotate"] = library
def run(found):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(found.group(1), "template", "exec"), {"configRegistry": {}})
    return out.getvalue()
text = open(sys.argv[1]).read()
text = re.sub(r"@%@UCRWARNING=(.*?)@%@", r"\\1written by UCR", text)
sys.stdout.write(re.sub(r"@!@(.*?)@!@", run, text, flags=re.S))
`

const isDemanding = !["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())
const hasPython = spawnSync("python3", ["--version"]).status === 0

describe("preinst", () => {
  let host: Host
  beforeEach(() => {
    host = new Host()
  })
  afterEach(() => host.remove())

  it("installs template, info file and hook, and has UCR write the rotation", () => {
    assert.deepStrictEqual(host.run("preinst", ["--version", "1.0"]), { status: 0, stderr: "", stdout: "" })
    assert.deepStrictEqual([template, info, hook].map(host.mode), ["644", "644", "755"])
    assert.deepStrictEqual(host.calls(), ["ucr [update]", "ucr [commit] [/etc/logrotate.d/ucsschool-id-connector]"])
    assert.deepStrictEqual(host.content(info).trim().split("\n"), [
      "Type: file",
      "File: etc/logrotate.d/ucsschool-id-connector",
      "Variables: logrotate/ucsschool-id-connector/queues/.*",
      "Variables: logrotate/ucsschool-id-connector/http/.*",
      "Variables: logrotate/rotate",
      "Variables: logrotate/rotate/count",
      "Variables: logrotate/create",
      "Variables: logrotate/missingok",
      "Variables: logrotate/compress",
      "Variables: logrotate/notifempty"
    ])
  })

  it("run again replaces what an earlier version left", () => {
    host.run("preinst")
    const first = [template, info, hook].map(host.content)
    for (const file of [template, info, hook]) host.write(file, "old", 0o600)
    assert.strictEqual(host.run("preinst").status, 0)
    assert.deepStrictEqual([template, info, hook].map(host.content), first)
    assert.deepStrictEqual([template, info, hook].map(host.mode), ["644", "644", "755"])
  })

  it("fails with a sentence when UCR can't write the rotation, or a directory is none", () => {
    host.breakDown("ucr")
    const { status, stderr } = host.run("preinst")
    assert.strictEqual(status, 1)
    assert.include(stderr, "UCR can't write /etc/logrotate.d/ucsschool-id-connector.")
    host.remove()
    host = new Host()
    host.write("etc/univention/templates", "a file")
    const refused = host.run("preinst")
    assert.strictEqual(refused.status, 1)
    assert.include(refused.stderr, "templates/files/etc/logrotate.d can't be created.")
  })

  // In continuous integration a missing python3 fails.
  it.skipIf(!hasPython && !isDemanding)("the rotation follows UCR, log by log (needs python3)", () => {
    host.run("preinst")
    const rendered = (given: object) => {
      const done = spawnSync("python3", ["-c", render, host.path(template), JSON.stringify(given)], {
        encoding: "utf8"
      })
      assert.strictEqual(done.status, 0, done.stderr)
      return done.stdout.split("\n").filter((line) => line !== "")
    }
    const general = {
      rotate: "weekly",
      "rotate/count": "12",
      create: "640 root adm",
      missingok: "missingok",
      compress: "compress",
      notifempty: "notifempty"
    }
    const block = (log: string, ...lines: ReadonlyArray<string>) => [
      `/var/log/univention/ucsschool-id-connector/${log}.log {`,
      ...lines.map((line) => `\t${line}`),
      "}"
    ]
    const usual = ["rotate 12", "create 640 root adm", "missingok", "compress", "notifempty"]
    const expected = ["# written by UCR", ...block("queues", "daily", ...usual), ...block("http", "weekly", ...usual)]
    const queues = { "ucsschool-id-connector/queues": { rotate: "daily" } }
    assert.deepStrictEqual(rendered({ "": general, ...queues }), expected)
    const prefixed = { ...general, "rotate/count": "rotate 12", create: "create 640 root adm" }
    assert.deepStrictEqual(rendered({ "": prefixed, ...queues }), expected)
    assert.deepStrictEqual(rendered({ "": {} }), ["# written by UCR", ...block("queues"), ...block("http")])
  })
})

describe("The hook of update-ca-certificates", () => {
  const calls = (value: string | null) => {
    const host = new Host(value === null ? {} : { "ucsschool-id-connector/update-ca-restart": value })
    host.run("preinst")
    host.calls()
    assert.deepStrictEqual(host.run("hook", [], hook), { status: 0, stderr: "", stdout: "" })
    const seen = host.calls()
    host.remove()
    return seen
  }

  it("starts the app anew when UCR says so", () => {
    for (const value of ["true", "True", "yes", "1", "on", "enabled"])
      assert.deepStrictEqual(calls(value), ["univention-app [restart] [ucsschool-id-connector]"], value)
  })

  it("does nothing when UCR says anything else or nothing", () => {
    for (const value of ["false", "no", "0", "", null]) assert.deepStrictEqual(calls(value), [], String(value))
  })

  it("says by its exit code that the app could not be restarted", () => {
    const host = new Host({ "ucsschool-id-connector/update-ca-restart": "true" })
    host.run("preinst")
    host.breakDown("univention-app")
    assert.strictEqual(host.run("hook", [], hook).status, 1)
    host.remove()
  })
})
