// @effect-diagnostics nodeBuiltinImport:off
// A process and its files, looked at from outside.
/** Reads what `Quantity` names, of a connector that runs. What can't be read, such as `/proc` elsewhere than on Linux, is null. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Option } from "effect"
import type * as Administrator from "./Administrator.js"
import * as LogRotation from "./LogRotation.js"
import * as Probe from "./Probe.js"

export interface Looked {
  readonly directory: string
  readonly probe: string
  readonly pid: number
}

/** What counts up, to be compared with the last time. */
export interface Counters {
  /** Monotonic, in milliseconds. */
  readonly at: number
  readonly pid: number
  readonly delivered: number | null
  /** Of the processor time, in milliseconds. */
  readonly processor: number | null
}

const MiB = 1024 * 1024

/** `figures` is what the API told, null where it did not answer. */
export const read = (
  { directory, pid, probe }: Looked,
  figures: Administrator.Figures | null,
  now: number,
  before: Counters | null
): { readonly values: { readonly [id: string]: number | null }; readonly counters: Counters } => {
  const data = Path.join(directory, "data")
  const status = tried(() => Fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  const inStatus = (name: string) => numberOf(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status ?? "")?.[1])
  const resident = inStatus("VmRSS")
  const written = Probe.decode(tried(() => Fs.readFileSync(probe, "utf8")) ?? "")
  // What the process before has written may still be there.
  const reading = Option.getOrNull(Option.filter(written, (by) => by.pid === pid))
  const counters: Counters = { at: now, pid, delivered: figures?.delivered ?? null, processor: processorOf(pid) }
  const rate = (of: "delivered" | "processor") => {
    const [earlier, later] = [before?.[of] ?? null, counters[of]]
    if (before === null || before.pid !== pid || earlier === null || later === null || later < earlier) return null
    return (later - earlier) / ((now - before.at) / 1000)
  }
  const processor = rate("processor")
  const inQueue = tried(
    () => Fs.readdirSync(Path.join(data, "listener")).filter((name) => name.endsWith(".json")).length
  )
  return {
    counters,
    values: {
      memory: resident === null ? null : resident / 1024,
      heap: reading === null ? null : reading.heap / MiB,
      external: reading === null ? null : reading.external / MiB,
      descriptors: tried(() => Fs.readdirSync(`/proc/${pid}/fd`).length),
      threads: inStatus("Threads"),
      handles: reading?.handles ?? null,
      database: sizeOf(Path.join(data, "id-connector.db")),
      wal: sizeOf(Path.join(data, "id-connector.db-wal")),
      logs: LogRotation.files(directory).reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0),
      files: tried(() => filesBelow(data) - filesBelow(Path.join(data, "listener"))),
      inQueue,
      items: figures?.items ?? null,
      deliveries: rate("delivered"),
      processor: processor === null ? null : processor / 1000,
      answer: figures?.answer ?? null
    }
  }
}

/** Of all threads. Linux counts it by tens of milliseconds. */
const processorOf = (pid: number): number | null => {
  const stat = tried(() => Fs.readFileSync(`/proc/${pid}/stat`, "utf8"))
  if (stat === null) return null
  // After the name in parentheses the first field is the third: utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const sizeOf = (file: string): number | null => tried(() => Fs.statSync(file).size / MiB)

const filesBelow = (directory: string) =>
  Fs.readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text))

const tried = <A>(read: () => A): A | null => {
  try {
    return read()
  } catch {
    // Files and processes come and go meanwhile.
    return null
  }
}
