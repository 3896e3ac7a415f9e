/** Who has done something, for the line of the log that says what. */
import { Administrator } from "@id-connector/api/Authentication"
import { Effect } from "effect"

/** Lines that are logged meanwhile name the administrator who asks, and the address. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Administrator> =>
  Effect.flatMap(Administrator, ({ address, username }) =>
    Effect.annotateLogs(effect, { by: username, address: address === "" ? "-" : address })
  )
