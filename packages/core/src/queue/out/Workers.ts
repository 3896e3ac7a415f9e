/** Delivers single items of one authority through its plugins, and says what the outcome means for the queue. */
import { Cause, Effect, Random, Tracer } from "effect"
import * as Aside from "../../changes/Aside.js"
import { Events } from "../../events/Events.js"
import * as Tracing from "../../events/Tracing.js"
import { KeepsHistory } from "../../history/HistoryOutbox.js"
import * as HistoryRules from "../../history/HistoryRules.js"
import type { SchoolAuthority } from "../../schools/SchoolAuthority.js"
import { type DeliveryError, ObjectUndeliverable } from "../../targets/DeliveryError.js"
import * as Plugin from "../../targets/Plugin.js"
import * as PluginChoice from "../../targets/PluginChoice.js"
import type { ClaimedItem, Settlement } from "../QueueStore.js"
import * as Accounts from "./Accounts.js"
import * as DeletionProtection from "./DeletionProtection.js"
import * as Entries from "./Entries.js"
import * as FailurePolicy from "./FailurePolicy.js"
import * as Handlers from "./Handlers.js"
import * as Outcome from "./Outcome.js"
import type { Progress } from "./Progress.js"
import * as Receipts from "./Receipts.js"

/** How the delivery of an item ended: what is to be recorded, and what it means for the whole authority. */
export interface Finished {
  readonly settlement: Settlement
  readonly authority: FailurePolicy.AuthorityDecision
  /** The target has done something well, or refused it in an orderly way. */
  readonly isProof: boolean
}

export interface Workers {
  /** Never fails: whatever happens ends as something to record. A defect buries the item, not the queue. */
  readonly deliver: (item: ClaimedItem, failedProbes: number) => Effect.Effect<Finished>
  /** Whether deliveries can begin: every plugin that the authority uses reaches its target. */
  readonly ping: Effect.Effect<void, DeliveryError>
}

const goOn = { _tag: "GoOn" } as const

/** The target says what is wrong with the object: it is well itself. */
const isOrderly = ({ _tag }: DeliveryError): boolean => _tag === "TargetRefused" || _tag === "ReferencesUnknown"

/** It may be the object, or the target as a whole, or the plugin. */
const isFailure = ({ _tag }: DeliveryError): boolean => _tag === "TargetFailed" || _tag === "PluginFailed"

/** An item that was claimed and not begun. */
export const release = ({ id }: ClaimedItem): Finished => ({
  settlement: { _tag: "Release", id },
  authority: goOn,
  isProof: false
})

