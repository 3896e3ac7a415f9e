// @effect-diagnostics nodeBuiltinImport:off globalTimers:off
// As little as possible around each request: a timer is a cheap limit.
/** HTTP to targets through undici: each target has its own connections and its own TLS rules. */
import * as Undici from "@effect/platform-node/Undici"
import {
  type Send,
  type TargetAnswer,
  TargetHttp,
  type TargetHttpShape,
  TimedOut,
  Unreachable
} from "@id-connector/kelvin/client/TargetHttp"
import { Effect, Layer } from "effect"
import * as TrustedCertificates from "../process/TrustedCertificates.js"
import * as TargetConnection from "./TargetConnection.js"

/** A larger answer is none of a Kelvin server, in bytes. It is cut off. */
const largestAnswer = 64 * 1024 * 1024

export const make = (surroundings: TargetConnection.Surroundings): TargetHttpShape => ({
  client: ({ connections, tls }) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(
          () =>
            new Undici.Agent({
              connections,
              maxResponseSize: largestAnswer,
              // The limit of each request is a timer of its own.
              headersTimeout: 0,
              bodyTimeout: 0,
              connect: TargetConnection.connector(tls, surroundings)
            })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      ),
      sendWith
    )
})

export interface Options {
  readonly trust: TrustedCertificates.TrustSetting
  readonly proxy: TargetConnection.Surroundings["proxy"]
  /** What paths in the configuration of an authority are relative to. */
  readonly directory: string
}

/** {@link make}, from what the environment says. */
export const making = ({ trust, ...others }: Options): Effect.Effect<TargetHttpShape> =>
  Effect.map(TrustedCertificates.telling(trust), (trusted) => make({ ...others, trusted }))

export const layerFor = (options: Options): Layer.Layer<TargetHttp> => Layer.effect(TargetHttp, making(options))

/** Certificates of the system, and no proxy. */
export const layer: Layer.Layer<TargetHttp> = layerFor({
  trust: TrustedCertificates.unset,
  proxy: null,
  directory: ""
})

const sendWith =
  (agent: Undici.Agent): Send =>
  ({ body, headers, method, timeLimit, url }) =>
    Effect.async((resume) => {
      const reception = new Reception(resume, timeLimit)
      agent.dispatch({ method, headers, body, ...addressOf(url) }, reception)
      return Effect.sync(() => reception.giveUp())
    })

/**
 * Takes one answer in; undici calls it. With undici's `request`, which makes a stream of the answer first, the connector needs 1.03
 * to 1.2 times the processor time for a new user (three pairs of runs on Node.js 24.21, November 2026).
 */
class Reception implements Undici.Dispatcher.DispatchHandler {
  private readonly timer: NodeJS.Timeout
  private readonly chunks: Array<Uint8Array> = []
  private controller: Undici.Dispatcher.DispatchController | null = null
  private status = 0
  private headers: Headers = {}
  private isOver = false

  constructor(
    private readonly resume: (answer: Effect.Effect<TargetAnswer, Unreachable | TimedOut>) => void,
    timeLimit: number
  ) {
    this.timer = setTimeout(() => {
      this.end(Effect.fail(new TimedOut()))
      this.giveUp()
    }, timeLimit * 1_000)
  }

  /** Cuts the request off, or keeps it from being sent when it still waits for a connection. */
  giveUp() {
    clearTimeout(this.timer)
    this.isOver = true
    this.controller?.abort(new Error("given up"))
  }

  onRequestStart(controller: Undici.Dispatcher.DispatchController) {
    this.controller = controller
    if (this.isOver) this.giveUp()
  }

  onResponseStart(_: Undici.Dispatcher.DispatchController, status: number, headers: Headers) {
    this.status = status
    this.headers = headers
  }

  onResponseData(_: Undici.Dispatcher.DispatchController, chunk: Uint8Array) {
    this.chunks.push(chunk)
  }

  onResponseEnd() {
    const text = utf8.decode(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks))
    this.end(Effect.succeed({ status: this.status, headers: oneValueEach(this.headers), text }))
  }

  onResponseError(_: Undici.Dispatcher.DispatchController, cause: Error) {
    this.end(Effect.fail(new Unreachable({ cause })))
  }

  private end(answer: Effect.Effect<TargetAnswer, Unreachable | TimedOut>) {
    if (this.isOver) return
    this.isOver = true
    clearTimeout(this.timer)
    this.resume(answer)
  }
}

const utf8 = new TextDecoder()

/** Needs no parsing, as nearly all addresses. */
const plainAddress = /^(https?:\/\/[a-z0-9.:-]+)(\/[\w!$%&'()*+,./:;=?@~-]*)$/

const addressOf = (url: string): { readonly origin: string; readonly path: string } => {
  const [, origin, path] = plainAddress.exec(url) ?? []
  if (origin !== undefined && path !== undefined) return { origin, path }
  const parsed = new URL(url)
  return { origin: parsed.origin, path: `${parsed.pathname}${parsed.search}` }
}

type Headers = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** Of headers that come twice the first counts. */
const oneValueEach = (headers: Headers): TargetAnswer["headers"] => {
  const single: Record<string, string | undefined> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    single[name] = typeof value === "object" ? value[0] : value
  }
  return single
}
