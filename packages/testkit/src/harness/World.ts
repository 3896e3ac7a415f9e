/** The connector of a run: production code on stores, spool and directory in memory, and simulated targets. */
import * as Connector from "@id-connector/core/Connector"
import { Directory } from "@id-connector/core/directory/Directory"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as EventLoopYield from "@id-connector/core/queue/EventLoopYield"
import * as OutQueueTrash from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { Plugins } from "@id-connector/core/targets/Plugin"
import * as TargetHttp from "@id-connector/kelvin/client/TargetHttp"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { Context, Effect, Exit, Layer, Logger, Redacted, Scope } from "effect"
import * as MemoryConfigStore from "../memory/MemoryConfigStore.js"
import * as MemoryQueueStore from "../memory/MemoryQueueStore.js"
import * as MemorySpool from "../memory/MemorySpool.js"
import type * as KelvinSimulator from "../simulator/KelvinSimulator.js"
import type { Input, Read } from "./Input.js"
import type { Reached, Recorder } from "./Recorder.js"
import type { VirtualTime } from "./VirtualTime.js"

/** What outlives a restart. */
export type Stores = Layer.Layer.Success<ReturnType<typeof stores>>

export const stores = (
  input: Input,
  read: Read,
  recorder: Recorder,
  targets: ReadonlyMap<string, Reached>,
  time: VirtualTime
) => {
  const PluginsHere = Layer.effect(
    Plugins,
    Effect.map(Effect.context<KelvinPlugin.Needs>(), (context) =>
      KelvinPlugin.withBuiltIn(input.plugins ?? [], context).map(recorder.watch)
    )
  )
  return PluginsHere.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(TargetHttp.TargetHttp, {
          client: (options) =>
            Effect.map(
              input.real === undefined ? Effect.succeed(nobody) : real(time, input.real.http, options),
              (read) => recorder.send(targets, read)
            )
        }),
        PasswordDigest.layer(Redacted.make(new Uint8Array(32))),
        Layer.succeed(Directory, DirectoryContent.directory(read.directory)),
        MemoryQueueStore.layer,
        MemorySpool.layer,
        MemoryConfigStore.layer(
          MemoryConfigStore.configuration(
            read.authorities.map(({ file }) => file),
            input.mapping
          )
        ),
        recorder.layer,
        QueueNotifier.layer,
        OutQueueTrash.none,
        Layer.succeed(SourceDomain, {
          layout: { ...defaultLayout, base: input.base ?? "dc=example,dc=com" },
          sourceUid: Effect.succeed(input.sourceUid ?? "TESTID")
        })
      )
    ),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )
}

/** Reads nothing: no target is a real one. */
const nobody: TargetHttp.Send = () => new TargetHttp.Unreachable({ cause: new Error("no target is a real one") })

/** Reaches a real target from within the world of a run, which stands still meanwhile. */
const real = (
  time: VirtualTime,
  http: TargetHttp.TargetHttpShape,
  options: Parameters<TargetHttp.TargetHttpShape["client"]>[0]
): Effect.Effect<TargetHttp.Send, never, Scope.Scope> =>
  Effect.acquireRelease(Scope.make(), (scope) => time.outside(Scope.close(scope, Exit.void))).pipe(
    Effect.flatMap((scope) => time.outside(Scope.extend(http.client(options), scope)))
  )

export interface Running {
  readonly connector: Context.Tag.Service<Connector.Connector>
  readonly scope: Scope.CloseableScope
}

/** The connector on what is stored. It runs until its scope closes. */
export const start = (context: Context.Context<Stores>): Effect.Effect<Running> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const built = yield* Layer.buildWithScope(
      Connector.layer.pipe(
        Layer.provide(Layer.succeedContext(context)),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      ),
      scope
    ).pipe(Effect.provideService(EventLoopYield.EventLoopYield, Effect.void), Effect.orDie)
    return { connector: Context.get(built, Connector.Connector), scope }
  })

/** What a target is like of which nothing is said: it has the schools of its authority, and knows the connector's account. */
export const defaults = (
  name: string,
  file: { readonly [key: string]: unknown },
  input: Input
): KelvinSimulator.Options => {
  const configs = Object.values((file.plugin_configs ?? {}) as { readonly [plugin: string]: unknown })
  return {
    schools: Object.entries(input.mapping).flatMap(([school, authority]) => (authority === name ? [school] : [])),
    udmProperties: "any",
    mailDomains: "any",
    ldapBase: input.base ?? "dc=example,dc=com",
    accounts: configs.flatMap((config) => {
      const { password, username } = (config ?? {}) as { readonly password?: unknown; readonly username?: unknown }
      return typeof username === "string" && typeof password === "string" ? [{ username, password, admin: true }] : []
    })
  }
}
