// @effect-diagnostics nodeBuiltinImport:off
// Progress is shown on the process's standard error, whatever its output goes into.
/**
 * How far long work is: count, rate and what remains. A terminal has one line that changes; elsewhere a line comes every ten seconds.
 */
import process from "node:process"
import { Clock, Effect, Schedule, type Scope } from "effect"
import * as Terminal from "../process/Terminal.js"

/** To be run whenever something is done. */
export type Tick = Effect.Effect<void>

export interface Display {
  readonly isTerminal: boolean
  readonly width: number
  readonly write: (text: string) => void
}

const standardError = (): Display => ({ ...Terminal.errors(), write: (text) => process.stderr.write(text) })

/** As long as the scope lives. `total` null: nobody knows yet. */
export const start = (
  noun: string,
  total: number | null,
  display: Display = standardError()
): Effect.Effect<Tick, never, Scope.Scope> =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    let done = 0
    let hasShown = false
    const show = Effect.map(Clock.currentTimeMillis, (now) => {
      hasShown = true
      const text = line(noun, done, total, now - began)
      display.write(
        display.isTerminal ? `\r${text.slice(0, display.width - 1).padEnd(display.width - 1)}` : `${text}\n`
      )
    })
    const every = display.isTerminal ? "500 millis" : "10 seconds"
    yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(every), Effect.repeat(show, Schedule.spaced(every))))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        // What comes next begins on a line of its own.
        if (display.isTerminal && hasShown) display.write(`\r${" ".repeat(display.width - 1)}\r`)
      })
    )
    return Effect.sync(() => {
      done += 1
    })
  })

/** `1,200 of 5,000 files, 400 a second, 10 s remain` */
export const line = (noun: string, done: number, total: number | null, millis: number): string => {
  const rate = millis <= 0 ? 0 : (done * 1_000) / millis
  const remaining = total === null || rate === 0 ? null : Math.ceil((total - done) / rate)
  return [
    `${number(done)}${total === null ? "" : ` of ${number(total)}`} ${noun}`,
    `${rate >= 10 ? number(Math.round(rate)) : rate.toFixed(1)} a second`,
    ...(remaining === null ? [] : [`${time(remaining)} remain`])
  ].join(", ")
}

const number = (value: number): string => value.toLocaleString("en")

const time = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3_600)} h`
