/** Writes down what the connector does in a run: its events, its deliveries, and the requests of each. */
import type { ConnectorEvent } from "@id-connector/core/events/ConnectorEvent"
import { subjectOf } from "@id-connector/core/events/ConnectorEvent"
import { Events } from "@id-connector/core/events/Events"
import type { Delivered, Delivery, Handler, Plugin, Preview } from "@id-connector/core/targets/Plugin"
import * as Masking from "@id-connector/kelvin/client/Masking"
import { type Send, type TargetRequest, Unreachable } from "@id-connector/kelvin/client/TargetHttp"
import { Effect, Either, FiberRef, Layer, Stream } from "effect"
import type { KelvinSimulator } from "../simulator/KelvinSimulator.js"
import type { Mirror } from "./Mirror.js"
import type { Attempt, Request } from "./Outcome.js"
import type { Script } from "./Script.js"

/** A delivery as it was seen. */
export interface Recorded extends Omit<Attempt, "requests" | "at"> {
  readonly authority: string
  readonly object: string
  readonly at: number
  /** How many events there were when it had ended. */
  readonly seen: number
  readonly requests: Array<Request>
}

export interface Recorder {
  readonly events: ReadonlyArray<ConnectorEvent>
  readonly attempts: ReadonlyArray<Recorded>
  readonly layer: Layer.Layer<Events>
  /** A plugin whose deliveries are written down, each with what its preview says. */
  readonly watch: (plugin: Plugin) => Plugin
  /** Reaches the simulators, by the host of their URLs. `read`: what reaches the real targets that some of them mirror. */
  readonly send: (targets: ReadonlyMap<string, Reached>, read: Send) => Send
}

/** A simulator, what is to go wrong with it, and what it mirrors. */
export interface Reached {
  readonly simulator: KelvinSimulator
  readonly script: Script
  readonly mirror: Mirror | null
}

/** Whose requests a fiber sends: those of a delivery, or of a look at what it would do, which is not written down. */
const sender = FiberRef.unsafeMake<Sender>(null)

type Sender = Array<Request> | "preview" | null

export const make = (now: () => number): Recorder => {
  const events: Array<ConnectorEvent> = []
  const attempts: Array<Recorded> = []

  const recorded = (
    plugin: string,
    authority: string,
    { deliver }: Handler,
    shadow: Handler,
    delivery: Delivery
  ): ReturnType<Handler["deliver"]> =>
    Effect.gen(function* () {
      const at = now()
      const requests: Array<Request> = []
      const preview = yield* Effect.either(Effect.locally(shadow.preview(delivery), sender, "preview"))
      const result = yield* Effect.either(Effect.locally(deliver(delivery), sender, requests))
      const { kind, name } = subjectOf(delivery.object)
      attempts.push({
        plugin,
        authority,
        object: `${kind} ${name}`,
        at,
        seen: events.length,
        ...said(Either.getOrNull(preview)),
        ...ended(result),
        requests
      })
      return yield* result
    })

  return {
    events,
    attempts,
    layer: Layer.succeed(Events, {
      publish: (event) => Effect.sync(() => void events.push(event)),
      publishAll: (all) => Effect.sync(() => void events.push(...all)),
      stream: Stream.never
    }),
    watch: (plugin) => ({
      ...plugin,
      handler: (authority) =>
        Effect.map(Effect.all([plugin.handler(authority), plugin.handler(authority)]), ([handler, shadow]) => ({
          ...handler,
          deliver: (delivery) => recorded(plugin.name, authority.name, handler, shadow, delivery)
        }))
    }),
    send: (targets, read) => (request) =>
      Effect.gen(function* () {
        const from = yield* FiberRef.get(sender)
        const url = new URL(request.url)
        const target = targets.get(url.host)
        const isThere = target !== undefined && !target.script.isDown(now())
        const answer = yield* (isThere ? meet(target, request, url, from, read) : Effect.succeed(null)).pipe(
          Effect.tapError(() => Effect.sync(() => note(from, request, url, 0)))
        )
        note(from, request, url, answer?.status ?? 0)
        return answer === null ? yield* new Unreachable({ cause: new Error(`${url.host} does not answer`) }) : answer
      })
  }
}

/** Writes a request down with those of its delivery. */
const note = (from: Sender, request: TargetRequest, url: URL, status: number) => {
  if (!Array.isArray(from)) return
  from.push({
    method: request.method,
    path: `${url.pathname.replace(/^\/ucsschool\/kelvin/, "")}${decodeURIComponent(url.search)}`,
    body: bodyOf(request),
    status
  })
}

/** What the script says, or what the mirrored target says, or else the simulator. */
const meet = ({ mirror, script, simulator }: Reached, request: TargetRequest, url: URL, from: Sender, read: Send) => {
  const counts = from !== "preview" && !url.pathname.endsWith("/token")
  const fault = script.fault(counts ? request.method : null)
  if (fault !== null) return Effect.succeed(fault === "none" ? null : fault)
  if (mirror === null) return Effect.succeed(answerOf(simulator, request, url))
  return Effect.map(mirror.before(read, request), (real) => real ?? answerOf(simulator, request, url))
}

const answerOf = (simulator: KelvinSimulator, request: TargetRequest, url: URL) => {
  const plan = simulator.handle({
    method: request.method,
    url: `${url.pathname}${url.search}`,
    headers: { ...request.headers, host: url.host },
    body: request.body ?? ""
  })
  return plan._tag === "Answer"
    ? { status: plan.response.status, headers: plan.response.headers, text: plan.response.body ?? "" }
    : null
}

const bodyOf = ({ body, headers }: TargetRequest): unknown => {
  if (body === null) return null
  if (headers["content-type"]?.includes("json") !== true) return "..."
  return Masking.masked(JSON.parse(body))
}

const said = (preview: Preview | null): Pick<Recorded, "mapping" | "attributes"> => ({
  mapping: preview?.mapping ?? null,
  attributes: Object.entries(preview?.attributes ?? {}).flatMap(([attribute, value]) =>
    attribute === "udm_properties" && typeof value === "object" && value !== null
      ? Object.entries(value).map(([name, value]) => ({
          attribute: `udm_properties.${name}`,
          value,
          from: preview?.sources[name] ?? null
        }))
      : [{ attribute, value, from: preview?.sources[attribute] ?? null }]
  )
})

const ended = (
  result: Either.Either<Delivered, { readonly message: string }>
): Pick<Recorded, "outcome" | "detail" | "warnings" | "error"> =>
  Either.match(result, {
    onLeft: ({ message }) => ({ outcome: null, detail: null, warnings: [], error: message }),
    onRight: ({ detail, outcome, warnings }) => ({ outcome, detail, warnings, error: null })
  })
