// Whether the built image does what its users expect: its commands, stand-alone, and on the directories of an App Center host.
import { spawn } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { setTimeout as wait } from "node:timers/promises"
import { attempt, env as buildahEnv, output } from "./run.mjs"

/** A free one. */
const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
const api = `http://127.0.0.1:${port}/ucsschool-id-connector/api/v1`
const appDir = "/var/lib/univention-appcenter/apps/ucsschool-id-connector"

const problems = []
const expect = (what, is) => {
  console.log(`${is ? "ok    " : "WRONG "} ${what}`)
  if (!is) problems.push(what)
}

/** Words for `buildah run`: options as one container would get them from `docker run`. */
const words = (container, { env = {}, mounts = {} }, ...command) => [
  "run",
  "--network",
  "host",
  ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
  ...Object.entries(mounts).flatMap(([inside, outside]) => ["--volume", `${outside}:${inside}`]),
  container,
  "--",
  ...command
]

/** The processes of a service: buildah does not hand signals on. */
const processesOf = (mark) =>
  readdirSync("/proc").flatMap((pid) => {
    try {
      const isIts = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`LOOK_MARK=${mark}`)
      return isIts && /^node.*\0serve\0/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")) ? [Number(pid)] : []
    } catch {
      return []
    }
  })

/** The service, from its start until its API answers; then `use`; then SIGTERM. */
const serving = async (container, options, entry, use) => {
  const begun = Date.now()
  const mark = `${process.pid}-${begun}`
  const all = {
    ...options,
    env: { LOOK_MARK: mark, IDC_HTTP_HOST: "127.0.0.1", IDC_HTTP_PORT: String(port), ...options.env }
  }
  const child = spawn("buildah", words(container, all, ...entry), {
    env: buildahEnv,
    stdio: ["ignore", "pipe", "pipe"]
  })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (some) => {
      said += some
    })
  }
  const ended = new Promise((resolve) => child.on("exit", resolve))
  let isUp = false
  while (!isUp && child.exitCode === null && Date.now() - begun < 60_000) {
    await wait(100)
    isUp = await fetch(`${api}/health/live`).then(
      ({ status }) => status === 200,
      () => false
    )
  }
  expect(`its API answers after ${Date.now() - begun} ms`, isUp)
  if (isUp) await use()
  const pids = processesOf(mark).filter((pid) => pid !== child.pid)
  for (const pid of pids) process.kill(pid, "SIGTERM")
  await Promise.race([ended, wait(20_000)])
  expect("SIGTERM stops it", pids.length > 0 && child.exitCode === 0)
  for (const pid of processesOf(mark)) process.kill(pid, "SIGKILL")
  return said
}

const looksRight = ({ Docker }, version) => {
  const { Healthcheck, Labels } = Docker.config
  const label = (name) => Labels[`org.opencontainers.image.${name}`] ?? ""
  expect(
    "labels say version, revision and description",
    label("version") === version && label("revision").length === 40
  )
  expect("it has a health check", Healthcheck?.Test.join(" ").includes("healthcheck.mjs") === true)
}

const hasCommands = (container, entrypoint, version) => {
  const inside = (...command) => attempt("buildah", ...words(container, {}, ...command))
  expect("Node.js 24 runs it", inside("node", "--version").stdout.startsWith("v24."))
  expect("no compiler is in it", inside("sh", "-c", "command -v g++ || command -v make").status !== 0)
  expect("it knows its version", inside(...entrypoint, "version").stdout.trim() === version)
  expect("sh can be started", inside(...entrypoint, "sh", "-c", "echo here").stdout.trim() === "here")
  expect("schedule_user explains itself", inside("schedule_user", "--help").stdout.includes("schedule_user"))
  const repl = inside("sh", "-c", "echo 'Object.keys(core).length > 10' | id-connector repl")
  expect("the prompt answers", repl.stdout.includes("true"))
  expect(
    "plugins can be listed",
    inside("id-connector", "plugins", "list").stdout.includes("kelvin-partial-group-sync")
  )
  const demo = inside(...entrypoint, "demo", "--once")
  expect(
    "alert rules and dashboard are in it",
    inside("ls", "/opt/id-connector/apps/server/monitoring").stdout.split("\n").includes("alerts.yml")
  )
  expect("the demonstration delivers everything", demo.stdout.includes("Everything was delivered."))
}

