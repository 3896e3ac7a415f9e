// @effect-diagnostics nodeBuiltinImport:off globalTimers:off processEnv:off
// A benchmark measures processes from outside, with the clock on the wall.
/** What a benchmark works with: a connector and a target as processes of their own, listener files, bare requests. */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import process from "node:process"
import { Worker } from "node:worker_threads"
import { Undici } from "@effect/platform-node"
import { adminGroup } from "@id-connector/core/directory/Directory"
import { moduleBeside } from "@id-connector/server/process/WorkerThread"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import * as UdmUser from "./UdmUser.js"

const schools = Array.from({ length: 20 }, (_, index) => `School${index}`)
const schoolOf = (index: number) => schools[index % schools.length] ?? "School0"

/** Milliseconds that a request to the target takes. */
export interface Latency {
  readonly read: number
  readonly write: number
}

const hashes = {
  userPassword: [
    "{crypt}$6$cH3vVTHwEBF/eVAb$Sm5aGqVeN2E1yK8cOZqTzWcKxUmcXYn0O6Lq8ecHS3m7Ow3xmhN1mQc2Oz1nYpIY1sXn1bqKJ0"
  ],
  sambaNTPassword: "CAA1239D44DA7EDF926BCE39F5C65D0F",
  krb5Key: ["MFGhKzApoAMCARKhIgQg", "MEGhGzAZoAMCARGhEgQQ", "MEmhIzAhoAMCARChGgQY"],
  krb5KeyVersionNumber: 3,
  sambaPwdLastSet: 1_770_000_000
}

/** A user's file, as large as a real one. Another version is a change. */
export const userFile = (index: number, version: string) => {
  const name = `pupil${index}`
  const school = schoolOf(index)
  return Builders.user(name, {
    id: uuidOf(name),
    schools: [school],
    properties: { ...UdmUser.properties(name, school), lastname: version }
  })
}

/** New users' files, from one of them on. */
export const newUsers = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => userFile(first + index, "first"))

/** Unlike those of tests, the same as in a directory: in no particular order. */
const uuidOf = (name: string): string =>
  createHash("sha256")
    .update(name)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5")

const executable = Path.resolve(import.meta.dirname, "../../../server/bin/id-connector.js")

/**
 * So many are delivered before deliveries are measured: a connector runs for weeks, and is slower in its first ten seconds, in
 * which V8 compiles it (beside it, on the processors that the target needs, too).
 */
export const before = 8_000

/** Who may use the API. */
export const administrator = { username: "admin", password: "secret" }

