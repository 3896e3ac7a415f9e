/** The management API, served: routes, what is said about every request, and what becomes of those that fit no route. */
import {
  type HttpApp as App,
  Headers,
  HttpIncomingMessage,
  HttpLayerRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "@effect/platform"
import { Api, prefix } from "@id-connector/api/Api"
import { problemBody } from "@id-connector/api/ApiError"
import { type Said, say } from "@id-connector/api/ErrorSentences"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { Cause, Chunk, Clock, type Context, Effect, Layer, Option } from "effect"
import { OpenRequests } from "../process/OpenRequests.js"
import type { HttpSettings } from "../Settings.js"
import * as Access from "./Access.js"
import * as Administrators from "./Administrators.js"
import * as ApiServer from "./ApiServer.js"
import * as Audit from "./Audit.js"
import * as AuthoritiesHttp from "./AuthoritiesHttp.js"
import * as Bodies from "./Bodies.js"
import * as ChunkedBody from "./ChunkedBody.js"
import * as ClientAddress from "./ClientAddress.js"
import * as DocumentsHttp from "./DocumentsHttp.js"
import * as EventsHttp from "./EventsHttp.js"
import * as HealthHttp from "./HealthHttp.js"
import * as HistoryHttp from "./HistoryHttp.js"
import * as LogIn from "./LogIn.js"
import * as MetricsHttp from "./MetricsHttp.js"
import * as MultipartForm from "./MultipartForm.js"
import * as Operations from "./Operations.js"
import * as OverviewHttp from "./OverviewHttp.js"
import * as PreviewHttp from "./PreviewHttp.js"
import * as QueuesHttp from "./QueuesHttp.js"
import * as ScheduleHttp from "./ScheduleHttp.js"
import * as SessionHttp from "./SessionHttp.js"
import * as Site from "./Site.js"
import * as SiteHttp from "./SiteHttp.js"
import * as TokenHttp from "./TokenHttp.js"
import * as Tokens from "./Tokens.js"
import * as Transport from "./Transport.js"
import * as TwoHistories from "./TwoHistories.js"
import * as Watching from "./Watching.js"

/** Everything that answers, whatever it stands on. `secretFile`: see `Tokens`. `proxies`: see `ClientAddress`. `site`: its directory. `transport`: see `Transport`. */
export const routes = (
  secretFile: string,
  proxies: ClientAddress.Proxies = ClientAddress.loopback,
  site: string = Site.directory,
  transport: Transport.Transport = Transport.plain
) =>
  Layer.mergeAll(
    HttpLayerRouter.addHttpApi(Api, { openapiPath: `${prefix}/v1/openapi.json` }),
    Layer.unwrapEffect(
      Effect.map(
        Effect.sync(() => Site.read(site)),
        (site) => Layer.merge(DocumentsHttp.layer(site), SiteHttp.layer(site))
      )
    ),
    HttpLayerRouter.use((router) => router.add("*", "/*", noRoute))
  ).pipe(
    Layer.provide([
      OverviewHttp.layer,
      QueuesHttp.layer,
      AuthoritiesHttp.layer,
      EventsHttp.layer.pipe(Layer.provide(Watching.layer)),
      HealthHttp.layer,
      MetricsHttp.layer,
      HistoryHttp.layer,
      PreviewHttp.layer,
      ScheduleHttp.layer,
      SessionHttp.layer(proxies, transport),
      TokenHttp.layer
    ]),
    Layer.provide([Access.authentication, LogIn.layer(proxies)]),
    Layer.provide(Access.layer(proxies, transport)),
    Layer.provide([Administrators.layer, Tokens.layer(secretFile)]),
    Layer.provide(
      HttpLayerRouter.middleware(
        Effect.map(
          Effect.all([OpenRequests, HistoryOutbox]),
          ([{ during }, outbox]) =>
            (app) =>
              during(aroundEach(app, outbox))
        ),
        { global: true }
      )
    )
  )

const answered = (status: number, said: Said, headers: { readonly [name: string]: string } = {}) =>
  HttpServerResponse.unsafeJson(said, { status, headers: Headers.fromInput(headers) })

/** Nothing is there, or not for this method. */
const noRoute = Effect.map(HttpServerRequest.HttpServerRequest, ({ method, url }) => {
  const [path = "/"] = url.split("?")
  const methods = Operations.all.flatMap(({ method, pattern }) => (pattern.test(path) ? [method] : []))
  if (methods.length === 0) return answered(404, say("no_path"))
  const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].join(", ")
  return method === "OPTIONS"
    ? HttpServerResponse.empty({ status: 204, headers: Headers.fromInput({ allow }) })
    : answered(405, say("no_method"), { allow })
})

const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/** A request id may come from a proxy, in a form that can stand in a log. */
const requestIdOf = (header: string | undefined): string =>
  header !== undefined && /^[\w.-]{1,100}$/.test(header) ? header : globalThis.crypto.randomUUID()

/** HEAD is GET whose answer has no body, which Node sees to. */
const asGet = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest =>
  request.method === "HEAD" ? Object.create(request, { method: { value: "GET" } }) : request

