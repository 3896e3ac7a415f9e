/** What it costs the deliveries when somebody asks for the queues five hundred times a second. */
import * as Requests from "./Requests.js"
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
      figure: `${perSecond(asked.times.length, asked.millis)}, ${Requests.describe(asked.times)}`,
      baseline: "",
      ratio: ""
    }
  ]
}

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
    const load = isAsked ? await Requests.ask(server.api(), requestsPerSecond) : null
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
