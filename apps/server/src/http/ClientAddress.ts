// @effect-diagnostics nodeBuiltinImport:off
// Addresses and networks are Node's to compare.
/**
 * Who sends a request: the peer of the connection, or whom a proxy that is trusted names in `X-Forwarded-For`. Anybody can write
 * that header: only what trusted proxies have added to it counts.
 */
import * as Net from "node:net"

/** Addresses and networks of proxies: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
export type Proxies = ReadonlyArray<string>

/** Proxies on this very machine. */
export const loopback: Proxies = ["127.0.0.0/8", "::1"]

/** The address with one spelling, without a port; null when it is none. */
const plain = (text: string): string | null => {
  const trimmed = text.trim()
  if (trimmed.length > longestAddress) return null
  const inBrackets = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1]
  const withPort = /^([\d.]+):\d+$/.exec(trimmed)?.[1]
  const address = (inBrackets ?? withPort ?? trimmed).replace(/%.*$/, "").replace(/^::ffff:(?=[\d.]+$)/i, "")
  return Net.isIP(address) === 0 ? null : address.toLowerCase()
}

const longestAddress = 100

const family = (address: string) => (Net.isIPv6(address) ? "ipv6" : "ipv4")

/** Whether it is an address or a network. */
export const isProxy = (text: string): boolean => {
  const [address = "", bits, ...more] = text.split("/")
  if (Net.isIP(address) === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (Net.isIPv6(address) ? 128 : 32))
}

/** Whether an address is that of a proxy. What is neither an address nor a network is left out. */
export const trusting = (proxies: Proxies): ((address: string) => boolean) => {
  const list = new Net.BlockList()
  for (const proxy of proxies.filter(isProxy)) {
    const [address = "", bits] = proxy.split("/")
    if (bits === undefined) list.addAddress(address, family(address))
    else list.addSubnet(address, Number(bits), family(address))
  }
  return (address) => list.check(address, family(address))
}

/** Proxies before proxies: nobody has more. */
const mostHops = 20

/** `peer` and the header as they came. What can't be read ends the way back: the last one that is known counts. */
export const of = (peer: string, forwardedFor: string | undefined, isTrusted: (address: string) => boolean): string => {
  const known = plain(peer)
  if (known === null) return peer
  let client: string = known
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(",").slice(-mostHops).reverse()
  for (const hop of hops) {
    const address: string | null = isTrusted(client) ? plain(hop) : null
    if (address === null) break
    client = address
  }
  return client
}

/** What a client can't change at will: of an IPv6 address the first half, the rest is for whoever has that network. */
export const network = (address: string): string => {
  if (!Net.isIPv6(address)) return address
  const [before = "", after] = address.split("::")
  const head = before === "" ? [] : before.split(":")
  const tail = after === undefined || after === "" ? [] : after.split(":")
  const all =
    after === undefined
      ? head
      : [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0"), ...tail]
  return `${all
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}
