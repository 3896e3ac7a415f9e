/** What those may send who only look: whatever reads, and what asks without changing anything, though it is sent with a body. */

/** As the routes have them. */
const asks: ReadonlySet<string> = new Set([
  "POST /v1/preview",
  "POST /v1/school_authorities/:name/check",
  // Whoever could log in may log out.
  "DELETE /v1/session"
])

/** `path`: that of the route that was found, below the prefix, never that of the request, which may be written in many ways. */
export const isReading = (method: string, path: string): boolean =>
  method === "GET" || method === "HEAD" || asks.has(`${method} ${path}`)
