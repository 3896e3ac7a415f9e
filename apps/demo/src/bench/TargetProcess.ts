// @effect-diagnostics nodeBuiltinImport:off
// A process of its own: a target must not share its thread with what is measured.
/** The process that `Target` starts: answers `count` with the number of requests so far, and `latency` changes its own. */
import process from "node:process"
import { NodeRuntime } from "@effect/platform-node"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect } from "effect"

const [schools = ""] = process.argv.slice(2)

Effect.gen(function* () {
  const latency = { read: 0, write: 0, token: 0 }
  const simulator = yield* KelvinSimulator.make({ schools: schools.split(","), latency })
  const { url } = yield* KelvinSimulatorHttp.serve(simulator)
  process.on("message", (message: "count" | { readonly latency: object }) => {
    if (message === "count") process.send?.({ requests: simulator.requests().length })
    else Object.assign(latency, message.latency)
  })
  process.on("disconnect", () => process.exit(0))
  process.send?.({ url })
  return yield* Effect.never
}).pipe(Effect.scoped, NodeRuntime.runMain)
