// @effect-diagnostics globalTimers:off
// A benchmark measures processes from outside, with the clock on the wall.
/** Somebody who asks for the queues all the time. */
import { Undici } from "@effect/platform-node"
import * as World from "./World.js"

/** Asks on eight connections at a steady rate, whether the answers keep pace or not, until it is stopped. */
export const ask = async (api: string, perSecond: number) => {
  const dispatcher = new Undici.Agent({ connections: 8 })
  const answer = await Undici.request(`${api}/token`, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(World.administrator).toString()
  })
  const { access_token } = JSON.parse(await answer.body.text())
  const headers = { authorization: `Bearer ${access_token}` }
  const times: Array<number> = []
  const open = new Set<Promise<void>>()
  const one = async () => {
    const start = performance.now()
    const { body, statusCode } = await Undici.request(`${api}/v1/queues`, { dispatcher, headers })
    await body.text()
    if (statusCode !== 200) throw new Error(`GET /queues was answered with ${statusCode}`)
    times.push(performance.now() - start)
  }
  const begun = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1_000) * perSecond
    for (; sent < due; sent++) {
      const request = one().finally(() => open.delete(request))
      open.add(request)
    }
  }, 2)
  /** Milliseconds that each answer took. */
  const stop = async (): Promise<ReadonlyArray<number>> => {
    clearInterval(timer)
    await Promise.all(open)
    await dispatcher.close()
    return times
  }
  return { stop }
}

/** For people. */
export const describe = (times: ReadonlyArray<number>): string => {
  const sorted = [...times].sort((a, b) => a - b)
  const quantile = (part: number) => `${(sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
  return `median ${quantile(0.5)}, 99 % within ${quantile(0.99)}, longest ${quantile(1)}`
}
