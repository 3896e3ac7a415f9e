/** Which real Kelvin server the environment names for an authority of the integration tests. */
import { Redacted } from "effect"

export const names = ["traeger1", "traeger2"] as const
export type Name = (typeof names)[number]

export interface RealServer {
  /** As it stands in a school authority's configuration. */
  readonly url: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
  /** Null: one that the server has. */
  readonly school: string | null
  readonly ssl: { readonly check_hostname?: boolean; readonly verify_mode?: 0; readonly ca_file?: string }
}

export type Environment = { readonly [name: string]: string | undefined }

/** Null: none is named, so that it is simulated. Dies when something is missing or wrong. */
export const of = (name: Name, env: Environment): RealServer | null => {
  const value = (what?: string) => env[what === undefined ? name : `${name}_${what}`]?.trim() || null
  const address = value()
  if (address === null) {
    const others = ["username", "password", "school", "ca_file", "insecure"].filter((what) => value(what) !== null)
    if (others.length === 0) return null
    throw new Error(
      `${name}_${others[0]} is set, and ${name}, the host or URL of the Kelvin server, is not: set it, too.`
    )
  }
  const password = value("password")
  if (password === null) {
    throw new Error(`${name} is ${address}: set ${name}_password, and ${name}_username if it is not Administrator.`)
  }
  const ca = value("ca_file")
  return {
    url: urlOf(name, address),
    username: value("username") ?? "Administrator",
    password: Redacted.make(password),
    school: value("school"),
    ssl: {
      ...(ca === null ? {} : { ca_file: ca }),
      ...(value("insecure") === "true" ? { check_hostname: false, verify_mode: 0 } : {})
    }
  }
}

/** A host, or a URL with or without the path of the API. */
const urlOf = (name: Name, address: string): string => {
  const url = URL.canParse(address) && /^https?:/.test(address) ? new URL(address) : null
  if (url === null && !/^[\w.-]+(:\d+)?$/.test(address)) {
    throw new Error(
      `${name} is ${address}: a host (dc1.school.example.com) or a URL (https://dc1.school.example.com/ucsschool/kelvin/v1/) is expected.`
    )
  }
  if (url === null) return `https://${address}/ucsschool/kelvin/v1/`
  if (url.username !== "" || url.password !== "") {
    throw new Error(`${name} holds a user name or a password: set ${name}_username and ${name}_password instead.`)
  }
  return url.pathname === "/" ? `${url.origin}/ucsschool/kelvin/v1/` : url.href.replace(/\/?$/, "/")
}
