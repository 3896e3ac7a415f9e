/** Who has done something, for the line of the log that says what. */
import { Administrator } from "@id-connector/api/Authentication"
import { By } from "@id-connector/core/history/By"
import { Effect } from "effect"

/** Lines that are logged meanwhile name the administrator who asks, and the address. So does what the history says of it. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Administrator> =>
  Effect.flatMap(Administrator, ({ address, username }) =>
    effect.pipe(
      Effect.annotateLogs({ by: username, address: address === "" ? "-" : address }),
      Effect.provideService(By, { name: username, address: address === "" ? null : address })
    )
  )
