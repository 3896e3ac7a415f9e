// @effect-diagnostics nodeBuiltinImport:off
// Processes are watched and ended from outside.
/** The connector as one process after another: each is ended on purpose, and none by itself. */
import type { ChildProcess } from "node:child_process"
import process from "node:process"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, Exit, Scope } from "effect"
import type * as Connector from "../bench/Connector.js"

export interface Running {
  readonly child: ChildProcess
  /** Where its API is, without version. */
  readonly api: string
  /** Counts the processes, from 1. */
  readonly life: number
}

export interface Lives {
  /** Null while there is none. */
  readonly running: () => Running | null
  /** How many there have been. */
  readonly count: () => number
  readonly begin: Effect.Effect<void>
  /** Waits until it has ended. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

/** `wrong` is told how a process has ended that should not have, or not so. The last one is killed when the scope closes. */
export const make = (
  start: Effect.Effect<Connector.Connector, never, Scope.Scope>,
  wrong: (line: string) => void
): Effect.Effect<Lives, never, Scope.Scope> =>
  Effect.gen(function* () {
    let running: (Running & { readonly scope: Scope.CloseableScope }) | null = null
    let count = 0
    /** A terminal sends Ctrl-C to all processes at once. */
    let isOver = false
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const onSignal = () => {
          isOver = true
        }
        process.once("SIGINT", onSignal).once("SIGTERM", onSignal)
        return onSignal
      }),
      (onSignal) => Effect.sync(() => process.off("SIGINT", onSignal).off("SIGTERM", onSignal))
    )
    const end: Lives["end"] = (signal) =>
      Effect.gen(function* () {
        const ending = running
        running = null
        if (ending === null) return
        const { child, scope } = ending
        yield* Effect.promise(() => ServiceProcess.end(child, signal))
        if (signal === "SIGTERM" && child.exitCode !== 0) {
          wrong(`SIGTERM: the connector ended with ${child.exitCode ?? child.signalCode} instead of 0`)
        }
        yield* Scope.close(scope, Exit.void)
      }).pipe(Effect.uninterruptible)
    yield* Effect.addFinalizer(() => end("SIGKILL"))

    const begin = Effect.gen(function* () {
      const scope = yield* Scope.make()
      const started = yield* Scope.extend(start, scope).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const { child } = started
      const api = yield* Effect.orDie(started.api)
      const life = ++count
      running = { child, api, life, scope }
      child.once("exit", (code, signal) => {
        if (running?.child === child && !isOver) {
          running = null
          wrong(`process ${life} of the connector ended by itself, with ${code ?? signal}`)
        }
      })
    })
    return { running: () => running, count: () => count, begin, end }
  })
