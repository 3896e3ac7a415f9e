// @effect-diagnostics globalDate:off
// Loggers get a `Date` for each line, of which there are many.
/**
 * What the connector does, as it happens: every decision about a file, an object or an authority is one event. Each is
 * written to the log, by one total function, and published to whoever listens.
 */
import { Cause, type Clock, Context, DateTime, Effect, FiberRef, Layer, LogLevel, Option, PubSub, Stream } from "effect"
import * as Distribution from "./Distribution.js"
import * as ListenerObject from "./ListenerObject.js"
import type { Outcome } from "./Plugin.js"
import type { AuthorityName } from "./SchoolAuthority.js"

/** An object as people know it: `user anna`, `group School1-1a`. */
export interface Subject {
  readonly kind: "user" | "group"
  readonly name: string
}

export const subjectOf = (object: ListenerObject.ListenerObject): Subject => ({
  kind: ListenerObject.isUser(object) ? "user" : "group",
  name: ListenerObject.label(object)
})

export type ConnectorEvent =
  | { readonly _tag: "FileDiscarded"; readonly file: string; readonly reasons: ReadonlyArray<string> }
  | { readonly _tag: "FileLeft"; readonly file: string; readonly reason: string }
  | { readonly _tag: "FileAlreadyTakenOver"; readonly file: string }
  | {
      readonly _tag: "ChangeAccepted"
      readonly file: string
      readonly subject: Subject
      readonly change: "changed" | "removed"
      readonly distribution: Distribution.Distribution
    }
  | { readonly _tag: "DataProblem"; readonly file: string; readonly subject: Subject; readonly problem: string }
  | {
      readonly _tag: "Delivered"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly outcome: Outcome
      readonly detail: string | null
    }
  | {
      readonly _tag: "DeliveryWarning"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly warning: string
    }
  | {
      readonly _tag: "DeliveryDelayed"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly attempt: number
      /** Milliseconds since 1970. */
      readonly until: number
      readonly reason: string
    }
  | {
      readonly _tag: "DeadLetter"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly attempt: number
      readonly reason: string
    }
  | {
      readonly _tag: "DeletionHeld"
      readonly authority: AuthorityName
      readonly subject: Subject
      readonly file: string
      readonly reason: string
    }
  | { readonly _tag: "ConfigurationProblem"; readonly authority: AuthorityName; readonly problem: string }
  | { readonly _tag: "QueueStarted"; readonly authority: AuthorityName }
  | { readonly _tag: "QueueStopped"; readonly authority: AuthorityName }
  | {
      readonly _tag: "QueuePaused"
      readonly authority: AuthorityName
      readonly reason: string
      /** Milliseconds since 1970; null: until the configuration changes. */
      readonly until: number | null
    }
  | { readonly _tag: "QueueResumed"; readonly authority: AuthorityName }
  | { readonly _tag: "NothingConfigured" }

export interface EventsShape {
  readonly publish: (event: ConnectorEvent) => Effect.Effect<void>
  /** In their order. */
  readonly publishAll: (events: ReadonlyArray<ConnectorEvent>) => Effect.Effect<void>
  /** The events from the moment it runs. A listener that is slower than events come misses the oldest. */
  readonly stream: Stream.Stream<ConnectorEvent>
}

export class Events extends Context.Tag("@id-connector/core/Events")<Events, EventsShape>() {}

export const layer: Layer.Layer<Events> = Layer.effect(
  Events,
  Effect.zipWith(PubSub.sliding<ConnectorEvent>(65_536), Effect.clock, (hub, clock) => ({
    publish: (event) => Effect.zipRight(log(clock, [event]), PubSub.publish(hub, event)),
    publishAll: (events) =>
      events.length === 0 ? Effect.void : Effect.zipRight(log(clock, events), PubSub.publishAll(hub, events)),
    stream: Stream.fromPubSub(hub)
  }))
)

/** What the log says: a constant sentence per kind of event, and the data. */
export interface Line {
  readonly level: LogLevel.LogLevel
  readonly message: string
  readonly data: { readonly [key: string]: unknown }
}

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
      const { data, level, message } = describe(event)
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

