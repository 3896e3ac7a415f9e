/** Work that is done for many clients, a few at a time, and for each of them fewer: one who asks for much keeps only itself waiting. */
import { Effect } from "effect"

export type Turn = <A, E, R>(client: string, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const make = (options: { readonly atOnce: number; readonly atOnceOfEach: number }): Effect.Effect<Turn> =>
  Effect.map(Effect.makeSemaphore(options.atOnce), (all) => {
    const own = new Map<string, { readonly places: Effect.Semaphore; readonly users: number }>()
    const enter = (client: string) =>
      Effect.sync(() => {
        const { places, users } = own.get(client) ?? {
          places: Effect.unsafeMakeSemaphore(options.atOnceOfEach),
          users: 0
        }
        own.set(client, { places, users: users + 1 })
        return places
      })
    const leave = (client: string) =>
      Effect.sync(() => {
        const { places, users } = own.get(client) ?? { places: null, users: 0 }
        if (places === null || users <= 1) own.delete(client)
        else own.set(client, { places, users: users - 1 })
      })
    return (client, work) =>
      Effect.acquireUseRelease(
        enter(client),
        // First one's own place: who waits for it takes none of the others.
        (places) => places.withPermits(1)(all.withPermits(1)(work)),
        () => leave(client)
      )
  })
