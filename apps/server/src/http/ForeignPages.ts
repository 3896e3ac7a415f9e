/**
 * Pages of other sites can make a browser send requests with its cookies. Whether the session of a browser is good for a request:
 * one total function. The cookie itself is the first lock (`SameSite=Strict`), these are the others, and each holds alone.
 */

import { type Said, say } from "@id-connector/api/ErrorSentences"

/** What is looked at. Names of headers in small letters. */
export interface Sent {
  readonly method: string
  readonly headers: { readonly [name: string]: string | undefined }
}

/** Header and value that no page of another site can send without being asked whether it may, which is never answered with yes. */
export const ownHeader = { name: "x-id-connector", value: "console" } as const

/** Why the session is not good for it, and what to do; null: it is. */
export const refusal = ({ headers, method }: Sent): Said | null => {
  const site = headers["sec-fetch-site"]
  // `none`: somebody has typed the address. Nothing else is a word of a browser for the connector's own pages.
  if (site !== undefined && site !== "same-origin" && site !== "none") return say("foreign_page", { site })
  if (method === "GET" || method === "HEAD") return null
  if (site !== "same-origin") return say("same_origin_missing")
  if (headers[ownHeader.name] !== ownHeader.value) return say("own_header_missing", { value: ownHeader.value })
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) return say("content_type_missing")
  return null
}
