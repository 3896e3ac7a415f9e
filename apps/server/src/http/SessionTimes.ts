/** How long the session of a browser lasts, in milliseconds. */

/** Nobody has used it for so long: it ends. */
const idle = 30 * 60_000

/** So long after the log-in it ends, however much it is used. */
const longest = 10 * 60 * 60_000

/** A token that is younger is not renewed: a page asks for many things at once. */
const renewedAfter = 60_000

/** When a session ends that nobody uses from now on. */
export const expiry = (authenticatedAt: number, now: number): number => Math.min(now + idle, end(authenticatedAt))

/** When it ends, whatever happens. */
export const end = (authenticatedAt: number): number => authenticatedAt + longest

/** Whether a session that is used now gets a new token. */
export const isToBeRenewed = (authenticatedAt: number, expiresAt: number, now: number): boolean =>
  expiry(authenticatedAt, now) - expiresAt >= renewedAfter