/** What nobody foresaw is told to the log; whoever asked is told that it is not their fault, or that their body is. */
const onDefect = (cause: Cause.Cause<unknown>) => {
  const [unreadable] = Chunk.toArray(Cause.defects(cause)).flatMap((defect) => Bodies.unreadableForm(defect) ?? [])
  if (unreadable !== undefined) return Effect.succeed(unreadable)
  return isTooDeep(cause)
    ? Effect.succeed(
        HttpServerResponse.unsafeJson(
          problemBody("body_too_deep", [{ loc: ["body"], msg: say("body_too_deep").detail, type: "value_error" }]),
          { status: 422 }
        )
      )
    : Effect.as(
        Effect.logError("A request failed unexpectedly. This is a bug.", cause),
        answered(500, say("unexpected"))
      )
}

/** Values of thousands of levels are more than the call stack can bear, wherever it is that they are looked at. */
const isTooDeep = (cause: Cause.Cause<unknown>): boolean =>
  Chunk.some(Cause.defects(cause), (defect) => defect instanceof RangeError && /call stack/.test(defect.message))

/** A line in the log and a few headers for each answer. */
const aroundEach = <E, R>(app: App.Default<E, R>, outbox: Context.Tag.Service<HistoryOutbox>): App.Default<E, R> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const start = yield* Clock.currentTimeMillis
    const requestId = requestIdOf(request.headers["x-request-id"])
    const asker: Audit.Asker = { name: null, address: null, hasSeen: false }
    const refusal = Bodies.refusal(request)
    const whole = refusal === null ? yield* ChunkedBody.read(request) : Option.some(request)
    const answer = Option.isNone(whole)
      ? Effect.succeed(Bodies.tooLarge)
      : refusal === null
        ? app
        : Bodies.refuse(request, refusal)
    const response = yield* answer.pipe(
      Effect.provideService(
        HttpServerRequest.HttpServerRequest,
        MultipartForm.readable(TwoHistories.meant(asGet(Option.getOrElse(whole, () => request))))
      ),
      Effect.provideService(Audit.Asking, asker),
      HttpIncomingMessage.withMaxBodySize(Option.some(Bodies.largest)),
      Effect.catchSomeCause((cause) =>
        // What the server itself knows how to answer, it answers.
        Cause.isInterrupted(cause) || Option.isSome(Cause.failureOption(cause)) || isAnswerable(cause)
          ? Option.none()
          : Option.some(onDefect(cause))
      ),
      Effect.tapErrorCause(() => log(request, 500, start, requestId))
    )
    yield* log(request, response.status, start, requestId)
    yield* Effect.provideService(Audit.record(request, asker, response.status, requestId), HistoryOutbox, outbox)
    return HttpServerResponse.setHeaders(response, {
      ...securityHeaders,
      ...policy(response),
      ...response.headers,
      "x-request-id": requestId
    })
  }).pipe(Effect.annotateLogs({ module: "HTTP" }))

/** Of a page that somebody else has made. Found out once: it may be large. */
const policy = ({ body, headers }: HttpServerResponse.HttpServerResponse): { readonly [name: string]: string } => {
  const isPage = headers["content-type"]?.startsWith("text/html") === true
  if (!isPage || body._tag !== "Uint8Array" || headers["content-security-policy"] !== undefined) return {}
  const found = policies.get(body.body) ?? DocumentsHttp.policyOf(new TextDecoder().decode(body.body))
  policies.set(body.body, found)
  return { "content-security-policy": found }
}

const policies = new WeakMap<Uint8Array, string>()

const isAnswerable = (cause: Cause.Cause<unknown>): boolean =>
  Chunk.some(Cause.defects(cause), (defect) => HttpServerRespondable.isRespondable(defect))

/** Those ask all the time: they are of interest when something is searched for only. */
const isProbe = ({ url }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\/v1\/(health\/|metrics\b)/.test(url.startsWith(prefix) ? url.slice(prefix.length) : url)

const log = (request: HttpServerRequest.HttpServerRequest, status: number, start: number, requestId: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    (isProbe(request) ? Effect.logDebug : Effect.logInfo)("Answered a request.", {
      method: request.method,
      path: request.url.split("?")[0]?.slice(0, 500),
      status,
      milliseconds: now - start,
      from: Option.getOrElse(request.remoteAddress, () => "-"),
      requestId
    })
  )

/** The path of the pages that explain the API. */
export const documentation = `${prefix}/v1/docs`

/** What all paths of the API begin with. */
export const root = prefix

const transportOf = ({ publicUrl = null, tls }: HttpSettings): Transport.Transport => ({ tls: tls !== null, publicUrl })

/** Listens, and says where. */
export const layer = (settings: HttpSettings, secretFile: string) =>
  Layer.effectDiscard(
    Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
      Effect.logInfo("The management API is listening.", {
        address:
          address._tag === "TcpAddress"
            ? `${settings.tls === null ? "http" : "https"}://${address.hostname}:${address.port}${prefix}/v1`
            : address.path
      }).pipe(Effect.annotateLogs({ module: "API" }))
    )
  ).pipe(
    Layer.provideMerge(
      HttpLayerRouter.serve(routes(secretFile, settings.trustedProxies, Site.directory, transportOf(settings)), {
        disableLogger: true,
        disableListenLog: true
      })
    ),
    Layer.provide(ApiServer.layer(settings))
  )
