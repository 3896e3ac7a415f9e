// @effect-diagnostics nodeBuiltinImport:off
// Addresses and networks are Node's to compare.
/** The proxy that connections to targets go through, as `HTTPS_PROXY` and `NO_PROXY` say it for most programs. */
import * as Net from "node:net"
import { Either, Redacted } from "effect"

export interface Proxy {
  /** `HTTPS_PROXY` or `https_proxy`, for messages. */
  readonly variable: string
  /** `http://proxy.example.com:3128`, without user name and password. */
  readonly url: string
  /** The header that logs in at the proxy. */
  readonly authorization: Redacted.Redacted<string> | null
  /** Targets that are reached without it: names, `.domains`, addresses, networks, `*`; each perhaps with a port. */
  readonly except: ReadonlyArray<string>
}

/** What two variables mean, or what is wrong with the first. What it says may hold a password and is not shown. */
export const parse = (variable: string, value: string, except: string): Either.Either<Proxy, string> => {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    return Either.left(
      `${variable}: is no address of a proxy, one like http://proxy.example.com:3128 is expected (value not shown)`
    )
  }
  const account = [url.username, url.password].map(decoded).join(":")
  return Either.right({
    variable,
    url: `${url.protocol}//${url.host}`,
    authorization: account === ":" ? null : Redacted.make(`Basic ${Buffer.from(account, "utf8").toString("base64")}`),
    except: except.split(/[\s,]+/).filter((one) => one !== "")
  })
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether a target is reached through the proxy. One on this very machine never is: the proxy would look on its own. */
export const isFor = ({ except }: Proxy, hostname: string, port: number): boolean => {
  const host = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
  return !isLoopback(host) && !except.some((one) => fits(one.toLowerCase(), host, port))
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "::1" || (Net.isIPv4(host) && host.startsWith("127."))

const fits = (one: string, host: string, port: number): boolean => {
  if (one === "*") return true
  const [, inBrackets] = /^\[([^\]]*)\](?::\d+)?$/.exec(one) ?? []
  const [, name = one, itsPort] = Net.isIPv6(one) ? [one, one] : (/^(.*?)(?::(\d+))?$/.exec(one) ?? [])
  if (itsPort !== undefined && Number(itsPort) !== port) return false
  const place = inBrackets ?? name
  const [address = "", bits] = place.split("/")
  if (Net.isIP(address) !== 0) return bits === undefined ? address === host : isWithin(address, Number(bits), host)
  const domain = place.replace(/^\*?\./, "")
  return host === domain || host.endsWith(`.${domain}`)
}

const isWithin = (network: string, bits: number, host: string): boolean => {
  const family = Net.isIPv6(network) ? "ipv6" : "ipv4"
  if (
    Net.isIP(host) === 0 ||
    Net.isIPv6(host) !== (family === "ipv6") ||
    !(bits >= 0 && bits <= (family === "ipv6" ? 128 : 32))
  )
    return false
  const list = new Net.BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, family)
}
