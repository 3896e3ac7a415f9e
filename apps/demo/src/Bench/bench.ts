// @effect-diagnostics nodeBuiltinImport:off globalTimers:off globalDate:off processEnv:off globalConsole:off
// A benchmark measures processes from outside, with the clock on the wall.
/**
 * `npm run bench`: how fast `id-connector serve` takes changes over and delivers them, each figure beside a raw baseline
 * measured in the same run: reading and parsing the same files in a loop, and bare HTTP requests to the same target.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import process from "node:process"
import { Undici } from "@effect/platform-node"
import * as Builders from "@id-connector/testkit/Builders"

const users = Number(process.argv[2] ?? 5_000)
const root = Path.resolve(import.meta.dirname, "../../../..")

interface Row {
  readonly measure: string
  readonly figure: string
  readonly baseline: string
  readonly ratio: string
}

const rows: Array<Row> = []
const perSecond = (count: number, millis: number) => `${Math.round((count / millis) * 1000).toLocaleString("en")}/s`
const now = () => performance.now()

const directory = Fs.mkdtempSync(Path.join(tmpdir(), "id-connector-bench-"))
const listener = Path.join(directory, "data", "listener")
const staged = Path.join(directory, "staged")
const children: Array<ChildProcess> = []

const school = (index: number) => `School${index % 20}`

/** As large as the file of a real user. */
const file = (index: number, lastname: string) =>
  Builders.user(`pupil${index}`, {
    schools: [school(index)],
    properties: { lastname, padding: "x".repeat(900) }
  })

/** Writes the files beside the in queue, then moves them in at once. */
const stage = (round: number, lastname: string) => {
  Fs.mkdirSync(staged, { recursive: true })
  const names: Array<string> = []
  for (let index = 0; index < users; index++) {
    const name = `2026-02-0${round}-08-00-00-${String(index).padStart(6, "0")}.json`
    Fs.writeFileSync(Path.join(staged, name), JSON.stringify(file(index, lastname)))
    names.push(name)
  }
  return names
}

const moveIn = (names: ReadonlyArray<string>) => {
  for (const name of names) Fs.renameSync(Path.join(staged, name), Path.join(listener, name))
}

const readRaw = (names: ReadonlyArray<string>) => {
  const start = now()
  for (const name of names) JSON.parse(Fs.readFileSync(Path.join(staged, name), "utf8"))
  return now() - start
}

const target = async (latency: number) => {
  const schools = Array.from({ length: 20 }, (_, index) => school(index)).join(",")
  const child = fork(Path.join(import.meta.dirname, "target.ts"), [schools, String(latency)])
  children.push(child)
  const [{ url }] = await once(child, "message")
  const counts = async (): Promise<{ requests: number }> => {
    child.send("count")
    const [counted] = await once(child, "message")
    return counted
  }
  return { url: String(url), counts }
}

