// Looks at everything that this process writes out, answers and leaves behind, for the secrets of the tests. Loaded into the test
// runner's workers and, with NODE_OPTIONS, into every process that they start. What it finds, and how much it looked at, goes to
// the file that ID_CONNECTOR_SECRETS names, which `verdict.mjs` reads when all tests have ended.
import * as Fs from "node:fs"
import { ServerResponse } from "node:http"
import { syncBuiltinESMExports } from "node:module"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"

/** Every password, key and hash in a test is one of these, or has it in it. The simulated targets' default is that of UCS. */
const passwords = /s3cr3t|["']univention["']|=univention(?![\w-])/i
/** Password hashes of people: nobody sees them, and they are stored only where deliveries read them. */
const hashes = /h4sh/i
/** A token, which an answer to a log in is. */
const token = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./

const report = process.env.ID_CONNECTOR_SECRETS
let looked = { answers: 0, files: 0, lines: 0, bytes: 0 }

const told = (entry) => {
  if (report !== undefined) Fs.appendFileSync(report, `${JSON.stringify(entry)}\n`)
}

/** Looks at a text of a kind: `answers`, `files` or `lines`. `where` says what it is, should something be found in it. */
export const look = (kind, where, text, patterns) => {
  looked[kind] += 1
  looked.bytes += text.length
  for (const pattern of patterns) {
    const hit = pattern.exec(text)
    if (hit !== null) told({ where, around: text.slice(Math.max(0, hit.index - 160), hit.index + 60) })
  }
}

/** A log line, as structured as it is before it is written. */
export const lookAtLine = (text) => look("lines", "a log line", text, [passwords, hashes, token])

const textOf = (chunk) =>
  typeof chunk === "string" ? chunk : chunk instanceof Uint8Array ? Buffer.from(chunk).toString("latin1") : ""

// What is written to standard output and standard error.
for (const [name, stream] of [
  ["standard output", process.stdout],
  ["standard error", process.stderr]
]) {
  const write = stream.write
  stream.write = function (chunk, ...rest) {
    look(
      "lines",
      `${name} of ${process.argv
        .slice(1)
        .map((word) => basename(word))
        .join(" ")}`,
      textOf(chunk),
      [passwords, hashes, token]
    )
    return write.call(this, chunk, ...rest)
  }
}

// What a server answers, but not what a simulated target does: that sends back what it was sent.
for (const method of ["write", "end"]) {
  const original = ServerResponse.prototype[method]
  ServerResponse.prototype[method] = function (chunk, ...rest) {
    const url = this.req?.url ?? ""
    if (!url.startsWith("/ucsschool/kelvin")) {
      const isLogIn = /\/token\b/.test(url)
      look(
        "answers",
        `answer to ${this.req?.method} ${url}`,
        textOf(chunk),
        isLogIn ? [passwords, hashes] : [passwords, hashes, token]
      )
    }
    return original.call(this, chunk, ...rest)
  }
}

/** Where secrets come from: what tests, or an administrator, put there, and the keys that only the connector may read. */
const sources =
  /\/conf\/|\/data\.mdb$|\/listener\/|directory\.json|\.secret$|\.key$|\.pem$|\.ldif$|\/(token|pw|[A-Z][a-z]+\.json)$|\.conf$|\/node_modules\//
/** Where deliveries find the hashes. */
const storage = /\.db(-wal|-shm|-journal)?$|out_queues|previous|upgraded-/

const lookAtFile = (file) => {
  if (sources.test(file)) return
  look(
    "files",
    file,
    Fs.readFileSync(file, "latin1"),
    storage.test(file) ? [passwords, token] : [passwords, hashes, token]
  )
}

const lookBelow = (path) => {
  let status
  try {
    status = Fs.lstatSync(path)
  } catch {
    return
  }
  try {
    if (status.isFile()) lookAtFile(path)
    else if (status.isDirectory()) for (const name of Fs.readdirSync(path)) lookBelow(join(path, name))
  } catch (error) {
    // Another process removes it at the same time, or a test has taken the rights away.
    if (!["ENOENT", "EACCES", "EPERM", "ENOTDIR"].includes(error.code)) throw error
  }
}

/** What tests leave in directories for temporary files, before it is removed. */
const isOurs = (path) => typeof path === "string" && path.startsWith(tmpdir())
const removal = { ...Fs.promises }.rm
const { rm, rmSync } = Fs.default
Fs.default.rm = (path, ...rest) => {
  if (isOurs(path)) lookBelow(path)
  return rm(path, ...rest)
}
Fs.default.rmSync = (path, ...rest) => {
  if (isOurs(path)) lookBelow(path)
  return rmSync(path, ...rest)
}
Fs.default.promises.rm = (path, ...rest) => {
  if (isOurs(path)) lookBelow(path)
  return removal(path, ...rest)
}
syncBuiltinESMExports()

/** How much was looked at since it was told last. */
export const tell = () => {
  told({ looked })
  looked = { answers: 0, files: 0, lines: 0, bytes: 0 }
}
process.on("exit", tell)
