/** What the handlers of a simulated server share: its world, its options, and how URLs stand for names. */

import { invalid, unresolved } from "./Answer.js"
import { Body, isRecord } from "./Body.js"
import type { World } from "./World.js"

export interface Server {
  readonly world: World
  readonly base: string
  readonly strictUrlHosts: boolean
  readonly maxNameLength: boolean
  /** Keys of `udm_properties` that may be used, or any. */
  readonly udmProperties: { user: ReadonlyArray<string> | "any"; school_class: ReadonlyArray<string> | "any" }
  readonly mailDomains: ReadonlyArray<string> | "any"
}

export const roleNames = ["staff", "student", "teacher", "legal_guardian", "school_admin"] as const

const prefix = "/ucsschool/kelvin/v1/"

/** URLs in answers are https and name the host that was asked. */
export const urlOf = (host: string, ...segments: ReadonlyArray<string>): string =>
  `https://${host}${prefix}${segments.map(encodeURIComponent).join("/")}`

/** The name that a URL in a body stands for: only its path counts, and that has to be this API version's own. */
export const nameIn = (type: "school" | "role" | "user", url: string): string => {
  const plain = decoded(url.replace(/^https:/i, "http:"))
  const path = plain.replace(/^http:\/\/[^/]*/i, "")
  const name = path.slice(`${prefix}${type}s/`.length)
  if (!path.startsWith(`${prefix}${type}s/`) || name === "" || name.includes("/")) throw unresolved(type, plain)
  return name
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The parsed body of a write, before its fields are looked at. */
export const bodyOf = (server: Server, text: string, isPatch: boolean): Body => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw invalid([
      { loc: ["body", 1], msg: "Expecting value: line 1 column 1 (char 0)", type: "value_error.jsondecode" }
    ])
  }
  if (!isRecord(json)) throw invalid([{ loc: ["body"], msg: "value is not a valid dict", type: "type_error.dict" }])
  return new Body(json, isPatch, server.strictUrlHosts)
}

/** Ends the handling when the model found something wrong. */
export const check = (body: Body): void => {
  if (body.issues.length > 0) throw invalid(body.issues)
}

/** Properties that the server's administrator has not allowed are refused. */
export const checkUdm = (
  server: Server,
  body: Body,
  resource: "user" | "school_class",
  properties: Readonly<Record<string, unknown>> | undefined
): void => {
  const allowed = server.udmProperties[resource]
  if (allowed === "any" || properties === undefined) return
  const unknown = Object.keys(properties).filter((key) => !allowed.includes(key))
  if (unknown.length === 0) return
  body.problem(
    ["udm_properties"],
    `UDM properties that were not configured for resource '${resource}' and are thus not allowed: {${unknown.map((key) => `'${key}'`).join(", ")}}`,
    "value_error.unknownudmproperty"
  )
}

/** All configured properties, null where there is no value; without a configuration those that have one. */
export const shownUdm = (
  server: Server,
  resource: "user" | "school_class",
  properties: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> => {
  const allowed = server.udmProperties[resource]
  return allowed === "any" ? properties : Object.fromEntries(allowed.map((key) => [key, properties[key] ?? null]))
}
