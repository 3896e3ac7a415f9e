import { type AddressInfo, connect } from "node:net"
import { FileSystem, HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ApiServer from "@id-connector/server/http/ApiServer"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Context, Effect, Fiber, Layer } from "effect"

const limits = {
  maxConnections: 5,
  headersTimeout: 100,
  requestTimeout: 200,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 20
}

/** A server that reads a body and repeats it. */
const started = (settings = { host: "127.0.0.1", port: 0, tls: null as { cert: string; key: string } | null }) =>
  Effect.gen(function* () {
    const echo = HttpRouter.empty.pipe(
      HttpRouter.post(
        "/",
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.map(request.text, (text) => HttpServerResponse.text(`heard ${text}`))
        )
      )
    )
    const context = yield* Layer.build(
      HttpServer.serve(echo).pipe(Layer.provideMerge(ApiServer.layer(settings, limits)))
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    return address._tag === "TcpAddress" ? address.port : 0
  })

/** Sends a text and nothing more, and answers with what comes back until the server hangs up. */
const talk = (port: number, text: string) =>
  Effect.async<string>((resume) => {
    let answer = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.setEncoding("utf8").on("data", (data) => {
      answer += data
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(answer)))
    return Effect.sync(() => socket.destroy())
  })

describe("ApiServer", () => {
  it.scopedLive("hangs up on clients that never finish their headers, or their body", () =>
    Effect.gen(function* () {
      const port = yield* started()
      assert.match(yield* talk(port, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "), /^HTTP\/1\.1 408 /)
      const slow = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
      assert.notInclude(yield* talk(port, slow), " 200 ")
    })
  )

  it.scopedLive("takes so many connections and no more, and those that come to an end make room", () =>
    Effect.gen(function* () {
      const port = yield* started()
      const slow = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
      const answers = yield* Effect.forEach(Array(20).keys(), () => talk(port, slow), { concurrency: 20 })
      // Who is turned away hears nothing, or that the connection was closed.
      assert.isAtMost(answers.filter((answer) => answer !== "").length, 5)
      const quick = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nback"
      assert.match(yield* talk(port, quick), /heard back$/)
    })
  )

  it.scopedLive("says which setting is wrong when it can't listen", () =>
    Effect.gen(function* () {
      const port = yield* started()
      const taken = yield* Effect.flip(started({ host: "127.0.0.1", port, tls: null }))
      assert.match(taken.message, /^IDC_HTTP_HOST, IDC_HTTP_PORT: .*EADDRINUSE.* Set another address or port/)
      const unreadable = { host: "127.0.0.1", port: 0, tls: { cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" } }
      assert.deepStrictEqual((yield* Effect.flip(started(unreadable))).message.split("\n"), [
        "IDC_HTTP_TLS_CERT: /nowhere/cert.pem does not exist.",
        "IDC_HTTP_TLS_KEY: /nowhere/key.pem does not exist."
      ])
    })
  )

  it.scopedLive("says which file is no certificate or key, or that they do not belong together", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const [one, another] = [yield* KelvinSimulatorHttp.certificate, yield* KelvinSimulatorHttp.certificate]
      const write = (name: string, text: string) =>
        Effect.as(fs.writeFileString(`${directory}/${name}`, text), `${directory}/${name}`)
      const cert = yield* write("cert.pem", one.cert)
      const key = yield* write("key.pem", another.key)
      const problemOf = (tls: { cert: string; key: string }) =>
        Effect.map(Effect.flip(started({ host: "127.0.0.1", port: 0, tls })), ({ message }) => message)
      assert.match(yield* problemOf({ cert, key: cert }), /^IDC_HTTP_TLS_KEY: .*cert\.pem holds no private key/)
      assert.match(yield* problemOf({ cert: key, key }), /^IDC_HTTP_TLS_CERT: .*key\.pem holds no certificate/)
      assert.match(
        yield* problemOf({ cert, key }),
        /^IDC_HTTP_TLS_KEY: .*does not belong to the certificate in .*cert\.pem/
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("listens before anybody serves, and who asks meanwhile is answered then", () =>
    Effect.gen(function* () {
      const settings = { host: "127.0.0.1", port: 0, tls: null }
      const early = yield* Layer.build(ApiServer.listening(settings, limits))
      const server = Context.get(early, ApiServer.Listening)
      const { port } = server.address() as AddressInfo
      const question = yield* Effect.fork(talk(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
      yield* Effect.async<void>((resume) => void server.once("connection", () => resume(Effect.void)))
      const hello = HttpRouter.empty.pipe(HttpRouter.get("/", HttpServerResponse.text("hello")))
      yield* Layer.build(
        HttpServer.serve(hello).pipe(
          Layer.provide(ApiServer.layer(settings, limits)),
          Layer.provide(Layer.succeedContext(early))
        )
      )
      assert.match(yield* Fiber.join(question), /hello$/)
    })
  )
})
