/** A simulated target, and the plugin `kelvin` on it, for tests. */

import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import type { Delivery, Plugin, Undelivered } from "@id-connector/core/targets/Plugin"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as MemoryConfigStore from "@id-connector/testkit/memory/MemoryConfigStore"
import * as MemoryDirectory from "@id-connector/testkit/memory/MemoryDirectory"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Either, Layer, Redacted } from "effect"

export const users = { ...Builders.usersMapping, ucsschoolLegalGuardian: "legal_guardians" }

const authorityFile = (kelvin: object = {}) =>
  Builders.authority("T", {
    url: "https://t.example.com/ucsschool/kelvin/v1/",
    kelvin: { mapping: { users, school_classes: Builders.classesMapping }, ...kelvin }
  })

/** A target, and functions that ask the plugin as the queue would. `plugin`: uses the configuration of the plugin `kelvin`. */
export const world = (
  options: KelvinSimulator.Options,
  kelvin: object = {},
  plugin: Plugin<KelvinPlugin.Needs> = KelvinPlugin.kelvin
) =>
  Effect.gen(function* () {
    const simulator = yield* KelvinSimulator.make({ schools: ["A", "B"], ...options })
    const configuration = MemoryConfigStore.configuration([authorityFile(kelvin)], { A: "T", B: "T", C: "T" })
    const [authority] = configuration.authorities
    if (authority === undefined) throw new Error("no authority")
    const context = yield* Layer.build(
      Layer.mergeAll(
        Layer.succeed(TargetHttp.TargetHttp, {
          client: () =>
            Effect.succeed(TargetHttp.fromHttpClient(KelvinSimulatorHttp.client({ "t.example.com": simulator })))
        }),
        PasswordDigest.layer(Redacted.make(new Uint8Array(32))),
        MemoryDirectory.layer(),
        MemoryConfigStore.layer(configuration),
        Layer.succeed(SourceDomain, {
          layout: { ...defaultLayout, base: Builders.base },
          sourceUid: Effect.succeed("UCR")
        })
      )
    )
    const handler = yield* plugin.handler(authority).pipe(Effect.provide(context))
    const undelivered = (json: unknown): Undelivered => ({
      object: Either.getOrThrowWith(ListenerObject.decode(json), (reasons) => new Error(reasons.join())),
      aliases: [],
      hadValues: [],
      sendAgain: false,
      othersWith: () => Effect.succeed([]),
      receipt: null
    })
    const deliver = (json: unknown, more: Partial<Delivery> = {}) =>
      handler.deliver({
        ...undelivered(json),
        mayDelete: Effect.void,
        aside: null,
        contested: new Set(),
        wantsDifferences: false,
        ...more
      })
    const preview = (json: unknown, more: Partial<Undelivered> = {}) =>
      handler.preview({ ...undelivered(json), ...more })
    return { simulator, deliver, preview, check: handler.check, ping: handler.ping, found: plugin.check(authority) }
  })
