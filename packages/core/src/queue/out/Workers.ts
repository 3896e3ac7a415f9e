/** Delivers single items of one authority through its plugins, and says what the outcome means for the queue. */
import { Cause, Effect, Random, Scope } from "effect"
import { subjectOf } from "../../events/ConnectorEvent.js"
import { Events } from "../../events/Events.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { type DeliveryError, evidenceOf, ObjectUndeliverable } from "../../targets/DeliveryError.js"
import * as Plugin from "../../targets/Plugin.js"
import type { QueueItem, Result, Settlement } from "../QueueStore.js"
import * as DeletionProtection from "./DeletionProtection.js"
import * as FailurePolicy from "./FailurePolicy.js"
import type { Progress } from "./Progress.js"
import * as Receipts from "./Receipts.js"

/** How the delivery of an item ended: what is to be recorded, and what it means for the whole authority. */
export interface Finished {
  readonly settlement: Settlement
  readonly authority: FailurePolicy.AuthorityDecision
}

export interface Workers {
  /** Never fails: whatever happens ends as something to record. A defect buries the item, not the queue. */
  readonly deliver: (item: QueueItem) => Effect.Effect<Finished>
  /** Whether deliveries can begin: every plugin that the authority uses reaches its target. */
  readonly ping: Effect.Effect<void, DeliveryError>
}

/** An item that was claimed and not begun. */
export const release = (item: QueueItem): Finished => ({
  settlement: { _tag: "Release", id: item.id },
  authority: { _tag: "GoOn" }
})

/** What the target has after what its plugins did. */
const resultOf = (outcomes: ReadonlyArray<Plugin.Outcome>): Result => {
  const results = outcomes.map(resultOfOne)
  return results.includes("present") ? "present" : results.includes("removed") ? "removed" : "absent"
}

const resultOfOne = (outcome: Plugin.Outcome): Result => {
  switch (outcome) {
    case "created":
    case "modified":
    case "unchanged":
      return "present"
    case "removed":
      return "removed"
    case "absent":
    case "ignored":
      return "absent"
  }
}

/** `Effect.cached` for what every delivery asks for: that one puts the state of a fiber in order each time. */
const once = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.map(Effect.cached(effect), (cached) => {
    let made: Effect.Effect<A> | null = null
    const make = Effect.map(cached, (value) => {
      made = Effect.succeed(value)
      return value
    })
    return Effect.suspend(() => made ?? make)
  })

/**
 * The handlers of an authority live as long as the scope. Each is made when it is needed first, and ends when everything ends
 * that was added to the scope after this: what is at work keeps its connections.
 */
