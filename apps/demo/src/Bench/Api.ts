// @effect-diagnostics globalTimers:off
// A benchmark measures processes from outside, with the clock on the wall.
/** What it costs the deliveries when somebody asks for the queues five hundred times a second. */
import { Undici } from "@effect/platform-node"
import { percent, perSecond, type Row } from "./Table.js"
import * as World from "./World.js"

const requestsPerSecond = 500
const latency = { read: 20, write: 20 }

/** Alone first, which is the baseline, then with the requests. About thirty seconds each. */
export const measure = async (users: number): Promise<ReadonlyArray<Row>> => {
  const alone = await deliver(users, false)
  const asked = await deliver(users, true)
  const what = `delivering ${users.toLocaleString("en")} creates, 20 ms`
  return [
    {
      measure: `${what}, and ${requestsPerSecond} GET /queues per second meanwhile`,
      figure: perSecond(users, asked.millis),
      baseline: `without them ${perSecond(users, alone.millis)}`,
      ratio: percent(alone.millis, asked.millis)
    },
    {
      measure: "GET /queues meanwhile",
      figure: `${perSecond(asked.times.length, asked.millis)}, median ${quantile(asked.times, 0.5)}, 99 % within ${quantile(asked.times, 0.99)}`,
      baseline: "",
      ratio: ""
    }
  ]
}

const quantile = (times: ReadonlyArray<number>, part: number): string =>
  `${([...times].sort((a, b) => a - b)[Math.floor(part * (times.length - 1))] ?? 0).toFixed(1)} ms`

const deliver = async (users: number, isAsked: boolean) => {
  const world = World.make(users)
  try {
    const { requests, url } = await world.target(latency)
    world.configure(url, { active: true })
    const server = await world.serve()
    const names = world.stage(
      1,
      Array.from({ length: users }, (_, index) => World.userFile(index, "first"))
    )
    await World.until(() => server.api() !== "")
    const load = isAsked ? await ask(server.api()) : null
    const start = performance.now()
    world.moveIn(names)
    await World.until(async () => (await requests()) >= 2 * users)
    const millis = performance.now() - start
    const times = (await load?.stop()) ?? []
    await server.end()
    return { millis, times }
  } finally {
    await world.end()
  }
}

/** Asks on eight connections at a steady rate, whether the answers keep pace or not. */
const ask = async (api: string) => {
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
    const due = ((performance.now() - begun) / 1_000) * requestsPerSecond
    for (; sent < due; sent++) {
      const request = one().finally(() => open.delete(request))
      open.add(request)
    }
  }, 2)
  const stop = async () => {
    clearInterval(timer)
    await Promise.all(open)
    await dispatcher.close()
    return times
  }
  return { stop }
}
