// What tests need besides Node.js: a real LDAP server, a real browser, a linter of shell scripts, Python for templates of UCR, the
// judge of Prometheus.
// Installs them where this script may; elsewhere the tests that need them are skipped (see packages/ldap/test/Slapd.ts and
// apps/server/test/http/Documents.browser.test.ts), and `npm test` names them at its end. Where CI is set nothing may be missing.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

/** A program may be anywhere on PATH; where it is nowhere, the Debian package puts it into /usr/bin. */
const onPath = (name) =>
  (process.env.PATH || "")
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path)) || `/usr/bin/${name}`

const tools = [
  {
    name: "slapd",
    path: "/usr/sbin/slapd",
    file: "packages/ldap/test/LdapDirectory.test.ts",
    test: "the source directory over LDAP, at a real server"
  },
  {
    name: "chromium",
    path: "/usr/bin/chromium",
    file: "apps/server/test/http/Documents.browser.test.ts",
    test: "the documentation pages, in a real browser"
  },
  {
    name: "shellcheck",
    path: onPath("shellcheck"),
    file: "apps/server/test/appcenter/ShellCheck.test.ts",
    test: "the scripts of the App Center package, looked through"
  },
  {
    name: "python3",
    path: onPath("python3"),
    file: "apps/server/test/appcenter/Preinst.test.ts",
    test: "the template of the log rotation, rendered"
  },
  {
    name: "prometheus",
    path: onPath("promtool"),
    file: "apps/server/test/monitoring/Alerts.test.ts",
    test: "the alert rules and the dashboard, judged by Prometheus itself"
  }
]

/** CI=true is what every continuous integration sets. */
export const isDemanding = (env = process.env) => !["", "0", "false"].includes((env.CI || "").toLowerCase())

/**
 * Those that are missing, of those that the named tests need. Each argument is a part of a path, as for vitest; none means all.
 * What begins with a dash, and the value of an option that takes one, only means that more is looked for than is needed.
 */
export const missing = (args, exists = existsSync) => {
  const names = args.filter((arg) => !arg.startsWith("-"))
  return tools.filter(
    ({ file, path }) => (names.length === 0 || names.some((name) => file.includes(name))) && !exists(path)
  )
}

const root = "root"
const sudo = "sudo"

/** As whom packages may be installed without asking anybody: root, sudo (when it asks for no password), or null for nobody. */
const installer = () => {
  if (!existsSync("/etc/debian_version") || !existsSync("/usr/bin/apt-get")) return null
  if (process.getuid() === 0) return root
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? sudo : null
}

/** Installs what is missing for these tests, where it may. Whatever comes of it: see {@link missing} afterwards. */
export const install = (args) => {
  const names = missing(args).map(({ name }) => name)
  const as = names.length > 0 ? installer() : null
  if (as === null) return
  console.log(`Installing Debian packages for the tests: ${names.join(", ")} (a minute) ...`)
  const apt = (...options) => {
    const command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...options]
    const [program, ...rest] = as === sudo ? ["sudo", "-n", ...command] : command
    return spawnSync(program, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0
  }
  // Lists of packages may be old, or not there at all. One that can't be had must not keep the other away.
  apt("update")
  for (const name of names) {
    if (!apt("install", "-y", name)) console.error(`apt-get install ${name} failed.`)
  }
}

/** What is said at the end about tests that could not run. */
export const notice = (absent, demanding) => [
  "",
  demanding
    ? "These tests failed: this machine lacks what they need, and with CI set nothing may be missing."
    : "These tests were skipped: this machine lacks what they need.",
  ...absent.map(({ file, test }) => `  ${file} (${test})`),
  `To run them: apt-get install ${absent.map(({ name }) => name).join(" ")}`
]
