/** What the log says about an event: one total function. */
import { DateTime, Duration, LogLevel, Option } from "effect"
import * as Distribution from "../mapping/Distribution.js"
import type { ConnectorEvent, Subject } from "./ConnectorEvent.js"

/** What the log says: a constant sentence per kind of event, and the data. */
export interface LogMessage {
  readonly level: LogLevel.LogLevel
  readonly message: string
  readonly data: { readonly [key: string]: unknown }
}

/** Levels: debug each step, info a change of state, warning it is tried again, error somebody has to act. */
export const describe = (event: ConnectorEvent): LogMessage => {
  switch (event._tag) {
    case "FileDiscarded":
      return line(LogLevel.Error, "Moved an invalid file to the in queue's trash.", {
        file: event.file,
        reasons: event.reasons.join("; ")
      })
    case "FileLeft":
      return line(LogLevel.Warning, "Ignored an entry of the in queue's directory.", {
        file: event.file,
        reason: event.reason
      })
    case "InQueueHeldUp":
      return line(
        LogLevel.Warning,
        "A file holds up the in queue: the files after it wait. The file is tried again at short intervals; the reason says what is wrong with it.",
        {
          file: event.file,
          reason: event.reason
        }
      )
    case "FileHeldBack":
      return line(
        LogLevel.Error,
        "A plugin holds back the changes of an object: they stay in the in queue. Changes of other objects go on.",
        {
          file: event.file,
          object: name(event.subject),
          reason: event.reason,
          triedAgainIn: Duration.format(Duration.millis(event.after))
        }
      )
    case "FileAlreadyTakenOver":
      return line(LogLevel.Info, "Removed a file that had already been accepted.", { file: event.file })
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
      return line(LogLevel.Warning, "Delivered with a warning.", {
        authority: event.authority,
        object: name(event.subject),
        warning: event.warning
      })
    case "DeliveryDelayed":
      return line(LogLevel.Warning, "Could not deliver an object completely. Will retry.", {
        authority: event.authority,
        object: name(event.subject),
        attempt: event.attempt,
        until: time(event.until),
        reason: event.reason,
        file: event.file
      })
    case "DeadLetter":
      return line(
        LogLevel.Error,
        "Gave up on an object. It is kept as a dead letter: correct the cause, then retry or discard it.",
        {
          authority: event.authority,
          object: name(event.subject),
          attempt: event.attempt,
          reason: event.reason,
          file: event.file
        }
      )
    case "DeletionHeld":
      return line(LogLevel.Warning, "Held back a deletion until it is confirmed.", {
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
      return line(LogLevel.Warning, "No school authority is configured. Files stay in the in queue.", {})
  }
}

const accepted = (event: Extract<ConnectorEvent, { readonly _tag: "ChangeAccepted" }>): LogMessage => {
  const { ignored, recipients } = event.distribution
  const data = {
    file: event.file,
    object: name(event.subject),
    change: event.change,
    ...(recipients.length === 0 ? {} : { authorities: recipients.map(recipient).join(", ") }),
    ...(ignored.length === 0 ? {} : { ignored: ignored.map(Distribution.describeIgnored).join("; ") })
  }
  return recipients.length === 0
    ? line(LogLevel.Info, "No school authority is affected. The file goes to the in queue's trash.", data)
    : line(LogLevel.Info, "Accepted a change.", data)
}

const recipient = ({ authority, because }: Distribution.Recipient) =>
  `${authority} (${because.map(Distribution.describeBecause).join(", ")})`

const line = (level: LogLevel.LogLevel, message: string, data: LogMessage["data"]): LogMessage => ({
  level,
  message,
  data
})

const name = ({ kind, name }: Subject) => `${kind} ${name}`

const time = (millis: number): string =>
  Option.match(DateTime.make(millis), { onNone: () => String(millis), onSome: DateTime.formatIso })
