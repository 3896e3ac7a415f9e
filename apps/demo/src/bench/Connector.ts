// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// A process, looked at from outside.
/** `id-connector serve`, as it is started by users. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import process from "node:process"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, type Scope } from "effect"
import * as Stopwatch from "./Stopwatch.js"
import * as Wait from "./Wait.js"

export interface Connector {
  /** Where its API is, without version. */
  readonly api: Effect.Effect<string, Wait.TooLong>
  /** What something takes, with the connector's processor time. Linux counts it by tens of milliseconds. */
  readonly timed: ReturnType<typeof Stopwatch.timedBy>
  /** The most memory that it has had so far. */
  readonly peakMiB: Effect.Effect<number>
  /** It stands still meanwhile. */
  readonly suspended: (work: Effect.Effect<void>) => Effect.Effect<void>
  /** SIGTERM, and the milliseconds until it has ended. */
  readonly end: Effect.Effect<number>
  readonly child: ChildProcess
}

const executable = Path.resolve(import.meta.dirname, "../../../server/bin/id-connector.js")

/** With the options of node that it names itself, unless a profile is to be written. */
const command = (): readonly [string, ...ReadonlyArray<string>] => {
  const profiles = process.env.BENCH_PROFILE
  return profiles === undefined
    ? [executable]
    : [process.execPath, "--cpu-prof", `--cpu-prof-dir=${profiles}`, executable]
}

/** It runs when this returns, and is killed when the scope closes. `more` is added to its environment. */
export const start = (directory: string, more: NodeJS.ProcessEnv = {}): Effect.Effect<Connector, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const [name, ...options] = command()
        const env = ServiceProcess.environment(directory, more)
        return spawn(name, [...options, "serve"], { stdio: ["ignore", "pipe", "inherit"], env })
      }),
      (child) => Effect.promise(() => ServiceProcess.end(child, "SIGKILL"))
    )
    let api = ""
    child.stdout.setEncoding("utf8")
    yield* Effect.async<void>((resume) => {
      let isUp = false
      const hear = (text: string) => {
        api ||= /address=(http\S+)\/v1/.exec(text)?.[1] ?? ""
        isUp ||= text.includes("Started the out queue.") || text.includes(" runs.")
        if (isUp) resume(Effect.void)
        // Reading every line takes time from what is measured.
        if (isUp && api !== "") child.stdout.off("data", hear)
      }
      child.stdout.on("data", hear)
      child.once("exit", () => resume(Effect.die(new Error("The connector ended before it was up."))))
    })
    child.stdout.resume()
    const stop = Effect.promise(() => ServiceProcess.end(child, "SIGTERM"))
    return {
      child,
      api: Wait.until(
        "the API listens",
        Effect.sync(() => api !== "")
      ).pipe(Effect.map(() => api)),
      timed: Stopwatch.timedBy(
        Effect.sync(() => {
          const stat = Fs.readFileSync(`/proc/${child.pid}/stat`, "utf8")
          // After the name in parentheses the first field is the third: utime and stime are the 14th and 15th.
          const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
          return (Number(fields[11]) + Number(fields[12])) * 10
        })
      ),
      peakMiB: Effect.sync(() => {
        const status = Fs.readFileSync(`/proc/${child.pid}/status`, "utf8")
        return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? "0") / 1024
      }),
      suspended: (work) =>
        Effect.acquireUseRelease(
          Effect.sync(() => child.kill("SIGSTOP")),
          () => work,
          () => Effect.sync(() => child.kill("SIGCONT"))
        ),
      end: Effect.map(Stopwatch.timed(stop), ([{ millis }]) => millis)
    }
  })