/** A directory of its own, with the processes that were started on it. All of it is gone after `end`. */
export const make = (users: number) => {
  const directory = Fs.mkdtempSync(Path.join(tmpdir(), "id-connector-bench-"))
  const listener = Path.join(directory, "data", "listener")
  const staged = Path.join(directory, "staged")
  const conf = Path.join(directory, "conf", "school_authorities")
  const children: Array<ChildProcess> = []
  for (const each of [listener, staged, conf]) Fs.mkdirSync(each, { recursive: true })
  const mapping = Object.fromEntries(schools.map((school) => [school, "Bench"]))
  Fs.writeFileSync(Path.join(directory, "conf", "schools_authorities_mapping.json"), JSON.stringify({ mapping }))
  const entries = Array.from({ length: users }, (_, index) => ({
    dn: Builders.userDn(`pupil${index}`, schoolOf(index)),
    uid: `pupil${index}`,
    ucsschoolRole: [`student:school:${schoolOf(index)}`],
    hashes
  }))
  const { password, username } = administrator
  const admin = { uid: username, dn: `uid=${username},${Builders.base}`, password }
  const admins = { cn: adminGroup, uniqueMember: [admin.dn] }
  Fs.writeFileSync(
    Path.join(directory, "directory.json"),
    JSON.stringify({ users: [...entries, admin], groups: [admins] })
  )

  const configure = (url: string, options: { readonly active: boolean; readonly concurrency?: number }) => {
    const { concurrency } = options
    const file = Builders.authority("Bench", {
      url,
      active: options.active,
      kelvin: {
        ssl_context: { check_hostname: false, verify_mode: 0 },
        sync_password_hashes: true,
        ...(concurrency === undefined ? {} : { concurrency })
      }
    })
    Fs.writeFileSync(Path.join(conf, "Bench.json"), JSON.stringify(file), { mode: 0o600 })
  }

  /** Writes files beside the in queue and answers with their names. */
  const stage = (day: number, contents: ReadonlyArray<unknown>): ReadonlyArray<string> =>
    contents.map((content, index) => {
      const name = `2026-02-${String(day).padStart(2, "0")}-08-00-00-${String(index).padStart(6, "0")}.json`
      Fs.writeFileSync(Path.join(staged, name), JSON.stringify(content))
      return name
    })

  const moveIn = (names: ReadonlyArray<string>) => {
    for (const name of names) Fs.renameSync(Path.join(staged, name), Path.join(listener, name))
  }

  /** In a thread of its own: a rename may have to wait for the disk, and who measures must not. */
  const moveInBeside = async (names: ReadonlyArray<string>) => {
    const move = `
      const { renameSync } = require("node:fs")
      const { names, from, to } = require("node:worker_threads").workerData
      for (const name of names) renameSync(from + name, to + name)`
    await once(new Worker(move, { eval: true, workerData: { names, from: `${staged}/`, to: `${listener}/` } }), "exit")
  }

  const isWaiting = (name = "") => Fs.existsSync(Path.join(listener, name))

  /** Milliseconds for reading and parsing the staged files in a loop. */
  const readRaw = (names: ReadonlyArray<string>): number => {
    const start = performance.now()
    for (const name of names) JSON.parse(Fs.readFileSync(Path.join(staged, name), "utf8"))
    return performance.now() - start
  }

  /** Until the last of the files was taken over: they are removed in order. Listing them would slow the connector. */
  const untilTaken = (names: ReadonlyArray<string>) => until(() => !isWaiting(names.at(-1)), 2)

  const target = async ({ read, write }: Latency) => {
    const child = fork(moduleBeside(import.meta.url, "./target"), [schools.join(","), String(read), String(write)])
    children.push(child)
    const [{ url }] = await once(child, "message")
    const requests = async (): Promise<number> => {
      child.send("count")
      const [counted] = await once(child, "message")
      return counted.requests
    }
    /** What moves files in, until the target was asked so many times more. */
    const during = async (expected: number, moveIn: () => unknown) => {
      const earlier = await requests()
      const start = performance.now()
      await moveIn()
      await until(async () => (await requests()) - earlier >= expected)
      return { millis: performance.now() - start, done: (await requests()) - earlier }
    }
    const setLatency = (latency: Latency) => void child.send({ latency })
    return { url: String(url), requests, during, setLatency, end: () => ServiceProcess.end(child, "SIGKILL") }
  }

  const serve = async () => {
    const start = performance.now()
    // As it is started by users, with the options of node that it names itself, unless a profile is to be written.
    const [command, ...options] =
      process.env.BENCH_PROFILE === undefined
        ? [executable]
        : [process.execPath, "--cpu-prof", `--cpu-prof-dir=${process.env.BENCH_PROFILE}`, executable]
    const child = spawn(command, [...options, "serve"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: ServiceProcess.environment(directory)
    })
    children.push(child)
    child.stdout?.setEncoding("utf8")
    let api = ""
    await new Promise<void>((resolve) => {
      let isUp = false
      const hear = (text: string) => {
        api ||= /address=(http\S+)\/v1/.exec(text)?.[1] ?? ""
        isUp ||= text.includes("Started the out queue.") || text.includes(" runs.")
        if (isUp) resolve()
        // Reading every line takes time from what is measured.
        if (isUp && api !== "") child.stdout?.off("data", hear)
      }
      child.stdout?.on("data", hear)
    })
    child.stdout?.resume()
    const started = performance.now() - start
    const peakMiB = () =>
      Number(/VmHWM:\s+(\d+)/.exec(Fs.readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? "0") / 1024
    /** Milliseconds. */
    const end = async () => {
      const start = performance.now()
      await ServiceProcess.end(child, "SIGTERM")
      return performance.now() - start
    }
    /** Stands still meanwhile. */
    const suspended = (work: () => void) => {
      child.kill("SIGSTOP")
      work()
      child.kill("SIGCONT")
    }
    return { started, peakMiB, suspended, end, api: () => api }
  }

  const end = async () => {
    for (const child of children) await ServiceProcess.end(child, "SIGKILL")
    Fs.rmSync(directory, { recursive: true, force: true })
  }

  return { directory, configure, stage, moveIn, moveInBeside, isWaiting, readRaw, untilTaken, target, serve, end }
}

/** Milliseconds until it is so, asked every few milliseconds. */
export const until = async (isDone: () => boolean | Promise<boolean>, every = 10): Promise<number> => {
  const start = performance.now()
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, every))
  return performance.now() - start
}

/** Bare requests to a target at a concurrency, as fast as they go: how many per second. */
export const bareRequests = async (url: string, count: number, concurrency: number): Promise<number> => {
  const agent = new Undici.Agent({ connections: concurrency, connect: { rejectUnauthorized: false } })
  const answer = await Undici.request(url.replace("v1/", "token"), {
    dispatcher: agent,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "username=Administrator&password=univention"
  })
  const { access_token } = JSON.parse(await answer.body.text())
  const headers = { authorization: `Bearer ${access_token}` }
  let next = 0
  const upTo = (end: number) =>
    Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (next < end) {
          const address = `${url}users/?record_uid=rec-pupil${next++}&source_uid=S`
          const { body } = await Undici.request(address, { dispatcher: agent, method: "GET", headers })
          JSON.parse(await body.text())
        }
      })
    )
  // The connector's connections are open, too.
  const first = 10 * concurrency
  await upTo(first)
  const start = performance.now()
  await upTo(first + count)
  const rate = count / ((performance.now() - start) / 1000)
  await agent.destroy()
  return rate
}
