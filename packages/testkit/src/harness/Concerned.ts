/** What of a target a request is about: pure. */
import { nameFromUrl } from "@id-connector/kelvin/client/KelvinUrl"
import type { TargetRequest } from "@id-connector/kelvin/client/TargetHttp"
import { Data } from "effect"

/** Something that a target may have. */
export type Concerned = Data.TaggedEnum<{
  /** Whoever a search finds: its query. */
  Users: { readonly query: string }
  User: { readonly name: string }
  /** The classes of a school, all of them. */
  ClassesOf: { readonly school: string }
  Schools: object
}>
export const Concerned = Data.taggedEnum<Concerned>()

export interface Asked {
  /** The base URL of the target. */
  readonly base: string
  readonly about: ReadonlyArray<Concerned>
  /** What is written to: names of users, `school/name` of classes. */
  readonly written: ReadonlyArray<string>
}

/** Null: it is about nothing that a target has, such as a list of roles. */
export const of = ({ body, method, url }: Pick<TargetRequest, "body" | "method" | "url">): Asked | "LogIn" | null => {
  const [, base, resource, rest = "", query = ""] =
    /^(.*\/v\d+\/)(users|classes|schools)\/([^?]*)\??(.*)$/.exec(url) ?? []
  if (base === undefined) return url.endsWith("/token") ? "LogIn" : null
  const names = rest
    .split("/")
    .filter((name) => name !== "")
    .map(nameFromUrl)
  const sent = method === "GET" ? {} : recordIn(body)
  const found =
    resource === "users"
      ? ofUser(names[0], query, sent)
      : resource === "classes"
        ? ofClass(names, query, sent)
        : nothing
  return {
    base,
    about: [Concerned.Schools(), ...found.about],
    written: method === "GET" ? [] : found.written
  }
}

type Found = Pick<Asked, "about" | "written">

const nothing: Found = { about: [], written: [] }

const ofUser = (name: string | undefined, query: string, sent: Sent): Found => {
  const renamed = text(sent.name)
  const email = text(sent.email)
  const classes = isRecord(sent.school_classes) ? sent.school_classes : {}
  const names = [...(name === undefined ? [] : [name]), ...renamed]
  const relatives = [...texts(sent.legal_guardians), ...texts(sent.legal_wards)].map(nameFromUrl)
  return {
    about: [
      ...(query === "" ? [] : [Concerned.Users({ query })]),
      ...[...names, ...relatives].map((name) => Concerned.User({ name })),
      ...email.map((address) => Concerned.Users({ query: `email=${encodeURIComponent(address)}` })),
      ...Object.keys(classes).map((school) => Concerned.ClassesOf({ school }))
    ],
    written: [
      ...names,
      ...Object.entries(classes).flatMap(([school, all]) => texts(all).map((one) => `${school}/${one}`))
    ]
  }
}

const ofClass = ([school, name]: ReadonlyArray<string>, query: string, sent: Sent): Found => {
  const searched = new URLSearchParams(query).getAll("school")
  const schools = [...searched, ...(school === undefined ? [] : [school]), ...text(sent.school).map(nameFromUrl)]
  const names = [...(name === undefined ? [] : [name]), ...text(sent.name)]
  return {
    about: [
      ...schools.map((school) => Concerned.ClassesOf({ school })),
      ...texts(sent.users).map((url) => Concerned.User({ name: nameFromUrl(url) }))
    ],
    written: schools.flatMap((school) => names.map((name) => `${school}/${name}`))
  }
}

type Sent = { readonly [key: string]: unknown }

const recordIn = (body: string | null): Sent => {
  try {
    const json: unknown = JSON.parse(body ?? "{}")
    return isRecord(json) ? json : {}
  } catch {
    return {}
  }
}

const isRecord = (value: unknown): value is Sent => typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): ReadonlyArray<string> => (typeof value === "string" ? [value] : [])

const texts = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : []
