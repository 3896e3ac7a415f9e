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
  const world = World.make(users + World.before)
  try {
    const { during, setLatency, url } = await world.target({ read: 0, write: 0 })
    world.configure(url, { active: true })
    const server = await world.serve()
    await World.until(() => server.api() !== "")
    // Writing them would keep those waiting who ask.
    const others = world.stage(1, World.newUsers(users, World.before))
    const files = world.stage(2, World.newUsers(0, users))
    const deliverFiles = (names: ReadonlyArray<string>) => during(2 * names.length, () => world.moveInBeside(names))
    const ask = async () => (isAsked ? await Requests.ask(server.api(), requestsPerSecond) : null)
    // What is measured is a connector that runs for weeks, and has been asked before.
    const early = await ask()
    await deliverFiles(others)
    await early?.stop()
    setLatency(latency)
    const load = await ask()
    const { millis } = await deliverFiles(files)
    const times = (await load?.stop()) ?? []
    await server.end()
    return { millis, times }
  } finally {
    await world.end()
  }
}
