/** Which address of the Kelvin REST API 4.0 is handled by what. */
import { json, Refusal, type SimulatorResponse } from "./Answer.js"
import * as Classes from "./Classes.js"
import type { Server } from "./Server.js"
import * as UserCreation from "./UserCreation.js"
import * as UserSearch from "./UserSearch.js"
import * as Users from "./Users.js"
import * as UserWrite from "./UserWrite.js"

export interface Request {
  readonly method: string
  /** Below `/ucsschool/kelvin/v1`, not decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly host: string
  readonly body: string
}

const notAllowed = () => new Refusal(405, { detail: "Method Not Allowed" })
const notFound = () => new Refusal(404, { detail: "Not Found" })

/** Answers a request whose account may do it. */
export const route = (server: Server, request: Request): SimulatorResponse => {
  const { host, method, path, query } = request
  const [resource = "", ...rest] = path.slice(1).split("/").map(decodeURIComponent)
  const isCollection = rest.length === 1 && rest[0] === ""
  const depth = resource === "classes" ? 2 : 1
  if (!["users", "classes", "schools", "roles"].includes(resource)) throw notFound()
  if (rest.length === 0) throw redirect(host, `${path}/`)
  if (!isCollection && rest.length === depth + 1 && rest[depth] === "") throw redirect(host, path.slice(0, -1))
  if (!isCollection && rest.length !== depth) throw notFound()
  const [first = "", second = ""] = rest
  switch (resource) {
    case "users":
      return isCollection ? usersCollection(server, request) : user(server, request, first)
    case "classes":
      return isCollection ? classesCollection(server, request) : schoolClass(server, request, [first, second])
    case "schools":
      if (isCollection) {
        if (method === "GET") return Classes.schools(server, host, query)
        throw notAllowed()
      }
      if (method === "GET") return Classes.school(server, host, first)
      if (method === "HEAD") return { ...Classes.school(server, host, first), body: undefined }
      throw notAllowed()
    default:
      if (method !== "GET") throw notAllowed()
      return isCollection ? Classes.roles(host) : Classes.role(host, first)
  }
}

/** The form of an address with or without a slash at its end is another one. */
const redirect = (host: string, path: string) =>
  new Refusal(307, undefined, { location: `http://${host}/ucsschool/kelvin/v1${path}` })

const usersCollection = (server: Server, { body, host, method, query }: Request) => {
  if (method === "GET") return UserSearch.search(server, host, query)
  if (method === "POST") return UserCreation.create(server, host, body)
  throw notAllowed()
}

const user = (server: Server, { body, host, method }: Request, name: string) => {
  switch (method) {
    case "GET":
      return Users.get(server, host, name)
    case "PUT":
    case "PATCH":
      return UserWrite.write(server, host, name, body, method === "PATCH")
    case "DELETE":
      return Users.remove(server, name)
    default:
      throw notAllowed()
  }
}

const classesCollection = (server: Server, { body, host, method, query }: Request) => {
  if (method === "GET") return Classes.search(server, host, query)
  if (method === "POST") return Classes.create(server, host, body)
  throw notAllowed()
}

const schoolClass = (server: Server, { body, host, method }: Request, place: readonly [string, string]) => {
  switch (method) {
    case "GET":
      return Classes.get(server, host, ...place)
    case "PUT":
    case "PATCH":
      return Classes.write(server, host, place, body, method === "PATCH")
    case "DELETE":
      return Classes.remove(server, ...place)
    default:
      throw notAllowed()
  }
}

/** Documents that need no token. */
export const openDocument = (path: string, version: string): SimulatorResponse | null =>
  path === "/openapi.json"
    ? json(200, { openapi: "3.0.2", info: { title: "UCS@school Kelvin REST API", version }, paths: {} })
    : null
