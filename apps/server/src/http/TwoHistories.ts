/**
 * `GET /v1/history` has two meanings. The Python connector has its changelog there, a page for browsers that needs no log in; here
 * it is also who got what, for those who have logged in. Who asks with a token, or wants JSON or JSON lines, gets the latter.
 */
import type { HttpServerRequest } from "@effect/platform"
import { prefix } from "@id-connector/api/Api"
import * as JsonLines from "@id-connector/api/JsonLines"

const path = `${prefix}/v1/history`

/** Where the changelog is in truth. */
export const changelog = `${prefix}/v1/changelog`

/** The request as it is meant. */
export const meant = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest => {
  const [asked = ""] = request.url.split("?")
  const { accept, authorization } = request.headers
  const isApi =
    authorization !== undefined || /^application\/json/.test(accept ?? "") || JsonLines.wanted(accept) !== null
  return asked !== path || isApi ? request : Object.create(request, { url: { value: changelog } })
}
