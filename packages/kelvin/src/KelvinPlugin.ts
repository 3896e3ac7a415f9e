/**
 * The plugins `kelvin` and `kelvin-partial-group-sync`: users and school classes for the Kelvin REST API of a school
 * authority.
 */

import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { Directory } from "@id-connector/core/directory/Directory"
import type { SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import * as Plugin from "@id-connector/core/targets/Plugin"
import { type Context, Effect } from "effect"
import * as KelvinRequest from "./client/KelvinRequest.js"
import type { TargetHttp } from "./client/TargetHttp.js"
import * as ClassDelivery from "./delivery/ClassDelivery.js"
import * as ClassMembers from "./delivery/ClassMembers.js"
import type { PasswordDigest } from "./delivery/PasswordDigest.js"
import * as Target from "./delivery/Target.js"
import * as UserDelivery from "./delivery/UserDelivery.js"
import * as KelvinPreview from "./KelvinPreview.js"
import * as KelvinSettings from "./settings/KelvinSettings.js"
import * as KelvinValidation from "./settings/KelvinValidation.js"
import * as Variation from "./settings/Variation.js"
import * as TargetCheck from "./TargetCheck.js"

/** What the plugins need from the connector around them. */
export type Needs = ConfigStore | Directory | PasswordDigest | SourceDomain | TargetHttp

/**
 * A plugin like `kelvin` that differs as the variation says. Its settings at an authority are those of the Kelvin plugin, under
 * its own name.
 *
 *     KelvinPlugin.make({
 *       name: "kelvin-initials",
 *       attributes: { initials: ({ properties }) => String(properties.firstname).slice(0, 1) }
 *     })
 */
export const make = <R = never>(variation: Variation.Variation<R>): Plugin.Plugin<Needs | R> =>
  define(
    variation,
    Effect.map(Effect.context<R>(), (context) => Variation.prepare(variation, context))
  )

/** `varied`: for one authority. */
const define = <R>(
  variation: Variation.Variation<R>,
  varied: Effect.Effect<Variation.Varied, never, R>
): Plugin.Plugin<Needs | R> => {
  const {
    attributes = {},
    classAttributes = {},
    distribute,
    name,
    origin,
    preprocess,
    receipts,
    timeLimits
  } = variation
  const provided = { users: Object.keys(attributes), classes: Object.keys(classAttributes) }
  const definition: Plugin.Definition<Needs | R> = {
    name,
    hooks: Variation.hooksOf(variation),
    mistakes: Variation.mistakesOf(variation),
    receipts: receipts ?? "kelvin",
    ...(origin === undefined ? {} : { origin }),
    ...(distribute === undefined ? {} : { distribute }),
    ...(preprocess === undefined ? {} : { preprocess }),
    // Each request has a limit of its own, and a class may need many of them.
    timeLimits: { deliver: null, ...timeLimits },
    concurrency: (authority) => KelvinSettings.concurrencyOf(authority, name),
    deletionLimit: (authority) => KelvinSettings.deletionLimitOf(authority, name),
    check: (authority) => KelvinValidation.check(authority, name, provided),
    handler: (authority) =>
      Effect.map(
        Effect.flatMap(varied, (variation) => Target.make(authority, variation)),
        (target) => ({
          ping: () => target.client.ping,
          deliver: (delivery) =>
            Effect.flatMap(target.varied.countsAs(delivery.object, authority), (object) =>
              ListenerObject.isUser(object)
                ? UserDelivery.deliver(target, object, delivery)
                : ClassDelivery.deliver(target, object, delivery)
            ).pipe(KelvinRequest.withRequest),
          preview: (undelivered) =>
            Effect.flatMap(target.varied.countsAs(undelivered.object, authority), (object) =>
              ListenerObject.isUser(object)
                ? KelvinPreview.user(target, object, undelivered)
                : KelvinPreview.schoolClass(target, object, undelivered)
            ),
          check: () => TargetCheck.check(target)
        })
      )
  }
  return Plugin.make(definition, (from) => make({ ...variation, origin: from }))
}

/** Users and classes, classes with all their members. */
export const kelvin: Plugin.Plugin<Needs> = make({ name: "kelvin" })

/**
 * Like `kelvin`, but the members of a class with a role of `school_classes_ignore_roles` are left to the target: they are
 * neither added nor removed there, and neither are people the source directory does not know.
 */
export const partialGroupSync: Plugin.Plugin<Needs> = make<Directory>({
  name: "kelvin-partial-group-sync",
  chooseMembers: ({ atTarget, local }, { authority, handledSchools }) =>
    Effect.gen(function* () {
      const directory = yield* Directory
      const roles = yield* Effect.mapError(
        directory.roles([...new Set([...local, ...atTarget])]),
        // The source directory is the connector's own: the queue waits for it like for a target.
        (error) => new TargetUnavailable({ detail: error.message, retryAfter: null, answered: true })
      )
      const ignored = new Set(KelvinSettings.ignoredRolesOf(authority, "kelvin-partial-group-sync"))
      return ClassMembers.partial({ local, atTarget, roles, ignored, schools: handledSchools })
    })
})

/** The plugins that every connector has. */
export const builtIn: ReadonlyArray<Plugin.Plugin<Needs>> = [kelvin, partialGroupSync]

/** These, and more, with what they need. */
export const withBuiltIn = (
  more: ReadonlyArray<Plugin.Plugin<Needs>>,
  context: Context.Context<Needs>
): ReadonlyArray<Plugin.Plugin> => [...builtIn, ...more].map((plugin) => Plugin.provide(plugin, context))