export const make = Effect.fnUntraced(function* (authority: SchoolAuthority, progress: Progress) {
  const events = yield* Events
  const clock = yield* Effect.clock
  const tracing = yield* Tracing.Tracing
  const plugins = yield* Plugin.Plugins
  const handlers = yield* Handlers.make(authority)
  const accounts = yield* Accounts.make(authority.name)
  const mayDelete = yield* DeletionProtection.make(authority.name, PluginChoice.deletionLimitOf(plugins, authority))
  const keepsHistory = yield* KeepsHistory
  const rules = HistoryRules.of(authority)
  let unansweredInARow = 0
  /** Objects at which the target failed since it did anything well. */
  const failedObjects = new Set<string>()

  /** Through all plugins that are responsible for it, one after the other. */
  const deliverThrough = Effect.fnUntraced(function* (item: ClaimedItem) {
    const responsible = handlers.of(item.object)
    if (responsible.length === 0) {
      return yield* new ObjectUndeliverable({ reasons: ["no plugin of the authority handles such objects"] })
    }
    const began = clock.unsafeCurrentTimeMillis()
    const before = Receipts.decode(item.receipt)
    const after: Record<string, string> = {}
    const deliveries: Array<Plugin.Delivered> = []
    const aside = item.stepsAside ? Aside.aside(item) : null
    for (const plugin of responsible) {
      const handler = yield* plugin.handler
      const delivered = yield* handler.deliver({
        object: item.object,
        aliases: item.aliases,
        aside,
        contested: item.contested,
        hadValues: item.hadValues,
        sendAgain: item.sendAgain,
        othersWith: accounts.othersWith(item),
        receipt: Receipts.of(before, plugin),
        wantsDifferences: keepsHistory && rules.values,
        mayDelete: item.confirmed ? Effect.void : mayDelete(item.objectKey)
      })
      deliveries.push(delivered)
      if (delivered.receipt !== null) after[Receipts.keyOf(plugin)] = delivered.receipt
      yield* events.publishAll(Outcome.eventsOfDelivery(item, delivered))
    }
    unansweredInARow = 0
    failedObjects.clear()
    const now = clock.unsafeCurrentTimeMillis()
    progress.succeed(item.id, now)
    const account = Accounts.accountOf(item.object)
    const outcomes = deliveries.map(({ outcome }) => outcome)
    const settlement = Outcome.ofSuccess(item, outcomes, Receipts.encode(after), account)
    const entry = keepsHistory ? Entries.ofSuccess(item, deliveries, rules, began, now) : null
    return {
      settlement: entry === null ? settlement : { ...settlement, entry },
      authority: goOn,
      isProof: true
    }
  })

  const isUnanswered = (error: DeliveryError) => error._tag === "TargetUnavailable" && !error.answered

  const failed = Effect.fnUntraced(function* (item: ClaimedItem, error: DeliveryError, failedProbes: number) {
    const isProof = isOrderly(error)
    if (isProof) failedObjects.clear()
    // So many are enough to know: there may be a million of them.
    if (isFailure(error) && failedObjects.size < 1_000) failedObjects.add(item.objectKey)
    const decision = FailurePolicy.decide(error, {
      attempts: item.attempts,
      random: yield* Random.next,
      // Perhaps it is only this delivery that gets no answer.
      answersProbe: isUnanswered(error) && (yield* Effect.isSuccess(handlers.ping)),
      unansweredInARow,
      failedObjects: failedObjects.size,
      failedProbes
    })
    unansweredInARow = isUnanswered(error) ? unansweredInARow + 1 : 0
    const now = clock.unsafeCurrentTimeMillis()
    progress.fail(item.id, now, error.message)
    const outcome = Outcome.ofFailure(item, error, decision.item, now)
    yield* events.publishAll(outcome.events)
    const entry = keepsHistory ? Entries.ofFailure(item, error, decision.item, now) : null
    return {
      settlement: entry === null ? outcome.settlement : { ...outcome.settlement, entry },
      authority: decision.authority,
      isProof
    }
  })

  const ended = (
    item: ClaimedItem,
    cause: Cause.Cause<DeliveryError>,
    failedProbes: number
  ): Effect.Effect<Finished> => {
    if (Cause.isInterrupted(cause)) {
      progress.release(item.id)
      return Effect.succeed(release(item))
    }
    const failure = Cause.failureOption(cause)
    if (failure._tag === "Some") return failed(item, failure.value, failedProbes)
    return Effect.zipRight(
      Effect.logError("A delivery failed unexpectedly. This is a bug.", cause),
      failed(
        item,
        new ObjectUndeliverable({ reasons: [`internal error: ${Cause.pretty(cause).split("\n")[0]}`] }),
        failedProbes
      )
    )
  }

  const deliver: Workers["deliver"] = (item, failedProbes) =>
    Effect.suspend(() => {
      progress.begin(item)
      accounts.begin(item)
      return deliverThrough(item)
    }).pipe(Effect.catchAllCause((cause) => ended(item, cause, failedProbes)))

  /** The delivery belongs to the trace of the file that brought what it delivers. */
  const traced =
    ({ isSampled, record }: Tracing.TracingShape): Workers["deliver"] =>
    (item, failedProbes) =>
      Effect.suspend(() => {
        const traceId = Tracing.traceIdOf(item.file)
        if (!isSampled(traceId)) return deliver(item, failedProbes)
        const start = clock.unsafeCurrentTimeNanos()
        const span = { traceId, spanId: Tracing.spanIdOf(`${authority.name} ${item.id}`, start) }
        return Effect.map(
          Effect.provideService(deliver(item, failedProbes), Tracer.ParentSpan, Tracing.parentOf(span)),
          (finished) => {
            record({
              ...span,
              name: "OutQueue.deliver",
              kind: "consumer",
              parentSpanId: Tracing.acceptanceIdOf(item.file),
              start,
              end: clock.unsafeCurrentTimeNanos(),
              attributes: {
                school_authority: authority.name,
                file: item.file,
                change: item.object._tag,
                attempt: item.attempts + 1,
                outcome: outcomes[finished.settlement._tag]
              },
              isFailure: finished.settlement._tag === "RetryAt" || finished.settlement._tag === "Dead"
            })
            return finished
          }
        )
      })

  const workers: Workers = { deliver: tracing === null ? deliver : traced(tracing), ping: handlers.ping }
  return workers
})

/** How a delivery ended, in a trace. */
const outcomes: { readonly [tag in Settlement["_tag"]]: string } = {
  Done: "delivered",
  RetryAt: "delayed",
  Dead: "dead_letter",
  Hold: "held",
  Release: "released",
  SteppedAside: "stepped_aside"
}
