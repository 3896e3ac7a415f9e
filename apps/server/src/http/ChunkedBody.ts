/**
 * Bodies that do not say how long they are. Effect's server ends the connection when one becomes too large, and its client never
 * sees the answer; here it is read first, and refused when all of it has come.
 */
import { HttpServerRequest } from "@effect/platform"
import { Chunk, Effect, Option, Stream } from "effect"
import * as Bodies from "./Bodies.js"

/** The request, with a body that was read; none: it is too large. Other requests stay as they are. */
export const read = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Option.Option<HttpServerRequest.HttpServerRequest>> => {
  const { headers } = request
  if (headers["transfer-encoding"] === undefined || headers["content-length"] !== undefined) {
    return Effect.succeed(Option.some(request))
  }
  const kept: Array<Uint8Array> = []
  let size = 0
  return request.stream.pipe(
    // What is too large is read off, up to a limit, and not kept.
    Stream.takeWhile(() => size <= Bodies.readOff),
    Stream.runForEachChunk((chunk) =>
      Effect.sync(() => {
        for (const part of Chunk.toReadonlyArray(chunk)) {
          size += part.length
          if (size <= Bodies.largest) kept.push(part)
        }
      })
    ),
    Effect.as(size),
    Effect.map(() => (size > Bodies.largest ? Option.none() : Option.some(withBody(request, kept)))),
    // It broke off: whoever reads it says so.
    Effect.orElseSucceed(() => Option.some(withBody(request, [])))
  )
}

const withBody = (request: HttpServerRequest.HttpServerRequest, parts: ReadonlyArray<Uint8Array>) => {
  const { "transfer-encoding": _, ...headers } = request.headers
  const body = request.method === "GET" || request.method === "HEAD" ? null : Buffer.concat(parts)
  const read = HttpServerRequest.fromWeb(
    new Request(`http://localhost${request.url}`, { method: request.method, headers, body })
  )
  const bodies = ["text", "json", "urlParamsBody", "arrayBuffer", "stream", "multipart", "multipartStream"] as const
  return Object.create(
    request,
    Object.fromEntries(bodies.map((name) => [name, { get: () => read[name] }]))
  ) as HttpServerRequest.HttpServerRequest
}
