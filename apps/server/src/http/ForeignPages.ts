/**
 * Pages of other sites can make a browser send requests with its cookies. Whether the session of a browser is good for a request:
 * one total function. The cookie itself is the first lock (`SameSite=Strict`), these are the others, and each holds alone.
 */

/** What is looked at. Names of headers in small letters. */
export interface Sent {
  readonly method: string
  readonly headers: { readonly [name: string]: string | undefined }
}

/** Header and value that no page of another site can send without being asked whether it may, which is never answered with yes. */
export const ownHeader = { name: "x-id-connector", value: "console" } as const

const aToken = "Programs send a token instead: Authorization: Bearer TOKEN."

/** Why the session is not good for it, and what to do; null: it is. */
export const refusal = ({ headers, method }: Sent): string | null => {
  const site = headers["sec-fetch-site"]
  // `none`: somebody has typed the address. Nothing else is a word of a browser for the connector's own pages.
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return `A page of another site made the browser send this (Sec-Fetch-Site: ${site}): the session is not good for it. Open the connector's own page. ${aToken}`
  if (method === "GET" || method === "HEAD") return null
  if (site !== "same-origin")
    return `The browser does not say that a page of the connector sends this: the header Sec-Fetch-Site: same-origin is missing. Use a browser that sends it, over HTTPS. ${aToken}`
  if (headers[ownHeader.name] !== ownHeader.value)
    return `The header X-ID-Connector: ${ownHeader.value} is missing, which only pages of the connector can send. ${aToken}`
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return `With a session, Content-Type: application/json is expected for what is not GET, also without a body. ${aToken}`
  return null
}
