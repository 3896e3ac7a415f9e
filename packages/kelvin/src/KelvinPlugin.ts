/**
 * The plugins `kelvin` and `kelvin-partial-group-sync`: users and school classes for the Kelvin REST API of a school
 * authority.
 */

import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { ConfigStore } from "@id-connector/core/config/ConfigStore"
import { Directory } from "@id-connector/core/directory/Directory"
import type { SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import type { Delivery, Plugin, Undelivered } from "@id-connector/core/targets/Plugin"
import { Effect } from "effect"
import type { TargetHttp } from "./client/TargetHttp.js"
import * as ClassDelivery from "./delivery/ClassDelivery.js"
import * as ClassMembers from "./delivery/ClassMembers.js"
import * as ClassPlan from "./delivery/ClassPlan.js"
import type { PasswordDigest } from "./delivery/PasswordDigest.js"
import * as Target from "./delivery/Target.js"
import * as UserDelivery from "./delivery/UserDelivery.js"
import * as KelvinPreview from "./KelvinPreview.js"
import * as KelvinSettings from "./settings/KelvinSettings.js"
import * as KelvinValidation from "./settings/KelvinValidation.js"
import * as TargetCheck from "./TargetCheck.js"

/** What the plugins need from the connector around them. */
export type Needs = ConfigStore | Directory | PasswordDigest | SourceDomain | TargetHttp

const preview = (target: Target.Target, undelivered: Undelivered, chooseMembers: ClassPlan.ChooseMembers) =>
  ListenerObject.isUser(undelivered.object)
    ? KelvinPreview.user(target, undelivered.object, undelivered)
    : KelvinPreview.schoolClass(target, undelivered.object, undelivered, chooseMembers)

/** Users and classes, classes with all their members. */
export const kelvin: Plugin<Needs> = {
  name: "kelvin",
  handles: () => true,
  concurrency: (authority) => KelvinSettings.concurrencyOf(authority, "kelvin"),
  deletionLimit: (authority) => KelvinSettings.deletionLimitOf(authority, "kelvin"),
  check: (authority) => KelvinValidation.check(authority, "kelvin"),
  handler: (authority) =>
    Effect.map(Target.make(authority, "kelvin"), (target) => ({
      ping: target.client.ping,
      deliver: (delivery) =>
        ListenerObject.isUser(delivery.object)
          ? UserDelivery.deliver(target, delivery.object, delivery)
          : ClassDelivery.deliver(target, delivery.object, delivery, ClassPlan.localMembers),
      preview: (undelivered) => preview(target, undelivered, ClassPlan.localMembers),
      check: TargetCheck.check(target)
    }))
}

/**
 * Like `kelvin`, but the members of a class with a role of `school_classes_ignore_roles` are left to the target: they are
 * neither added nor removed there, and neither are people the source directory does not know.
 */
export const partialGroupSync: Plugin<Needs> = {
  name: "kelvin-partial-group-sync",
  receipts: kelvin.name,
  handles: () => true,
  concurrency: (authority) => KelvinSettings.concurrencyOf(authority, "kelvin-partial-group-sync"),
  deletionLimit: (authority) => KelvinSettings.deletionLimitOf(authority, "kelvin-partial-group-sync"),
  check: (authority) => KelvinValidation.check(authority, "kelvin-partial-group-sync"),
  handler: (authority) =>
    Effect.gen(function* () {
      const directory = yield* Directory
      const target = yield* Target.make(authority, "kelvin-partial-group-sync")
      const ignored = new Set(target.settings.ignoredRoles)
      const chooseMembers: ClassPlan.ChooseMembers = ({ atTarget, local }) =>
        Effect.gen(function* () {
          const schools = yield* target.handledSchools
          const roles = yield* Effect.mapError(
            directory.roles([...new Set([...local, ...atTarget])]),
            // The source directory is the connector's own: the queue waits for it like for a target.
            (error) => new TargetUnavailable({ detail: error.message, retryAfter: null, answered: true })
          )
          return ClassMembers.partial({ local, atTarget, roles, ignored, schools })
        })
      return {
        ping: target.client.ping,
        deliver: (delivery: Delivery) =>
          ListenerObject.isUser(delivery.object)
            ? UserDelivery.deliver(target, delivery.object, delivery)
            : ClassDelivery.deliver(target, delivery.object, delivery, chooseMembers),
        preview: (undelivered: Undelivered) => preview(target, undelivered, chooseMembers),
        check: TargetCheck.check(target)
      }
    })
}
