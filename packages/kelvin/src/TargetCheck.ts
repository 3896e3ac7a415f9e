/** Looks at a target before anything is delivered: login, roles, schools, and the properties that mappings name. */
import type { Sentence } from "@id-connector/core/input/Sentence"
import { propertiesOf } from "@id-connector/core/mapping/AttributeMapping"
import type { SchoolSet } from "@id-connector/core/schools/SchoolName"
import type { DeliveryError } from "@id-connector/core/targets/DeliveryError"
import { say } from "@id-connector/core/targets/Findings"
import type { Finding } from "@id-connector/core/targets/Plugin"
import { Effect, Either, Option } from "effect"
import type { Target } from "./delivery/Target.js"

export const check = (target: Target): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const roles = yield* Effect.either(target.client.roles)
    if (Either.isLeft(roles)) return [unreachable(roles.left)]
    const schools = yield* Effect.either(target.client.refreshSchools)
    if (Either.isLeft(schools)) return [loggedIn, rolesOf(roles.right), unreachable(schools.left)]
    const handled = yield* target.handledSchools
    return [
      loggedIn,
      rolesOf(roles.right),
      ...schoolsOf(schools.right, handled),
      ...(yield* Effect.catchAll(properties(target, schools.right, handled), (error) =>
        Effect.succeed([warning("udm_properties", say("properties_unread", { reason: error.message }))])
      ))
    ]
  })

const ok = (about: string, said: Sentence): Finding => ({ severity: "ok", about, ...said })
const warning = (about: string, said: Sentence): Finding => ({ severity: "warning", about, ...said })

const loggedIn = ok("login", say("account_known"))

const unreachable = (error: DeliveryError): Finding => ({
  severity: "error",
  about: error._tag === "CredentialsRefused" ? "login" : "connection",
  text: error.message
})

/** What users are made of. */
const needed = ["student", "teacher", "staff"]

const rolesOf = (roles: ReadonlySet<string>): Finding => {
  const missing = needed.filter((role) => !roles.has(role))
  return missing.length === 0
    ? ok("roles", say("roles_known", { roles: listed([...roles]) }))
    : warning("roles", say("roles_missing", { roles: missing.join(", ") }))
}

const schoolsOf = (there: SchoolSet, handled: SchoolSet): ReadonlyArray<Finding> => {
  if (handled.names.length === 0) {
    return [warning("schools", say("no_schools"))]
  }
  const missing = handled.names.filter((school) => !there.has(school))
  const common = handled.names.length - missing.length
  return [
    ok("schools", say("schools_known", { common, schools: handled.names.length })),
    ...(missing.length === 0 ? [] : [warning("schools", say("schools_missing", { schools: listed(missing) }))])
  ]
}

/** There may be hundreds. */
const listed = (names: ReadonlyArray<string>): string =>
  names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")} and ${names.length - 10} more`

/** So many schools are looked through for somebody who shows which properties there are. */
const schoolsLookedThrough = 3

/** The server shows all properties that are configured, on whatever user or class there is. */
const properties = (target: Target, schools: SchoolSet, handled: SchoolSet) =>
  Effect.gen(function* () {
    const { client, settings } = target
    const ofUsers = mappedProperties(settings.mapping, (name) => name !== "school_classes")
    const ofClasses = mappedProperties(settings.mapping, (name) => name === "school_classes")
    if (ofUsers.length + ofClasses.length === 0) return []
    const found: Array<Finding> = []
    let someUser: { readonly [key: string]: unknown } | null = null
    let someClass: { readonly [key: string]: unknown } | null = null
    for (const school of handled.names.filter((name) => schools.has(name)).slice(0, schoolsLookedThrough)) {
      const classes = yield* client.classesOf(schools.spelling(school) ?? school)
      someClass ??= classes[0]?.udm_properties ?? null
      const member = classes.flatMap(({ users }) => users)[0]
      if (someUser === null && member !== undefined) {
        someUser = Option.getOrNull(yield* client.getUser(member))?.udm_properties ?? null
      }
    }
    for (const [wanted, shown, what] of [
      [ofUsers, someUser, "user"],
      [ofClasses, someClass, "class"]
    ] as const) {
      if (wanted.length === 0) continue
      if (shown === null) {
        found.push(warning("udm_properties", say("properties_unknowable", { object: what })))
        continue
      }
      const unknown = wanted.filter(({ property }) => !(property in shown))
      if (unknown.length === 0) found.push(ok("udm_properties", say("properties_known", { object: what })))
      for (const { path, property } of unknown) {
        found.push(warning(path, say("property_unknown", { property, object: what })))
      }
    }
    return found
  })

const mappedProperties = (
  mappings: { readonly [name: string]: { readonly [here: string]: string } | undefined },
  isOne: (name: string) => boolean
) =>
  Object.entries(mappings)
    .filter(([name]) => isOne(name))
    .flatMap(([name, mapping]) =>
      propertiesOf(name === "school_classes" ? "class" : "user", mapping ?? {}).map((property) => ({
        path: `mapping.${name}`,
        property
      }))
    )
