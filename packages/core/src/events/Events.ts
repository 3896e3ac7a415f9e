// @effect-diagnostics globalDate:off
// Loggers get a `Date` for each line, of which there are many.
/** Takes the events of the connector: each is written to the log, and published to whoever listens. */
import { Cause, type Clock, Context, Effect, FiberRef, Layer, LogLevel, PubSub, Stream } from "effect"
import type { ConnectorEvent } from "./ConnectorEvent.js"
import * as LogMessage from "./LogMessage.js"

export interface EventsShape {
  readonly publish: (event: ConnectorEvent) => Effect.Effect<void>
  /** In their order. */
  readonly publishAll: (events: ReadonlyArray<ConnectorEvent>) => Effect.Effect<void>
  /** The events from the moment it runs. A listener that is slower than events come misses the oldest. */
  readonly stream: Stream.Stream<ConnectorEvent>
}

export class Events extends Context.Tag("@id-connector/core/events/Events")<Events, EventsShape>() {}

export const layer: Layer.Layer<Events> = Layer.effect(
  Events,
  Effect.zipWith(PubSub.sliding<ConnectorEvent>(65_536), Effect.clock, (hub, clock) => ({
    publish: (event) => Effect.zipRight(log(clock, [event]), PubSub.publish(hub, event)),
    publishAll: (events) =>
      events.length === 0 ? Effect.void : Effect.zipRight(log(clock, events), PubSub.publishAll(hub, events)),
    stream: Stream.fromPubSub(hub)
  }))
)

/**
 * Writes the lines as `Effect.log` would, with the data as part of the message. All at once: there are many events, and an
 * effect for each costs more than its line.
 */
const log = (clock: Clock.Clock, events: ReadonlyArray<ConnectorEvent>): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const minimum = fiber.getFiberRef(FiberRef.currentMinimumLogLevel)
    const loggers = [...fiber.getFiberRef(FiberRef.currentLoggers)]
    const fiberId = fiber.id()
    const context = fiber.getFiberRefs()
    const spans = fiber.getFiberRef(FiberRef.currentLogSpan)
    const annotations = fiber.getFiberRef(FiberRef.currentLogAnnotations)
    const date = new Date(clock.unsafeCurrentTimeMillis())
    for (const event of events) {
      const { data, level, message } = LogMessage.describe(event)
      if (LogLevel.lessThan(level, minimum)) continue
      // Spelt out: to spread what all have in common takes longer than everything else here.
      const options = {
        fiberId,
        logLevel: level,
        message: [message, data],
        cause: Cause.empty,
        context,
        spans,
        annotations,
        date
      }
      for (const logger of loggers) logger.log(options)
    }
    return Effect.void
  })
