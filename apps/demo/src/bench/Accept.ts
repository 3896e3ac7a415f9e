/** How fast listener files are taken over, and how soon others are answered meanwhile: nobody delivers. */
import * as Requests from "./Requests.js"
import { percent, perSecond, type Row } from "./Table.js"
import * as World from "./World.js"

/** A process that has worked for a while is faster than one that was just started, and listener files come all day long. */
const before = 20_000

/** Each number of files by itself, each of a user of its own. */
export const measure = async (counts: ReadonlyArray<number>): Promise<ReadonlyArray<Row>> => {
  const world = World.make(counts.reduce((sum, count) => sum + count, before))
  const rows: Array<Row> = []
  try {
    world.configure(nowhere, { active: false })
    const { end, peakMiB, suspended } = await world.serve()
    let day = 0
    let users = 0
    const accept = async (count: number) => {
      const names = world.stage(++day, World.newUsers(users, count))
      users += count
      const raw = world.readRaw(names)
      // To move them in is not the connector's work.
      suspended(() => world.moveIn(names))
      const start = performance.now()
      await world.untilTaken(names)
      const millis = performance.now() - start
      return {
        figure: perSecond(count, millis),
        baseline: `read and parse ${perSecond(count, raw)}`,
        ratio: percent(raw, millis)
      }
    }
    rows.push({ measure: `accepting ${number(before)} files, just started`, ...(await accept(before)) })
    for (const count of counts) rows.push({ measure: `accepting ${number(count)} files`, ...(await accept(count)) })
    rows.push({
      measure: "peak memory, accepting",
      figure: `${Math.round(peakMiB())} MiB`,
      baseline: "",
      ratio: ""
    })
    await end()
    return rows
  } finally {
    await world.end()
  }
}

/** Somebody asks, and in the end SIGTERM comes in the middle of it. */
export const measureAnswers = async (count: number): Promise<ReadonlyArray<Row>> => {
  const world = World.make(before + 2 * count)
  try {
    world.configure(nowhere, { active: false })
    const server = await world.serve()
    await World.until(() => server.api() !== "")
    const early = world.stage(1, World.newUsers(0, before))
    world.moveIn(early)
    await world.untilTaken(early)
    const names = world.stage(2, World.newUsers(before, count))
    const asking = await Requests.ask(server.api(), requestsPerSecond)
    const start = performance.now()
    await world.moveInBeside(names)
    await world.untilTaken(names)
    const millis = performance.now() - start
    const times = await asking.stop()
    const late = world.stage(3, World.newUsers(before + count, count))
    await world.moveInBeside(late)
    await World.until(() => !world.isWaiting(late[0]))
    const ended = await server.end()
    const isAmid = world.isWaiting(late.at(-1))
    return [
      {
        measure: `GET /queues, ${requestsPerSecond} per second, while ${number(count)} files are accepted`,
        figure: Requests.describe(times),
        baseline: `accepting ${perSecond(count, millis)}`,
        ratio: ""
      },
      {
        measure: "end after SIGTERM, in the middle of accepting",
        figure: isAmid ? `${Math.round(ended)} ms` : "too fast to measure",
        baseline: "",
        ratio: ""
      }
    ]
  } finally {
    await world.end()
  }
}

const requestsPerSecond = 50

const nowhere = "https://localhost:1/ucsschool/kelvin/v1/"

const number = (count: number) => count.toLocaleString("en")
