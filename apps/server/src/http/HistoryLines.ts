// @effect-diagnostics nodeBuiltinImport:off
// Only Node's response can break off.
/**
 * The history as JSON lines: all that fit, page after page. A page is asked for when the one before it was taken, so that one who
 * reads slowly, or not at all, has one page in memory and asks the history nothing. What can't be read on breaks the connection off:
 * an answer that ends as it should is complete.
 */
import type { ServerResponse } from "node:http"
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { ContentType } from "@id-connector/api/JsonLines"
import type { HistoryRecord } from "@id-connector/core/history/HistoryEntry"
import type { HistoryStoreError, Numbered } from "@id-connector/core/history/HistoryStore"
import { Effect, Option, Stream } from "effect"

/** Entries that the history is asked for at once: others have their turn in between. */
export const page = 250

/** What of all that fits is to be sent: only those before this id, and so many at most. */
export interface Asked {
  readonly before: number | undefined
  readonly limit: number | undefined
}

/** One question to the history. */
export type Ask<R extends HistoryRecord> = (page: {
  readonly before?: number
  readonly limit: number
}) => Effect.Effect<ReadonlyArray<Numbered<R>>, HistoryStoreError>

/** Answers that are sent when the scope ends break off: whoever serves would wait for those who read them. */
export const make = Effect.gen(function* () {
  const open = new Set<ServerResponse>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const response of open) response.destroy()
    })
  )

  /** The first page is read before it answers: until then a failure is an error like any other. */
  return <R extends HistoryRecord, A>(
    contentType: ContentType,
    asked: Asked,
    ask: Ask<R>,
    show: (one: Numbered<R>) => A
  ) =>
    Effect.gen(function* () {
      const response = NodeHttpServerRequest.toServerResponse(yield* HttpServerRequest.HttpServerRequest)
      const next = after(ask)
      const [first, rest] = yield* next({ before: asked.before, left: asked.limit ?? Number.POSITIVE_INFINITY })
      const held = Stream.acquireRelease(
        Effect.sync(() => open.add(response)),
        () => Effect.sync(() => open.delete(response))
      )
      const pages = Stream.concat(
        Stream.make(first),
        Stream.unfoldEffect(rest, (left) =>
          Effect.map(
            next(left),
            Option.liftPredicate(([found]) => found.length > 0)
          )
        )
      ).pipe(Stream.catchAll((error) => Stream.fromEffect(broken(response, error))))
      const body = Stream.flatMap(held, () => pages).pipe(
        Stream.map((found) => found.map((one) => `${JSON.stringify(show(one))}\n`).join("")),
        Stream.encodeText
      )
      return HttpServerResponse.stream(body, { contentType })
    })
})

interface Left {
  readonly before: number | undefined
  readonly left: number
}

/** A page, and what is left after it. A page may be shorter than was asked for and not the last: what can't be read is left out. */
const after =
  <R extends HistoryRecord>(ask: Ask<R>) =>
  ({ before, left }: Left) =>
    left <= 0
      ? Effect.succeed([[], { before, left: 0 }] as const)
      : Effect.map(ask({ limit: Math.min(page, left), ...(before === undefined ? {} : { before }) }), (found) => {
          const last = found.at(-1)
          return [found, { before: last?.id, left: last === undefined ? 0 : left - found.length }] as const
        })

/** The end of an answer would say that it is complete. Node ends who writes it when the connection is gone. */
const broken = (response: ServerResponse, error: HistoryStoreError) =>
  Effect.logError("The history could not be read to its end: an answer of JSON lines breaks off.", {
    reason: error.message
  }).pipe(
    Effect.annotateLogs({ module: "HTTP" }),
    Effect.zipRight(Effect.sync(() => response.destroy())),
    Effect.zipRight(Effect.never)
  )
