/** How fast changes reach a target that takes its time. */
import { percent, perSecond, type Row } from "./Table.js"
import * as World from "./World.js"

export interface Course {
  readonly users: number
  readonly latency: World.Latency
  /** Null: the default. */
  readonly concurrency: number | null
  readonly what: ReadonlyArray<"creates" | "modifies" | "unchanged" | "mixed">
}

const defaultConcurrency = 4

/** Each delivery after the other: what comes later needs what came before, measured or not. */
export const measure = async ({ concurrency, latency, users, what }: Course): Promise<ReadonlyArray<Row>> => {
  const world = World.make(users + users / 20 + World.before)
  const rows: Array<Row> = []
  try {
    const { during, setLatency, url } = await world.target({ read: 0, write: 0 })
    world.configure(url, { active: true, ...(concurrency === null ? {} : { concurrency }) })
    const server = await world.serve()
    const at = `${latency.read === latency.write ? latency.read : `${latency.read}/${latency.write}`} ms, concurrency ${concurrency ?? defaultConcurrency}`
    const all = Array.from({ length: users }, (_, index) => index)
    const days = {
      creates: { files: World.newUsers(0, users), requests: 2 * users },
      modifies: { files: all.map((index) => World.userFile(index, "second")), requests: 2 * users },
      unchanged: { files: all.map((index) => World.userFile(index, "second")), requests: users },
      // Of twenty files one is somebody new and one a change; the others are what the target has.
      mixed: {
        files: [
          ...all.map((index) => World.userFile(index, index % 20 === 0 ? "third" : "second")),
          ...World.newUsers(users, users / 20)
        ],
        requests: users + 3 * (users / 20)
      }
    } as const
    let day = 0
    const deliver = (files: ReadonlyArray<unknown>, expected: number) => {
      const names = world.stage(++day, files)
      return during(expected, () => world.moveIn(names))
    }
    await deliver(World.newUsers(users + users / 20, World.before), 2 * World.before)
    const order = ["creates", "modifies", "unchanged", "mixed"] as const
    const last = Math.max(...what.map((each) => order.indexOf(each)))
    for (const each of order.slice(0, last + 1)) {
      const { files, requests: expected } = days[each]
      // What is not measured only has to be there.
      setLatency(what.includes(each) ? latency : { read: 0, write: 0 })
      const { done, millis } = await deliver(files, expected)
      if (!what.includes(each)) continue
      const bare = await World.bareRequests(
        url,
        Math.min(done, latency.read === 0 ? 4_000 : 400),
        concurrency ?? defaultConcurrency
      )
      rows.push({
        measure: `delivering ${users.toLocaleString("en")} ${each}, ${at}`,
        figure: `${perSecond(files.length, millis)}, ${(done / files.length).toFixed(2)} requests each`,
        baseline: `bare GETs ${perSecond(bare * 1000, 1_000_000)}`,
        ratio: percent(done / (millis / 1000), bare)
      })
    }
    rows.push({
      measure: `peak memory, ${users.toLocaleString("en")} users, ${at}`,
      figure: `${Math.round(server.peakMiB())} MiB`,
      baseline: "",
      ratio: ""
    })
    await server.end()
    return rows
  } finally {
    await world.end()
  }
}
