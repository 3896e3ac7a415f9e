import * as NodeContext from "@effect/platform-node/NodeContext"
import { Submissions } from "@id-connector/core"
import * as Embedded from "@id-connector/server/Embedded"
import { Effect, Layer } from "effect"

/** Delivers one change, and answers with how that ended at each school authority. */
export const deliver = (options: Embedded.Options, change: unknown) =>
  Effect.gen(function* () {
    const { ended, submit } = yield* Submissions.Submissions
    const submitted = yield* submit(change)
    return yield* ended(submitted)
  }).pipe(Effect.provide(Embedded.layer(options).pipe(Layer.provide(NodeContext.layer))))
