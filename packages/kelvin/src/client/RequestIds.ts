/**
 * Ids of the requests of one client: `x-request-id`, which the server repeats and writes to its log. The server takes only
 * version 4 UUIDs. Here they begin with what is random and the client's own, and end with the number of the request in hex:
 * made without an effect each, and a search for the beginning finds all requests of a client in their order.
 */
import { Effect, Random } from "effect"

/** Each call answers with the next one. */
export const make: Effect.Effect<() => string> = Effect.map(
  Effect.all([Random.nextIntBetween(0, 2 ** 32), Random.nextIntBetween(0, 2 ** 32)]),
  (words) => {
    const [first = "", second = ""] = words.map((word) => word.toString(16).padStart(8, "0"))
    // The version is 4, and the first bits after it are 10.
    const beginning = `${first}-${second.slice(0, 4)}-4${second.slice(4, 7)}-8000-`
    let last = 0
    return () => beginning + (++last).toString(16).padStart(12, "0")
  }
)