const serve = async () => {
  const child = fork(Path.join(root, "apps/server/dist/bin.js"), ["serve"], {
    execArgv:
      process.env.BENCH_PROFILE === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${process.env.BENCH_PROFILE}`],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      ...process.env,
      IDC_APP_DIR: directory,
      IDC_DIRECTORY: `file:${Path.join(directory, "directory.json")}`,
      IDC_UCR_FILE: Path.join(directory, "base.conf"),
      LOG_DIR: Path.join(directory, "log"),
      ldap_base: "dc=example,dc=com"
    }
  })
  children.push(child)
  const start = now()
  child.stdout?.setEncoding("utf8")
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", (text: string) => {
      if (text.includes("runs.")) resolve()
    })
  })
  child.stdout?.resume()
  const peak = () => /VmHWM:\s+(\d+)/.exec(Fs.readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? "0"
  return { started: now() - start, peakMiB: () => Number(peak()) / 1024, child }
}

const until = async (isDone: () => boolean | Promise<boolean>) => {
  const start = now()
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 25))
  return now() - start
}

const isEmpty = () => Fs.readdirSync(listener).length <= 1

/** Bare requests to the target, four at a time, as many as the deliveries needed. */
const bareRequests = async (url: string, count: number) => {
  const agent = new Undici.Agent({ connections: 8, connect: { rejectUnauthorized: false } })
  const ask = async (address: string, init: Parameters<typeof Undici.fetch>[1]) => {
    const answer = await Undici.request(address, { dispatcher: agent, ...(init as object) })
    return { json: JSON.parse(await answer.body.text()) }
  }
  const { json } = await ask(url.replace("v1/", "token"), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "username=Administrator&password=univention"
  })
  const headers = { authorization: `Bearer ${json.access_token}` }
  const start = now()
  let next = 0
  const worker = async () => {
    while (next++ < count)
      await ask(`${url}users/?record_uid=rec-pupil${next}&source_uid=S`, { method: "GET", headers })
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  const millis = now() - start
  await agent.destroy()
  return millis
}

const measure = async (latency: number) => {
  const { counts, url } = await target(latency)
  const conf = Path.join(directory, "conf", "school_authorities")
  Fs.rmSync(Path.join(directory, "data"), { recursive: true, force: true })
  Fs.mkdirSync(conf, { recursive: true })
  Fs.mkdirSync(listener, { recursive: true })
  const file = Builders.authority("Bench", { url, kelvin: { ssl_context: { check_hostname: false, verify_mode: 0 } } })
  Fs.writeFileSync(Path.join(conf, "Bench.json"), JSON.stringify(file), { mode: 0o600 })
  const mapping = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [school(index), "Bench"]))
  Fs.writeFileSync(Path.join(directory, "conf", "schools_authorities_mapping.json"), JSON.stringify({ mapping }))
  Fs.writeFileSync(Path.join(directory, "directory.json"), '{"users": [], "groups": []}')
  const { child, peakMiB, started } = await serve()
  const label = `${users.toLocaleString("en")} users, ${latency} ms`
  rows.push({
    measure: "start-up of serve, until it runs",
    figure: `${Math.round(started)} ms`,
    baseline: "",
    ratio: ""
  })

  const rounds = [
    ["creates", "Meier", 2 * users],
    ["modifies", "Schulze", 2 * users],
    ["unchanged", "Schulze", users]
  ] as const
  let round = 0
  for (const [what, lastname, expectedRequests] of rounds) {
    const names = stage(++round, lastname)
    const raw = readRaw(names)
    const before = await counts()
    const start = now()
    moveIn(names)
    const accepted = await until(isEmpty).then(() => now() - start)
    await until(async () => (await counts()).requests - before.requests >= expectedRequests)
    const delivered = now() - start
    const after = await counts()
    const requests = after.requests - before.requests
    const bare = await bareRequests(url, Math.min(requests, 4_000))
    const bareRate = Math.min(requests, 4_000) / bare
    rows.push({
      measure: `accepting (${what}, ${label})`,
      figure: perSecond(users, accepted),
      baseline: `read and parse ${perSecond(users, raw)}`,
      ratio: `${((raw / accepted) * 100).toFixed(1)} %`
    })
    rows.push({
      measure: `delivering ${what} (${label})`,
      figure: `${perSecond(users, delivered)}, ${(requests / users).toFixed(2)} requests each`,
      baseline: `bare requests ${perSecond(bareRate * 1000, 1000)}`,
      ratio: `${((requests / delivered / bareRate) * 100).toFixed(1)} %`
    })
  }
  rows.push({
    measure: `peak memory of serve (${label})`,
    figure: `${Math.round(peakMiB())} MiB`,
    baseline: "",
    ratio: ""
  })
  child.kill("SIGTERM")
  await once(child, "exit")
}

try {
  for (const latency of process.argv.length > 3 ? process.argv.slice(3).map(Number) : [0, 20]) await measure(latency)
  const width = (key: keyof Row) => Math.max(key.length, ...rows.map((row) => row[key].length))
  const widths = {
    measure: width("measure"),
    figure: width("figure"),
    baseline: width("baseline"),
    ratio: width("ratio")
  }
  const line = (row: Row) =>
    `| ${row.measure.padEnd(widths.measure)} | ${row.figure.padEnd(widths.figure)} | ${row.baseline.padEnd(widths.baseline)} | ${row.ratio.padStart(widths.ratio)} |`
  console.log(line({ measure: "measure", figure: "figure", baseline: "baseline", ratio: "ratio" }))
  console.log(
    line({
      measure: "-".repeat(widths.measure),
      figure: "-".repeat(widths.figure),
      baseline: "-".repeat(widths.baseline),
      ratio: "-".repeat(widths.ratio)
    })
  )
  for (const row of rows) console.log(line(row))
} finally {
  for (const child of children) child.kill("SIGKILL")
  Fs.rmSync(directory, { recursive: true, force: true })
}
