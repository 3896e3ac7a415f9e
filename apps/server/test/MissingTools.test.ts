import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = new URL("../../../", import.meta.url)
const Tools = await import(new URL("scripts/tools.mjs", root).href)

const ldap = "packages/ldap/test/LdapDirectory.test.ts"
const browser = "apps/server/test/http/Documents.browser.test.ts"
const shell = "apps/server/test/appcenter/ShellCheck.test.ts"
const template = "apps/server/test/appcenter/Preinst.test.ts"
const alerts = "apps/server/test/monitoring/Alerts.test.ts"

const missing = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  Tools.missing(args, () => false).map(({ file }: { readonly file: string }) => file)

describe("Where a tool is missing that tests need", () => {
  it("it matters only for the tests that are to run", () => {
    assert.deepStrictEqual(missing([]), [ldap, browser, shell, template, alerts])
    assert.deepStrictEqual(missing(["--coverage"]), [ldap, browser, shell, template, alerts])
    assert.deepStrictEqual(missing(["packages/ldap"]), [ldap])
    assert.deepStrictEqual(missing(["packages/core"]), [])
    assert.deepStrictEqual(
      Tools.missing([], () => true),
      []
    )
  })

  it("the end of npm test names the tests that are skipped and how to run them", () => {
    const absent = Tools.missing([], () => false)
    const text = Tools.notice(absent, false).join("\n")
    assert.include(text, "These tests were skipped")
    for (const file of [ldap, browser, shell, template, alerts]) {
      assert.include(text, file)
      assert.ok(Fs.existsSync(fileURLToPath(new URL(file, root))), file)
    }
    assert.include(text, "apt-get install slapd chromium shellcheck python3 prometheus")
    assert.include(Tools.notice(absent, true).join("\n"), "These tests failed")
  })

  it("continuous integration is told from a person by CI", () => {
    assert.deepStrictEqual(
      ["true", "1", "false", "0", ""].map((CI) => Tools.isDemanding({ CI })),
      [true, true, false, false, false]
    )
    assert.isFalse(Tools.isDemanding({}))
  })
})
