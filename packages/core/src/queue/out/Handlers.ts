/** What the plugins made for one authority: a handler each, made when it is needed first. */
import { Effect, Scope } from "effect"
import type { ListenerObject } from "../../changes/ListenerObject.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import type { ConfigurationUnusable, DeliveryError } from "../../targets/DeliveryError.js"
import * as Plugin from "../../targets/Plugin.js"

/** A plugin of an authority. */
export interface Prepared extends Pick<Plugin.Plugin, "name" | "receipts" | "handles"> {
  readonly handler: Effect.Effect<Plugin.Handler, ConfigurationUnusable>
}

export interface Handlers {
  /** The plugins that deliver an object, in their order. */
  readonly of: (object: ListenerObject) => ReadonlyArray<Prepared>
  /** Whether deliveries can begin: every plugin that the authority uses reaches its target. */
  readonly ping: Effect.Effect<void, DeliveryError>
}

/**
 * The handlers live as long as the scope, and end when everything ends that was added to the scope after this: what is at work
 * keeps its connections.
 */
export const make = Effect.fnUntraced(function* (authority: SchoolAuthority) {
  const plugins = yield* Plugin.Plugins
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const prepared = yield* Effect.forEach(plugins, ({ handler, ...plugin }) =>
    Effect.map(Effect.cached(Scope.extend(handler(authority), scope)), (handler): Prepared => ({ ...plugin, handler }))
  )
  const handlers: Handlers = {
    of: (object) => Plugin.forObject(prepared, authority, object),
    ping: Effect.forEach(
      Plugin.ofAuthority(prepared, authority),
      ({ handler }) => Effect.flatMap(handler, ({ ping }) => ping),
      { discard: true }
    )
  }
  return handlers
})