export const make = Effect.fnUntraced(function* (authority: SchoolAuthority, progress: Progress) {
  const events = yield* Events
  const plugins = yield* Plugin.Plugins
  const clock = yield* Effect.clock
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const mayDelete = yield* DeletionProtection.make(authority.name, Plugin.deletionLimitOf(plugins, authority))
  const prepared = yield* Effect.forEach(plugins, (plugin) =>
    Effect.map(once(Scope.extend(plugin.handler(authority), scope)), (handler) => ({
      name: plugin.name,
      handles: plugin.handles,
      handler
    }))
  )
  /** Whether deliveries can begin: every plugin that this authority uses reaches its target. */
  const ping: Effect.Effect<void, DeliveryError> = Effect.forEach(
    Plugin.ofAuthority(prepared, authority),
    (plugin) => Effect.flatMap(plugin.handler, (handler) => handler.ping),
    { discard: true }
  )

  const deliverAll = Effect.fnUntraced(function* (item: QueueItem) {
    const responsible = Plugin.forObject(prepared, authority, item.object)
    if (responsible.length === 0) {
      return yield* new ObjectUndeliverable({ reasons: ["no plugin of the authority handles such objects"] })
    }
    const before = Receipts.decode(item.receipt)
    const after: Record<string, string> = {}
    const outcomes: Array<Plugin.Outcome> = []
    for (const plugin of responsible) {
      const handler = yield* plugin.handler
      const delivered = yield* handler.deliver({
        object: item.object,
        aliases: item.aliases,
        recreate: item.recreate,
        receipt: before[plugin.name] ?? null,
        mayDelete: item.confirmed ? Effect.void : mayDelete(item.objectKey)
      })
      outcomes.push(delivered.outcome)
      if (delivered.receipt !== null) after[plugin.name] = delivered.receipt
      const subject = subjectOf(item.object)
      yield* events.publishAll([
        ...delivered.warnings.map(
          (warning) => ({ _tag: "DeliveryWarning", authority: authority.name, subject, warning }) as const
        ),
        {
          _tag: "Delivered",
          authority: authority.name,
          subject,
          file: item.file,
          outcome: delivered.outcome,
          detail: delivered.detail
        }
      ])
    }
    return {
      _tag: "Done",
      id: item.id,
      receipt: Receipts.encode(after),
      result: resultOf(outcomes)
    } as const
  })

  let unansweredInARow = 0

  /** Whether it is only this delivery that got no answer. */
  const answersProbe = (error: DeliveryError) =>
    error._tag === "TargetUnavailable" && !error.answered ? Effect.isSuccess(ping) : Effect.succeed(false)

  const failed = Effect.fnUntraced(function* (item: QueueItem, error: DeliveryError) {
    const decision = FailurePolicy.decide(error, {
      attempts: item.attempts,
      random: yield* Random.next,
      answersProbe: yield* answersProbe(error),
      unansweredInARow
    })
    unansweredInARow = error._tag === "TargetUnavailable" && !error.answered ? unansweredInARow + 1 : 0
    const now = clock.unsafeCurrentTimeMillis()
    progress.fail(item.id, now, error.message)
    const common = { authority: authority.name, subject: subjectOf(item.object), file: item.file }
    const reason = error.message
    const attempt = { at: now, error: reason, evidence: evidenceOf(error) }
    const finished = (settlement: Settlement): Finished => ({ settlement, authority: decision.authority })
    switch (decision.item._tag) {
      case "Wait":
        return finished({ _tag: "Release", id: item.id })
      case "Again": {
        const at = now + decision.item.after
        const wanted = error._tag === "ReferencesUnknown" ? error.names : []
        yield* events.publish({
          _tag: "DeliveryDelayed",
          ...common,
          attempt: item.attempts + 1,
          until: at,
          reason
        })
        return finished({ _tag: "RetryAt", id: item.id, at, attempt, wanted })
      }
      case "GiveUp":
        yield* events.publish({ _tag: "DeadLetter", ...common, attempt: item.attempts + 1, reason })
        return finished({ _tag: "Dead", id: item.id, attempt })
      case "Hold":
        yield* events.publish({ _tag: "DeletionHeld", ...common, reason })
        return finished({ _tag: "Hold", id: item.id, reason })
    }
  })

  /** Never fails: whatever happens ends as something to record. A defect buries the item, not the queue. */
  const deliver = (item: QueueItem): Effect.Effect<Finished> =>
    Effect.suspend(() => {
      progress.begin(item)
      return deliverAll(item)
    }).pipe(
      Effect.map((settlement): Finished => {
        unansweredInARow = 0
        progress.succeed(item.id, clock.unsafeCurrentTimeMillis())
        return { ...release(item), settlement }
      }),
      Effect.catchAllCause((cause): Effect.Effect<Finished> => {
        if (Cause.isInterrupted(cause)) {
          return Effect.sync(() => {
            progress.release(item.id)
            return release(item)
          })
        }
        const failure = Cause.failureOption(cause)
        if (failure._tag === "Some") return failed(item, failure.value)
        return Effect.zipRight(
          Effect.logError("A delivery ended in a way that nobody foresaw: this is a bug.", cause),
          failed(item, new ObjectUndeliverable({ reasons: [`internal error: ${Cause.pretty(cause).split("\n")[0]}`] }))
        )
      })
    )

  return { deliver, ping }
})
