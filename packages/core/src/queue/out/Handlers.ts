/** What the plugins made for one authority: a handler each, made when it is needed first. */
import { Effect, ExecutionStrategy, Exit, Scope } from "effect"
import type { ListenerObject } from "../../changes/ListenerObject.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { ConfigurationUnusable, type DeliveryError, type PluginFailed } from "../../targets/DeliveryError.js"
import * as Plugin from "../../targets/Plugin.js"
import * as PluginChoice from "../../targets/PluginChoice.js"

/** A plugin of an authority. */
export interface Prepared extends Pick<Plugin.Plugin, "name" | "receipts" | "handles"> {
  readonly handler: Effect.Effect<Plugin.Handler, ConfigurationUnusable | PluginFailed>
}

export interface Handlers {
  /** The plugins that deliver an object, in their order. */
  readonly of: (object: ListenerObject) => ReadonlyArray<Prepared>
  /** Whether deliveries can begin: every plugin that the authority uses reaches its target. */
  readonly ping: Effect.Effect<void, DeliveryError>
}

/**
 * The handlers live as long as the scope, and end when everything ends that was added to the scope after this: what is at work
 * keeps its connections. One that could not be made is tried again when it is needed again.
 */
export const make = Effect.fnUntraced(function* (authority: SchoolAuthority) {
  const plugins = yield* Plugin.Plugins
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const prepared = yield* Effect.forEach(plugins, ({ handler, ...plugin }) =>
    Effect.map(onceMade(handler(authority), scope), (handler): Prepared => ({ ...plugin, handler }))
  )
  const missing = PluginChoice.missing(plugins, authority)
  const handlers: Handlers = {
    of: (object) => PluginChoice.forObject(prepared, authority, object),
    ping:
      missing.length > 0
        ? new ConfigurationUnusable({ problems: missing.map((name) => PluginChoice.describeMissing(plugins, name)) })
        : Effect.forEach(
            PluginChoice.ofAuthority(prepared, authority),
            ({ handler }) => Effect.flatMap(handler, ({ ping }) => ping),
            { discard: true }
          )
  }
  return handlers
})

/** Made by whoever needs it first, while the others wait, and kept. A failure is not. */
const onceMade = <E>(making: Effect.Effect<Plugin.Handler, E, Scope.Scope>, scope: Scope.Scope) =>
  Effect.map(Effect.makeSemaphore(1), (semaphore) => {
    let made: Plugin.Handler | null = null
    const makeIt = Effect.gen(function* () {
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      return yield* Scope.extend(making, own).pipe(
        Effect.tap((handler) =>
          Effect.sync(() => {
            made = handler
          })
        ),
        Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
      )
    })
    return Effect.suspend(() =>
      made === null
        ? semaphore.withPermits(1)(Effect.suspend(() => (made === null ? makeIt : Effect.succeed(made))))
        : Effect.succeed(made)
    )
  })
