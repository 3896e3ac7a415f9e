// @effect-diagnostics nodeBuiltinImport:off globalConsole:off
// Prints a table.
/**
 * `npm run bench [-- accept] [deliver] [mixed] [api] [backlog]`: how fast `id-connector serve` takes changes over and delivers them,
 * each figure beside a raw baseline measured in the same run: reading and parsing the same files in a loop, and bare requests
 * to the same target at the same concurrency. Without a name everything is measured, which takes about ten minutes.
 */
import process from "node:process"
import * as Accept from "./Accept.js"
import * as Api from "./Api.js"
import * as Backlog from "./Backlog.js"
import * as Deliveries from "./Deliveries.js"
import * as Table from "./Table.js"

const all = ["creates", "modifies", "unchanged"] as const
const ms = (millis: number) => ({ read: millis, write: millis })

const parts: { readonly [name: string]: ReadonlyArray<() => Promise<ReadonlyArray<Table.Row>>> } = {
  accept: [() => Accept.measure([1_000, 10_000, 100_000]), () => Accept.measureAnswers(40_000)],
  deliver: [
    () => Deliveries.measure({ users: 4_000, latency: ms(0), concurrency: null, what: all }),
    () => Deliveries.measure({ users: 1_000, latency: ms(20), concurrency: null, what: all }),
    () => Deliveries.measure({ users: 2_000, latency: ms(20), concurrency: 16, what: all }),
    () => Deliveries.measure({ users: 200, latency: ms(200), concurrency: null, what: all }),
    () =>
      Deliveries.measure({ users: 2_000, latency: { read: 20, write: 850 }, concurrency: null, what: ["unchanged"] })
  ],
  mixed: [() => Deliveries.measure({ users: 2_000, latency: ms(20), concurrency: null, what: ["mixed"] })],
  api: [() => Api.measure(2_400)],
  backlog: [() => Backlog.measure(1_000_000)]
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are: ${Object.keys(parts).join(", ")}.`)
  process.exit(2)
}

const rows: Array<Table.Row> = []
for (const [name, measures] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.error(`Measuring ${name} ...`)
  for (const measure of measures) rows.push(...(await measure()))
}
console.log(Table.render(rows))