/** Levels: debug each step, info a change of state, warning it is tried again, error somebody has to act. */
export const describe = (event: ConnectorEvent): Line => {
  switch (event._tag) {
    case "FileDiscarded":
      return line(LogLevel.Error, "Discarded a file to the trash of the in queue.", {
        file: event.file,
        reasons: event.reasons.join("; ")
      })
    case "FileLeft":
      return line(LogLevel.Warning, "Left an entry of the in queue where it is.", {
        file: event.file,
        reason: event.reason
      })
    case "FileAlreadyTakenOver":
      return line(LogLevel.Info, "Removed a file that was taken over before.", { file: event.file })
    case "ChangeAccepted":
      return accepted(event)
    case "DataProblem":
      return line(LogLevel.Error, "Found a problem in the data of a change.", {
        file: event.file,
        object: name(event.subject),
        problem: event.problem
      })
    case "Delivered":
      return line(LogLevel.Info, "Delivered.", {
        authority: event.authority,
        object: name(event.subject),
        outcome: event.outcome,
        ...(event.detail === null ? {} : { detail: event.detail }),
        file: event.file
      })
    case "DeliveryWarning":
      return line(LogLevel.Warning, "Something about a delivery is not as configured.", {
        authority: event.authority,
        object: name(event.subject),
        warning: event.warning
      })
    case "DeliveryDelayed":
      return line(LogLevel.Warning, "Could not deliver all of an object, it is tried again.", {
        authority: event.authority,
        object: name(event.subject),
        attempt: event.attempt,
        until: time(event.until),
        reason: event.reason,
        file: event.file
      })
    case "DeadLetter":
      return line(LogLevel.Error, "Gave an object up: it is kept as a dead letter.", {
        authority: event.authority,
        object: name(event.subject),
        attempt: event.attempt,
        reason: event.reason,
        file: event.file
      })
    case "DeletionHeld":
      return line(LogLevel.Warning, "Held a deletion back until somebody confirms it.", {
        authority: event.authority,
        object: name(event.subject),
        reason: event.reason,
        file: event.file
      })
    case "ConfigurationProblem":
      return line(LogLevel.Warning, "Found a problem in the configuration of a school authority.", {
        authority: event.authority,
        problem: event.problem
      })
    case "QueueStarted":
      return line(LogLevel.Info, "Started the out queue.", { authority: event.authority })
    case "QueueStopped":
      return line(LogLevel.Info, "Stopped the out queue.", { authority: event.authority })
    case "QueuePaused":
      return line(event.until === null ? LogLevel.Error : LogLevel.Warning, "Paused the out queue.", {
        authority: event.authority,
        until: event.until === null ? "the configuration is corrected" : time(event.until),
        reason: event.reason
      })
    case "QueueResumed":
      return line(LogLevel.Info, "Resumed the out queue.", { authority: event.authority })
    case "NothingConfigured":
      return line(LogLevel.Warning, "No school authority is configured: the in queue is left alone.", {})
  }
}

const accepted = (event: Extract<ConnectorEvent, { readonly _tag: "ChangeAccepted" }>): Line => {
  const { ignored, recipients } = event.distribution
  const data = {
    file: event.file,
    object: name(event.subject),
    change: event.change,
    ...(recipients.length === 0 ? {} : { authorities: recipients.map(recipient).join(", ") }),
    ...(ignored.length === 0 ? {} : { ignored: ignored.map(Distribution.describeIgnored).join("; ") })
  }
  return recipients.length === 0
    ? line(LogLevel.Info, "No school authority is concerned: moved the file to the trash of the in queue.", data)
    : line(LogLevel.Info, "Accepted a change.", data)
}

const recipient = ({ authority, because }: Distribution.Recipient) =>
  `${authority} (${because.map(Distribution.describeBecause).join(", ")})`

const line = (level: LogLevel.LogLevel, message: string, data: Line["data"]): Line => ({ level, message, data })

const name = ({ kind, name }: Subject) => `${kind} ${name}`

const time = (millis: number): string =>
  Option.match(DateTime.make(millis), { onNone: () => String(millis), onSome: DateTime.formatIso })
