/** How fast listener files are taken over: nobody delivers meanwhile. */
import { percent, perSecond, type Row } from "./Table.js"
import * as World from "./World.js"

export const measure = async (count: number): Promise<ReadonlyArray<Row>> => {
  const world = World.make(count)
  try {
    world.configure("https://localhost:1/ucsschool/kelvin/v1/", { active: false })
    const { end, peakMiB } = await world.serve()
    // The first files warm the process up, as an hour of work would.
    const warm = world.stage(1, files(2_000, "warm"))
    world.moveIn(warm)
    await world.untilTaken(warm)
    const names = world.stage(2, files(count, "first"))
    const raw = world.readRaw(names)
    const start = performance.now()
    world.moveIn(names)
    await world.untilTaken(names)
    const millis = performance.now() - start
    const peak = peakMiB()
    await end()
    return [
      {
        measure: `accepting ${count.toLocaleString("en")} files`,
        figure: `${perSecond(count, millis)}, peak memory ${Math.round(peak)} MiB`,
        baseline: `read and parse ${perSecond(count, raw)}`,
        ratio: percent(raw, millis)
      }
    ]
  } finally {
    await world.end()
  }
}

const files = (count: number, version: string) =>
  Array.from({ length: count }, (_, index) => World.userFile(index, version))
