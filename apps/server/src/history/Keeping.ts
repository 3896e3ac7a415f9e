/** Brings what stands in the outbox into the history, and removes from it what is too old. */
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import * as HistoryRules from "@id-connector/core/history/HistoryRules"
import { HistoryStore, type HistoryStoreError } from "@id-connector/core/history/HistoryStore"
import { Clock, Duration, Effect, Layer, Schedule } from "effect"

/** In days. */
export interface Retention {
  readonly history: number
  readonly audit: number
}

export const defaultRetention: Retention = { history: 90, audit: 365 }

/** So much at a time: the rest of the connector has its turn in between. */
const portion = 1_000

/** What has become too old today goes today. */
const purgedEvery = "1 hour"

const afterFailure = "30 seconds"

/**
 * A history that is up to date when it is asked, and kept so in the background. While the history's file can't be used, entries
 * stay in the outbox.
 */
export const layer = (
  retention: Retention,
  every: Duration.DurationInput = "1 second"
): Layer.Layer<HistoryStore, never, HistoryStore | HistoryOutbox> =>
  Layer.scoped(
    HistoryStore,
    Effect.gen(function* () {
      const history = yield* HistoryStore
      const outbox = yield* HistoryOutbox
      const turn = yield* Effect.makeSemaphore(1)

      /** Killed in between, it is told to the history twice, which takes it once. Answers whether there may be more. */
      const shipPortion = Effect.gen(function* () {
        const records = yield* outbox.next(portion)
        const last = records.at(-1)
        if (last === undefined) return false
        const unreadable = yield* history.take(records)
        if (unreadable.length > 0) {
          yield* Effect.annotateLogs(Effect.logWarning("Entries for the history can't be read, and are left out."), {
            module: "History",
            entries: unreadable.join(", ")
          })
        }
        yield* outbox.remove(last.id)
        return records.length === portion
      })
      const ship = turn.withPermits(1)(shipPortion)

      const shipAll = Effect.repeat(Effect.zipLeft(ship, Effect.yieldNow()), { until: (more) => !more })

      const purge = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const tooOld = {
          history: now - Duration.toMillis(Duration.days(retention.history)),
          audit: now - Duration.toMillis(Duration.days(retention.audit)),
          values: now - Duration.toMillis(Duration.days(Math.min(retention.history, HistoryRules.valueDays)))
        }
        yield* Effect.repeat(history.purge(tooOld, portion), { until: (gone) => gone === 0 })
      })

      yield* inBackground(shipAll, every)
      yield* inBackground(purge, purgedEvery)
      yield* Effect.addFinalizer(() => Effect.ignore(shipAll))

      const upToDate = Effect.ignore(ship)
      return {
        ...history,
        list: (filter) => Effect.zipRight(upToDate, history.list(filter)),
        one: (id) => Effect.zipRight(upToDate, history.one(id)),
        audit: (filter) => Effect.zipRight(upToDate, history.audit(filter)),
        /** What stands in the outbox, too: what it says of others is taken out of the history. */
        erase: (objectKey, called) =>
          Effect.repeat(shipPortion, { until: (more) => !more }).pipe(
            Effect.zipRight(outbox.erase(objectKey)),
            Effect.zipWith(history.erase(objectKey, called), (waiting, kept) => waiting + kept),
            turn.withPermits(1)
          )
      }
    })
  )

/** Again and again. A failure is told once, until it is over. */
const inBackground = (work: Effect.Effect<unknown, HistoryStoreError>, every: Duration.DurationInput) =>
  Effect.gen(function* () {
    let isTold = false
    yield* work.pipe(
      Effect.tap(() => {
        if (!isTold) return Effect.void
        isTold = false
        return Effect.logInfo("The history is written again.")
      }),
      Effect.catchAll((error) => {
        const told = isTold
          ? Effect.void
          : Effect.logError(
              "The history can't be written. Deliveries go on, and what the history is to say waits in the database. Look at the reason; a damaged data/history.db may be moved away: a new one is begun.",
              { reason: error.message }
            )
        isTold = true
        return Effect.zipRight(told, Effect.sleep(afterFailure))
      }),
      Effect.repeat(Schedule.spaced(every))
    )
  }).pipe(Effect.annotateLogs({ module: "History" }), Effect.forkScoped)
