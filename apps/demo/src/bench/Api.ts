/** What it costs the deliveries when somebody asks for the queues five hundred times a second. */
import { Effect } from "effect"
import { warm } from "./Deliveries.js"
import { number, perSecond } from "./Measure.js"
import * as Pupils from "./Pupils.js"
import * as Requests from "./Requests.js"
import * as Stopwatch from "./Stopwatch.js"
import * as Target from "./Target.js"
import * as World from "./World.js"

const requestsPerSecond = 500
const latency = { read: 20, write: 20 }

/** Alone first, which is the limit, then with the requests. About thirty seconds each. */
export const measure = (users: number) =>
  Effect.gen(function* () {
    const alone = yield* deliver(users, null)
    const asked = yield* deliver(users, requestsPerSecond)
    return [
      {
        id: `api.deliver.${users}`,
        name: `delivering ${number(users)} creates, 20 ms, and ${requestsPerSecond} GET /queues per second meanwhile`,
        figure: perSecond(users, asked.millis),
        limit: { name: `without them ${perSecond(users, alone.millis)}`, ratio: alone.millis / asked.millis }
      },
      {
        id: "api.answers",
        name: "GET /queues meanwhile",
        figure: `${perSecond(asked.times.length, asked.millis)}, ${Requests.describe(asked.times)}`,
        limit: null
      }
    ]
  })

const deliver = (users: number, perSecond: number | null) =>
  Effect.gen(function* () {
    const world = yield* World.make(users + warm)
    const target = yield* Target.start
    world.configure(target.url, { active: true })
    const connector = yield* world.serve
    const api = yield* connector.api
    // Writing them would keep those waiting who ask.
    const others = yield* world.files.stage(Pupils.files(users, warm))
    const files = yield* world.files.stage(Pupils.files(0, users))
    const deliverAsked = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
      const load = perSecond === null ? null : yield* Requests.ask(api, perSecond)
      const [{ millis }] = yield* Stopwatch.timed(target.during(2 * names.length, world.files.moveInBeside(names)))
      return { millis, times: load === null ? [] : yield* load.stop }
    })
    // What is measured is a connector that runs for weeks, and has been asked before.
    yield* deliverAsked(others)
    yield* target.setLatency(latency)
    const measured = yield* deliverAsked(files)
    yield* connector.end
    return measured
  }).pipe(Effect.scoped)
