// @effect-diagnostics nodeBuiltinImport:off
// A process, and requests that nothing may slow.
/** The simulated target as a process, and bare requests to it. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { Undici } from "@effect/platform-node"
import { moduleBeside } from "@id-connector/server/process/WorkerThread"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, type Scope } from "effect"
import * as Pupils from "./Pupils.js"
import * as Stopwatch from "./Stopwatch.js"
import * as Wait from "./Wait.js"

/** Milliseconds that a request takes. */
export interface Latency {
  readonly read: number
  readonly write: number
}

export interface Target {
  readonly url: string
  readonly setLatency: (latency: Latency) => Effect.Effect<void>
  /** How many it was asked so far. */
  readonly requests: Effect.Effect<number>
  /** Does `work` and waits until it was asked so many times more: how many times it was. */
  readonly during: <E, R>(
    expected: number,
    work: Effect.Effect<void, E, R>
  ) => Effect.Effect<number, E | Wait.TooLong, R>
  /** Asks it at a concurrency as fast as it goes. */
  readonly bareRequests: (count: number, concurrency: number) => Effect.Effect<Stopwatch.Elapsed>
}

/** At first it answers at once. It ends with the scope. */
export const start: Effect.Effect<Target, never, Scope.Scope> = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => fork(moduleBeside(import.meta.url, "./TargetProcess"), [Pupils.schools.join(",")])),
    (child) => Effect.promise(() => ServiceProcess.end(child, "SIGKILL"))
  )
  const [{ url }] = yield* Effect.promise(() => once(child, "message"))
  const requests = Effect.promise(async (): Promise<number> => {
    child.send("count")
    const [counted] = await once(child, "message")
    return counted.requests
  })
  return {
    url,
    requests,
    setLatency: (latency) => Effect.sync(() => void child.send({ latency })),
    during: (expected, work) =>
      Effect.gen(function* () {
        const earlier = yield* requests
        const more = Effect.map(requests, (all) => all - earlier)
        yield* work
        yield* Wait.until(
          `${expected} requests reach the target`,
          Effect.map(more, (done) => done >= expected)
        )
        return yield* more
      }),
    bareRequests: (count, concurrency) =>
      Effect.acquireUseRelease(
        Effect.promise(() => logIn(url, concurrency)),
        (client) =>
          Effect.gen(function* () {
            // The connector's connections are open, too.
            yield* Effect.promise(() => client.ask(10 * concurrency))
            const [elapsed] = yield* Stopwatch.timed(Effect.promise(() => client.ask(count)))
            return elapsed
          }),
        (client) => Effect.promise(client.close)
      )
  }
})

const logIn = async (url: string, concurrency: number) => {
  const dispatcher = new Undici.Agent({ connections: concurrency, connect: { rejectUnauthorized: false } })
  const answer = await Undici.request(url.replace("v1/", "token"), {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "username=Administrator&password=univention"
  })
  const { access_token } = JSON.parse(await answer.body.text())
  const headers = { authorization: `Bearer ${access_token}` }
  const ask = async (count: number): Promise<void> => {
    let next = 0
    const one = async () => {
      while (next < count) {
        const address = `${url}users/?record_uid=rec-pupil${next++}&source_uid=S`
        const { body } = await Undici.request(address, { dispatcher, method: "GET", headers })
        JSON.parse(await body.text())
      }
    }
    await Promise.all(Array.from({ length: concurrency }, one))
  }
  return { ask, close: () => dispatcher.destroy() }
}