const standsAlone = (container, entry) =>
  serving(container, {}, entry, async () => {
    expect("its documentation is served", (await fetch(`${api}/docs`)).status === 200)
    expect("so is the site", (await fetch(`${api}/../docs/troubleshooting`)).status === 200)
    const healthcheck = ["node", "/opt/id-connector/container/healthcheck.mjs"]
    const health = attempt("buildah", ...words(container, { env: { IDC_HTTP_PORT: port } }, ...healthcheck))
    expect(
      `the health check says what is missing: ${health.stdout.trim().slice(0, 80)}...`,
      /missing/.test(health.stdout)
    )
    const owner = attempt("buildah", ...words(container, {}, "stat", "-c", "%u", `${appDir}/data/id-connector.db`))
    expect("with nothing mounted it is no root", owner.stdout.trim() === "10001")
  })

/** As an App Center host has them: everything is root's. */
const runsOnHost = async (container, entry) => {
  const host = mkdtempSync(join(tmpdir(), "id-connector-host-"))
  const put = (name, text) => {
    mkdirSync(dirname(join(host, name)), { recursive: true, mode: 0o750 })
    writeFileSync(join(host, name), text, { mode: 0o600 })
  }
  try {
    put("app/conf/schools_authorities_mapping.json", '{"mapping": {}}')
    put("app/conf/tokens.secret", `${"ab".repeat(32)}\n`)
    put("app/data/out_queues/Alpha/2026-10-09-08-00-01-000000_ready.json", "{")
    put("machine.secret", "secret")
    put("people.json", "{}")
    chmodSync(join(host, "app/conf"), 0o750)
    const mounts = {
      [`${appDir}/conf`]: join(host, "app/conf"),
      [`${appDir}/data`]: join(host, "app/data"),
      "/etc/machine.secret": join(host, "machine.secret"),
      "/people.json": join(host, "people.json")
    }
    await serving(container, { mounts, env: { IDC_DIRECTORY: "file:/people.json" } }, entry, async () => {
      const database = join(host, "app/data/id-connector.db")
      expect("on root's directories it is root", existsSync(database) && statSync(database).uid === 0)
      expect("it takes over what the Python connector has left", !existsSync(join(host, "app/data/out_queues")))
      expect("it is ready", (await fetch(`${api}/health/ready`)).status === 200)
    })
  } finally {
    rmSync(host, { recursive: true, force: true })
  }
}

/** Ends this process when something is wrong. */
export const look = async (image, version) => {
  const inspected = JSON.parse(output("buildah", "inspect", "--type", "image", image))
  const { Cmd, Entrypoint } = inspected.Docker.config
  looksRight(inspected, version)
  const fresh = async (use, from = image) => {
    const container = output("buildah", "from", "--pull-never", from)
    try {
      return await use(container)
    } finally {
      output("buildah", "rm", container)
    }
  }
  expect(
    "the LDAP server of compose.yaml has slapd",
    await fresh(
      (container) => attempt("buildah", ...words(container, {}, "test", "-x", "/usr/sbin/slapd")).status === 0,
      `${image}-ldap`
    )
  )
  await fresh((container) => hasCommands(container, Entrypoint, version))
  const said = await fresh((container) => standsAlone(container, [...Entrypoint, ...Cmd]))
  await fresh((container) => runsOnHost(container, [...Entrypoint, ...Cmd]))
  console.log(`Size: ${output("buildah", "images", "--format", "{{.Size}}", image)}`)
  if (problems.length === 0) return
  console.error(`Wrong: ${problems.join("; ")}\n${said}`)
  process.exit(1)
}
