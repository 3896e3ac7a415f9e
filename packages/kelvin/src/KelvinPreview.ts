/** What a delivery would do at a target, for people: the plan that a delivery would carry out, told instead. */

import type { GroupObject, UserObject } from "@id-connector/core/changes/ListenerObject"
import type { Attributes, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import { sayWarning } from "@id-connector/core/mapping/AttributeMapping"
import { mask } from "@id-connector/core/schools/SchoolAuthority"
import type { SchoolClass } from "@id-connector/core/schools/SchoolClass"
import type { DeliveryError } from "@id-connector/core/targets/DeliveryError"
import type { Preview, Undelivered } from "@id-connector/core/targets/Plugin"
import { Effect, Option, Redacted } from "effect"
import * as KelvinBody from "./client/KelvinBody.js"
import type { KelvinUrls } from "./client/KelvinUrl.js"
import { masked } from "./client/Masking.js"
import * as ClassPlan from "./delivery/ClassPlan.js"
import * as Differences from "./delivery/Differences.js"
import type { Target } from "./delivery/Target.js"
import * as UserChange from "./delivery/UserChange.js"
import { namesIn, references } from "./delivery/UserDelivery.js"
import * as UserPlan from "./delivery/UserPlan.js"

export const user = (
  target: Target,
  object: UserObject,
  undelivered: Undelivered
): Effect.Effect<Preview, DeliveryError> =>
  Effect.gen(function* () {
    const { urls } = target
    const plan = yield* UserPlan.decide(target, object, undelivered)
    switch (plan._tag) {
      case "Nothing":
        return previewed("absent", { detail: plan.detail })
      case "Remove":
        return previewed("removed", { detail: plan.detail, requests: [request("DELETE", urls.user(plan.found.name))] })
      case "Create": {
        const { wanted } = plan
        const body = UserChange.creation(wanted.mapped)
        const password = wanted.mapped.randomPassword ? Redacted.make(mask) : null
        const sent = KelvinBody.encode(urls, body, { hashes: wanted.hashes, password })
        return previewed("created", {
          ...what(wanted.mapped, wanted.choice),
          differences: Differences.of(body, {}),
          requests: [request("POST", urls.collection("users"), sent)],
          warnings: [...wanted.mapped.warnings, ...(yield* unknownReferences(target, body))]
        })
      }
      case "Modify": {
        const { found, isNewPassword, patch, wanted } = plan
        const warnings = [
          ...wanted.mapped.warnings,
          ...unknownProperties(wanted.mapped, found.udm_properties),
          ...(yield* unknownReferences(target, patch ?? {}))
        ]
        const common = { ...what(wanted.mapped, wanted.choice), warnings }
        if (patch === null && !isNewPassword) return previewed("unchanged", common)
        const hashes = isNewPassword ? wanted.hashes : null
        return previewed("modified", {
          ...common,
          differences: [
            ...Differences.of(patch ?? {}, { ...found }),
            ...(isNewPassword ? [{ attribute: "kelvin_password_hashes", current: null, wanted: mask }] : [])
          ],
          requests: [
            request("PATCH", urls.user(found.name), KelvinBody.encode(urls, patch ?? {}, { hashes, password: null }))
          ]
        })
      }
    }
  })

export const schoolClass = (
  target: Target,
  object: GroupObject,
  undelivered: Undelivered
): Effect.Effect<Preview, DeliveryError> =>
  Effect.gen(function* () {
    const { urls } = target
    const plan = yield* ClassPlan.decide(target, object, undelivered)
    switch (plan._tag) {
      case "Nothing":
        return previewed("ignored", { detail: plan.detail })
      case "Remove": {
        const are = yield* Effect.forEach(plan.places, ({ name, school }) => target.client.findClass(school, name))
        // A delivery does not ask first.
        return previewed(are.some(Option.isSome) ? "removed" : "absent", {
          detail: plan.detail,
          requests: removals(urls, plan.places)
        })
      }
      case "Create": {
        const { body, leftovers, users, wanted } = plan
        const whole = users === null ? body : { ...body, users }
        return previewed("created", {
          ...what(wanted.mapped, classes),
          attributes: whole,
          differences: Differences.of(whole, {}),
          requests: [
            request("POST", urls.collection("classes"), KelvinBody.encodeClass(urls, whole)),
            ...removals(urls, leftovers)
          ],
          warnings: [...wanted.mapped.warnings, ...(yield* unknownNames(target, "users", users ?? []))]
        })
      }
      case "Modify": {
        const { found, leftovers, patch, users, wanted } = plan
        const whole = users === null ? patch : { ...patch, users }
        const warnings = [
          ...wanted.mapped.warnings,
          ...unknownProperties(wanted.mapped, found.udm_properties),
          ...(yield* unknownNames(target, "users", users ?? []))
        ]
        const common = { ...what(wanted.mapped, classes), warnings }
        return Object.keys(whole).length === 0 && leftovers.length === 0
          ? previewed("unchanged", common)
          : previewed("modified", {
              ...common,
              differences: Differences.of(whole, { ...found }),
              requests: [
                request(
                  "PATCH",
                  urls.schoolClass(wanted.place.school, found.name),
                  KelvinBody.encodeClass(urls, whole)
                ),
                ...removals(urls, leftovers)
              ]
            })
      }
    }
  })

/** Classes that go. */
const removals = (urls: KelvinUrls, places: ReadonlyArray<SchoolClass>) =>
  places.map(({ name, school }) => request("DELETE", urls.schoolClass(school, name)))

const previewed = (outcome: Preview["outcome"], more: Partial<Preview> = {}): Preview => ({
  outcome,
  detail: null,
  mapping: null,
  attributes: {},
  sources: {},
  differences: [],
  requests: [],
  warnings: [],
  ...more
})

const classes = { name: "school_classes", because: "it is a school class" }

const what = ({ attributes, randomPassword, sources, udmProperties }: Mapped, mapping: Preview["mapping"]) => ({
  mapping,
  sources,
  attributes: {
    ...attributes,
    ...(randomPassword ? { password: mask } : {}),
    ...(Object.keys(udmProperties).length === 0 ? {} : { udm_properties: udmProperties })
  }
})

const request = (method: string, url: string, body: unknown = null) => ({
  method,
  path: new URL(url).pathname,
  body: masked(body)
})

/** The server shows every property that is configured there, be it empty. */
const unknownProperties = ({ udmProperties }: Mapped, shown: Attributes): ReadonlyArray<string> =>
  Object.keys(udmProperties)
    .filter((key) => !(key in shown))
    .map((key) => sayWarning("property_not_configured", { property: key }).text)

const unknownReferences = (target: Target, body: Attributes) =>
  Effect.map(
    Effect.forEach(references, (attribute) => unknownNames(target, attribute, namesIn(body[attribute]))),
    (warnings) => warnings.flat()
  )

const unknownNames = (target: Target, attribute: string, names: ReadonlyArray<string>) =>
  Effect.map(target.client.unknownUsers(names), (unknown) =>
    unknown.length === 0 ? [] : [sayWarning("references_missing", { attribute, names: unknown.join(", ") }).text]
  )
