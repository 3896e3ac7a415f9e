// @effect-diagnostics nodeBuiltinImport:off globalTimers:off
// A server that drops connections at will has to be close to the socket.
/** The Kelvin simulator behind HTTP: in process as an `HttpClient`, or as a real HTTPS server. */
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Duration, Effect, type Scope } from "effect"
import { generate } from "selfsigned"
import type { KelvinSimulator, Plan } from "./KelvinSimulator.js"

/** A client that reaches these simulators, by `host:port`. No network, and time is that of `Clock`. */
export const client = (simulators: { readonly [host: string]: KelvinSimulator }): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const transport = (description: string) =>
        new HttpClientError.RequestError({ request, reason: "Transport", description, cause: new Error(description) })
      const simulator = simulators[url.host]
      if (simulator === undefined) return yield* transport(`connect ECONNREFUSED ${url.host}`)
      const body = request.body
      const plan = simulator.handle({
        method: request.method,
        url: `${url.pathname}${url.search}`,
        headers: {
          ...request.headers,
          host: url.host,
          ...(body._tag === "Uint8Array" ? { "content-type": body.contentType } : {})
        },
        body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
      })
      switch (plan._tag) {
        case "Drop":
          return yield* transport("socket hang up")
        case "Hang":
          return yield* Effect.never
        case "Answer": {
          const { body, headers, status } = plan.response
          if (plan.delay > 0) yield* Effect.sleep(Duration.millis(plan.delay))
          return HttpClientResponse.fromWeb(request, new Response(body ?? null, { status, headers }))
        }
      }
    })
  )

/** A key and a certificate for a server of these names, made now. Nobody has signed it. */
export const certificateFor = (
  names: ReadonlyArray<string>
): Effect.Effect<{ readonly key: string; readonly cert: string }> =>
  Effect.promise(async () => {
    const made = await generate([{ name: "commonName", value: names[0] ?? "localhost" }], {
      algorithm: "sha256",
      extensions: [
        {
          name: "subjectAltName",
          altNames: [...names.map((value) => ({ type: 2, value }) as const), { type: 7, ip: "127.0.0.1" } as const]
        }
      ]
    })
    return { key: made.private, cert: made.cert }
  })

/** {@link certificateFor} `localhost` and `127.0.0.1`. */
export const certificate: Effect.Effect<{ readonly key: string; readonly cert: string }> = certificateFor(["localhost"])

export interface ServeOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number
  /** The address to listen at. Default: the loopback interface. */
  readonly host?: string
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface Served {
  readonly port: number
  /** As it stands in a school authority's configuration: `https://localhost:PORT/ucsschool/kelvin/v1/`. */
  readonly url: string
}

/** Serves a simulator over HTTPS on the loopback interface until the scope closes; then its connections end at once. */
export const serve = (
  simulator: KelvinSimulator,
  options: ServeOptions = {}
): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.gen(function* () {
    const tls = options.tls ?? (yield* certificate)
    const server = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer({ ...tls, keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) =>
          onRequest(simulator, request, response)
        )
        server.listen(options.port ?? 0, options.host ?? "127.0.0.1")
        await once(server, "listening")
        return server
      }),
      stop
    )
    const { port } = server.address() as AddressInfo
    return { port, url: `https://localhost:${port}/ucsschool/kelvin/v1/` }
  })

const stop = (server: Server) =>
  Effect.promise(async () => {
    const closed = once(server, "close")
    server.close()
    server.closeAllConnections()
    await closed
  })

const onRequest = (simulator: KelvinSimulator, request: IncomingMessage, response: ServerResponse) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value
    const body = Buffer.concat(chunks).toString("utf8")
    carryOut(simulator.handle({ method: request.method ?? "GET", url: request.url ?? "/", headers, body }), response)
  })
}

const carryOut = (plan: Plan, response: ServerResponse) => {
  switch (plan._tag) {
    case "Drop":
      response.socket?.destroy()
      return
    case "Hang":
      return
    case "Answer": {
      const send = () => {
        const { body, headers, status } = plan.response
        response.writeHead(status, { ...headers, "content-length": body === undefined ? 0 : Buffer.byteLength(body) })
        response.end(body)
      }
      if (plan.delay > 0) setTimeout(send, plan.delay)
      else send()
    }
  }
}
