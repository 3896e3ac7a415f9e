/**
 * Runs a scenario in process: the whole connector on stores, spool and directory in memory, and a Kelvin simulator per
 * target behind an `HttpClient`. No file, no network.
 */

import * as Connector from "@id-connector/core/Connector"
import * as Events from "@id-connector/core/events/Events"
import * as OutQueueTrash from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { Plugins, provide } from "@id-connector/core/targets/Plugin"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Effect, Layer, Redacted, Schedule } from "effect"
import * as MemoryConfigStore from "../memory/MemoryConfigStore.js"
import * as MemoryDirectory from "../memory/MemoryDirectory.js"
import * as MemoryQueueStore from "../memory/MemoryQueueStore.js"
import * as MemorySpool from "../memory/MemorySpool.js"
import * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import * as KelvinSimulatorHttp from "../simulator/KelvinSimulatorHttp.js"
import * as Scenario from "./Scenario.js"

/** What a scenario came to. */
export interface Outcome {
  readonly ends: { readonly [authority: string]: ReturnType<KelvinSimulator.KelvinSimulator["state"]> }
  /** Listener files in the trash of the in queue. */
  readonly trash: ReadonlyArray<string>
}

/** A simulator per target, holding what the scenario starts with. */
export const targets = (scenario: Scenario.Scenario) =>
  Effect.forEach(Object.entries(scenario.targets), ([name, { holds, schools }]) =>
    Effect.map(KelvinSimulator.make({ schools, ldapBase: scenario.base, ...holds }), (simulator) => ({
      name,
      simulator
    }))
  )

/** Waits until nothing is to be taken over and no running queue has an item that is not given up. */
export const quiet = (names: Effect.Effect<ReadonlyArray<string>>) =>
  Effect.gen(function* () {
    const connector = yield* Connector.Connector
    const files = (yield* names).filter((name) => name.endsWith(".json"))
    const queues = yield* connector.status
    return (
      files.length === 0 && queues.every(({ inFlight, status, waiting }) => status === null || inFlight + waiting === 0)
    )
  }).pipe(Effect.repeat({ until: (isQuiet) => isQuiet, schedule: Schedule.spaced("5 millis") }))

/** The scenario's outcome. */
export const run = (scenario: Scenario.Scenario) =>
  Effect.gen(function* () {
    const simulated = yield* targets(scenario)
    const hostOf = (name: string) => `${name.toLowerCase()}.example.com`
    const client = KelvinSimulatorHttp.client(
      Object.fromEntries(simulated.map(({ name, simulator }) => [hostOf(name), simulator]))
    )
    const authorities = simulated.map(({ name }) =>
      Scenario.authorityFile(scenario, name, `https://${hostOf(name)}/ucsschool/kelvin/v1/`)
    )
    const PluginsHere = Layer.effect(
      Plugins,
      Effect.map(Effect.context<KelvinPlugin.Needs>(), (context) =>
        [KelvinPlugin.kelvin, KelvinPlugin.partialGroupSync].map((plugin) => provide(plugin, context))
      )
    )
    const World = Connector.layer.pipe(
      Layer.provide(PluginsHere),
      Layer.provide([
        Layer.succeed(TargetHttp.TargetHttp, { client: () => Effect.succeed(TargetHttp.fromHttpClient(client)) }),
        PasswordDigest.layer(Redacted.make(new Uint8Array(32))),
        MemoryDirectory.layer(scenario.directory),
        MemoryQueueStore.layer,
        MemoryConfigStore.layer(MemoryConfigStore.configuration(authorities, scenario.mapping)),
        Events.layer,
        QueueNotifier.layer,
        OutQueueTrash.none,
        Layer.succeed(SourceDomain, {
          layout: { ...defaultLayout, base: scenario.base },
          sourceUid: Effect.succeed(scenario.sourceUid ?? "TESTID")
        })
      ]),
      Layer.provideMerge(MemorySpool.layer)
    )
    // Built in the run's own scope: a scenario is an application of its own.
    const context = yield* Layer.build(World)
    return yield* Effect.gen(function* () {
      const spool = yield* MemorySpool.MemorySpool
      for (const step of scenario.steps) {
        for (const { content, file } of step) yield* spool.put(file, content)
        yield* quiet(spool.names)
      }
      const outcome: Outcome = {
        ends: Object.fromEntries(simulated.map(({ name, simulator }) => [name, simulator.state()])),
        trash: (yield* spool.trashed).filter((name) => name.endsWith(".json"))
      }
      return outcome
    }).pipe(Effect.provide(context))
  }).pipe(Effect.scoped)
