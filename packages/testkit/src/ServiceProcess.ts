// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// Processes are started, looked at and ended from outside.
/** The connector as a process of its own, on a directory of its own: for tests and measurements. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as Path from "node:path"
import process from "node:process"
import { Effect, type Scope } from "effect"
import * as Builders from "./data/Builders.js"

/**
 * The environment of a connector whose files are all below `directory`, with the source directory in `directory.json` there.
 * The API listens at a free port of the loopback interface.
 */
export const environment = (directory: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  IDC_APP_DIR: directory,
  IDC_DIRECTORY: `file:${Path.join(directory, "directory.json")}`,
  IDC_HTTP_HOST: "127.0.0.1",
  IDC_HTTP_PORT: "0",
  IDC_LISTENER_TRIGGER_DIR: Path.join(directory, "triggers"),
  IDC_UCR_FILE: Path.join(directory, "base.conf"),
  LOG_DIR: Path.join(directory, "log"),
  ldap_base: Builders.base,
  ...more
})

/** Ends a process, if it has not ended yet, and waits until it has. */
export const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill(signal)
  await ended
}

export interface Service {
  readonly child: ChildProcess
  /** What it has written to standard output so far. */
  readonly output: () => string
  /** Waits until it has written something that fits. Dies with what it wrote when it ends before. */
  readonly said: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  /** Where its API is: `http://127.0.0.1:PORT/ucsschool-id-connector/api/v1`. */
  readonly address: Effect.Effect<string>
  /** Waits for its end, and answers with the exit code; null when a signal ended it. */
  readonly ended: Effect.Effect<number | null>
}

/** Starts `node <executable> serve`. It is killed when the scope closes. */
export const serve = (
  executable: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  /** Called with what it writes to standard error. Default: that of this process. */
  onError: (text: string) => void = (text) => void process.stderr.write(text)
): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [...executable, "serve"], {
          stdio: ["ignore", "pipe", "pipe"],
          env
        })
      ),
      (child) => Effect.promise(() => end(child, "SIGKILL"))
    )
    child.stderr.setEncoding("utf8").on("data", onError)
    let output = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text: string) => {
      output += text
    })
    const said = (pattern: RegExp) =>
      Effect.async<RegExpExecArray>((resume) => {
        const look = () => {
          const found = pattern.exec(output)
          if (found !== null) resume(Effect.succeed(found))
        }
        const onExit = () => resume(Effect.die(new Error(`the connector ended before it said ${pattern}:\n${output}`)))
        child.stdout.on("data", look)
        child.once("exit", onExit)
        look()
        if (child.exitCode !== null) onExit()
        return Effect.sync(() => {
          child.stdout.off("data", look)
          child.off("exit", onExit)
        })
      })
    return {
      child,
      output: () => output,
      said,
      address: Effect.map(said(/The management API is listening\. address=(\S+)/), ([, address = ""]) => address),
      ended: Effect.promise(async () => {
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
        return child.exitCode
      })
    }
  })
