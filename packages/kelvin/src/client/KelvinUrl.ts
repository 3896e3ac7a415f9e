/**
 * Addresses of the Kelvin REST API. Bodies name schools, roles and users by their full URL, which the server takes apart
 * again: the path has to be this API version's own, percent-encoded, without a slash at the end.
 */

/** Addresses under one base, `https://HOST[:PORT]/ucsschool/kelvin/v1/`. */
export interface KelvinUrls {
  /** Where tokens are given out: not under a version, no slash at the end. */
  readonly token: string
  /** Collections end in a slash, single objects do not; the wrong form would be answered with a redirect. */
  readonly collection: (resource: "users" | "classes" | "schools" | "roles") => string
  readonly user: (name: string) => string
  readonly school: (name: string) => string
  readonly role: (name: string) => string
  readonly schoolClass: (school: string, name: string) => string
}

export const make = (base: string): KelvinUrls => {
  const root = base.endsWith("/") ? base : `${base}/`
  const of = (...segments: ReadonlyArray<string>) => `${root}${segments.map(encode).join("/")}`
  return {
    token: root.replace(/v\d+\/$/, "token"),
    collection: (resource) => `${root}${resource}/`,
    user: (name) => of("users", name),
    school: (name) => of("schools", name),
    role: (name) => of("roles", name),
    schoolClass: (school, name) => of("classes", school, name)
  }
}

/** Percent-encoded. Half a surrogate pair, which no name holds, can't be: it becomes a replacement character. */
const encode = (segment: string): string => encodeURIComponent(segment.replace(/\p{Surrogate}/gu, "\ufffd"))

/** The name at the end of a URL. A bare name is its own. */
export const nameFromUrl = (url: string): string => {
  const segment = url.slice(url.lastIndexOf("/") + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
