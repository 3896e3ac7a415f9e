// @effect-diagnostics nodeBuiltinImport:off
// One request at a time, without anything between it and the socket.
/**
 * Sends what it is given to an OpenTelemetry collector, some at a time and one request after the other. Whoever gives never waits:
 * while the collector is down, slow or refuses, so many are kept, and the newer ones are lost and counted.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Tls from "node:tls"
import { Data, Effect, Redacted, type Scope } from "effect"
import type { Signal } from "./OtelSettings.js"

/** The collector did not take it. */
export class NotTaken extends Data.TaggedError("NotTaken")<{
  readonly reason: string
  /** It may be taken later. */
  readonly isTemporary: boolean
}> {}

export interface Pipe<A> {
  readonly push: (one: A) => void
  /** Sends until the scope ends, and then once more what is left. */
  readonly run: Effect.Effect<void, never, Scope.Scope>
}

export interface Options<A> {
  readonly signal: Signal
  readonly encode: (items: ReadonlyArray<A>) => unknown
  /** Milliseconds. */
  readonly every: number
  readonly timeLimit: number
  /** So many are kept at most. */
  readonly capacity?: number
  readonly context: () => Tls.SecureContext
  readonly report: Report
}

/** What is said about it. */
export interface Report {
  readonly failed: (url: string, reason: string) => Effect.Effect<void>
  readonly went: (url: string, lost: number) => Effect.Effect<void>
}

/** So many are sent at once. */
export const batch = 512

/** So many are kept at most where nothing else is said. */
const usualCapacity = 8_192

/** Milliseconds between two tries while the collector does not take anything. */
const longestPause = 60_000

/** For the last request, when the connector stops. */
const lastTimeLimit = 2_000

export const make = <A>({
  capacity = usualCapacity,
  context,
  encode,
  every,
  report,
  signal,
  timeLimit
}: Options<A>): Pipe<A> => {
  const isFull = Effect.unsafeMakeLatch(false)
  const agent = new (signal.url.startsWith("https:") ? Https : Http).Agent({ keepAlive: true, maxSockets: 1 })
  let waiting: Array<A> = []
  let lost = 0
  let failures = 0

  const send = (limit: number) =>
    Effect.suspend(() => {
      const items = waiting.slice(0, batch)
      if (items.length === 0) return Effect.void
      const leave = () => {
        waiting = waiting.slice(items.length)
      }
      return Effect.matchEffect(post(signal, JSON.stringify(encode(items)), { agent, context, timeLimit: limit }), {
        onSuccess: () => {
          leave()
          const missing = lost
          lost = 0
          failures = 0
          return report.went(signal.url, missing)
        },
        onFailure: ({ isTemporary, reason }) => {
          failures += 1
          if (!isTemporary) {
            leave()
            lost += items.length
          }
          // A connection that was idle is closed by the other side just when it is used again: the next try tells.
          return isTemporary && failures === 1 ? Effect.void : report.failed(signal.url, reason)
        }
      })
    })

  const pause = Effect.suspend(() => {
    if (failures > 0) return Effect.sleep(Math.min(longestPause, every * 2 ** Math.min(failures - 1, 10)))
    if (waiting.length >= batch) return Effect.yieldNow()
    isFull.unsafeClose()
    return Effect.asVoid(Effect.timeoutOption(isFull.await, every))
  })

  return {
    push: (one) => {
      if (waiting.length >= capacity) lost += 1
      else if (waiting.push(one) === batch) isFull.unsafeOpen()
    },
    run: Effect.gen(function* () {
      yield* Effect.addFinalizer(() =>
        Effect.zipRight(
          // A collector that is down makes nobody wait.
          Effect.suspend(() => (failures > 0 ? Effect.void : send(lastTimeLimit))),
          Effect.sync(() => agent.destroy())
        )
      )
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(pause, send(timeLimit))))
    })
  }
}

interface Way {
  readonly agent: Http.Agent
  readonly context: () => Tls.SecureContext
  readonly timeLimit: number
}

const post = ({ headers, url }: Signal, text: string, { agent, context, timeLimit }: Way) =>
  Effect.async<void, NotTaken>((resume) => {
    const fail = (reason: string, isTemporary: boolean) => resume(new NotTaken({ reason, isTemporary }))
    const body = Buffer.from(text)
    const options = {
      method: "POST",
      agent,
      signal: AbortSignal.timeout(timeLimit),
      headers: {
        ...Redacted.value(headers),
        "content-type": "application/json",
        "content-length": body.length,
        "user-agent": "id-connector"
      }
    }
    try {
      const request = url.startsWith("https:")
        ? Https.request(url, { ...options, secureContext: context() } as Https.RequestOptions)
        : Http.request(url, options)
      request
        .on("response", (response) => {
          response.resume()
          const { statusCode = 0 } = response
          if (statusCode >= 200 && statusCode < 300) return resume(Effect.void)
          fail(`it answers with the status ${statusCode}`, temporary.includes(statusCode))
        })
        .on("error", (error) =>
          fail(
            error.name === "AbortError" || error.name === "TimeoutError"
              ? `no answer within ${timeLimit} ms`
              : error.message,
            true
          )
        )
        .end(body)
      return Effect.sync(() => request.destroy())
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error), true)
    }
  })

/** As OTLP says. */
const temporary: ReadonlyArray<number> = [408, 429, 502, 503, 504]
