// @effect-diagnostics globalTimers:off globalTimersInEffect:off
// Requests that nothing may slow, at times that do not wait for answers.
/** Somebody who asks for the queues all the time. */
import { Undici } from "@effect/platform-node"
import { Effect, type Scope } from "effect"
import * as World from "./World.js"

export interface Requests {
  /** Waits for the last answers: milliseconds that each has taken. */
  readonly stop: Effect.Effect<ReadonlyArray<number>>
}

/** Asks on eight connections at a steady rate, whether the answers keep pace or not, until it is stopped or the scope closes. */
export const ask = (api: string, perSecond: number): Effect.Effect<Requests, never, Scope.Scope> =>
  Effect.gen(function* () {
    const dispatcher = new Undici.Agent({ connections: 8 })
    const headers = yield* Effect.promise(() => logIn(api, dispatcher))
    const times: Array<number> = []
    const failures: Array<unknown> = []
    const open = new Set<Promise<void>>()
    const one = async () => {
      const start = performance.now()
      const { body, statusCode } = await Undici.request(`${api}/v1/queues`, { dispatcher, headers })
      await body.text()
      if (statusCode !== 200) throw new Error(`GET /queues was answered with ${statusCode}`)
      times.push(performance.now() - start)
    }
    const timer = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const begun = performance.now()
        let sent = 0
        return setInterval(() => {
          const due = ((performance.now() - begun) / 1_000) * perSecond
          for (; sent < due; sent++) {
            const request = one()
              .catch((failure) => failures.push(failure))
              .then(() => void open.delete(request))
            open.add(request)
          }
        }, 2)
      }),
      (timer) => Effect.sync(() => clearInterval(timer))
    )
    return {
      stop: Effect.promise(async () => {
        clearInterval(timer)
        await Promise.all(open)
        await dispatcher.close()
        if (failures.length > 0) throw failures[0]
        return times
      })
    }
  })

/** Asks for one path after the other, and answers with the milliseconds that each has taken. */
export const times = (api: string, paths: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<number>> =>
  Effect.promise(async () => {
    const dispatcher = new Undici.Agent({ connections: 1 })
    const headers = await logIn(api, dispatcher)
    const taken: Array<number> = []
    for (const path of paths) {
      const start = performance.now()
      const { body, statusCode } = await Undici.request(`${api}${path}`, { dispatcher, headers })
      await body.text()
      if (statusCode !== 200) throw new Error(`GET ${path} was answered with ${statusCode}`)
      taken.push(performance.now() - start)
    }
    await dispatcher.close()
    return taken
  })

const logIn = async (api: string, dispatcher: Undici.Agent) => {
  const answer = await Undici.request(`${api}/token`, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(World.administrator).toString()
  })
  const { access_token } = JSON.parse(await answer.body.text())

  return { authorization: `Bearer ${access_token}` }
}

/** For people. */
export const describe = (times: ReadonlyArray<number>): string => {
  const sorted = [...times].sort((a, b) => a - b)
  const quantile = (part: number) => `${(sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
  return `median ${quantile(0.5)}, 99 % within ${quantile(0.99)}, longest ${quantile(1)}`
}
