/**
 * Traces, figures and the log for an OpenTelemetry collector, over OTLP. Nothing of it holds up deliveries: they push into lists, which
 * are sent beside them.
 */
import { Tracing } from "@id-connector/core/events/Tracing"
import { Clock, Effect, Layer, type Logger, Schedule } from "effect"
import * as TrustedCertificates from "../process/TrustedCertificates.js"
import { Figures } from "./Figures.js"
import * as OtelSettings from "./OtelSettings.js"
import * as OtlpExport from "./OtlpExport.js"
import * as OtlpJson from "./OtlpJson.js"

export interface OpenTelemetry {
  /** For the log: is told each line. Null: nobody wants it. */
  readonly logged: ((line: Logger.Logger.Options<unknown>) => void) | null
  /** Sends what was pushed. Below whatever pushes, the log's first and last line included. */
  readonly sending: Layer.Layer<never>
  /** Follows changes, and says in the log where to all is sent. */
  readonly tracing: Layer.Layer<Tracing>
  /** Measures now and then. */
  readonly measuring: Layer.Layer<never, never, Figures>
}

export const make = (
  settings: OtelSettings.OtelSettings,
  trust: TrustedCertificates.TrustSetting
): Effect.Effect<OpenTelemetry> =>
  Effect.gen(function* () {
    const { context } = yield* TrustedCertificates.telling(trust)
    const resource = OtlpJson.resourceOf(settings.resource)
    const report = makeReport()
    const pipe = <A>(
      signal: OtelSettings.Signal | null,
      every: number,
      encode: (items: ReadonlyArray<A>) => unknown,
      capacity?: number
    ): OtlpExport.Pipe<A> | null =>
      signal === null
        ? null
        : OtlpExport.make({
            signal,
            encode,
            every,
            timeLimit: settings.timeLimit,
            context,
            report,
            ...(capacity === undefined ? {} : { capacity })
          })
    const traces = pipe(settings.traces, settings.every.traces, (spans: Parameters<typeof OtlpJson.traces>[1]) =>
      OtlpJson.traces(resource, spans)
    )
    const logs = pipe(settings.logs, settings.every.logs, (lines: Parameters<typeof OtlpJson.logs>[1]) =>
      OtlpJson.logs(resource, lines)
    )
    // It is measured as often as it is sent. Old figures are of little use.
    const metrics = pipe(
      settings.metrics,
      Math.min(1_000, settings.every.metrics),
      (measured: Parameters<typeof OtlpJson.metrics>[1]) => OtlpJson.metrics(resource, measured),
      10
    )
    const urls = [settings.traces, settings.metrics, settings.logs].flatMap((signal) =>
      signal === null ? [] : [signal.url]
    )
    return {
      logged: logs === null ? null : (line) => logs.push(OtlpJson.logRecord(line)),
      sending: Layer.scopedDiscard(
        Effect.gen(function* () {
          for (const one of [traces, metrics, logs]) if (one !== null) yield* one.run
        }).pipe(ofModule)
      ),
      tracing: Layer.merge(
        Layer.effectDiscard(ofModule(Effect.logInfo("OpenTelemetry is sent.", { to: urls.map(shown).join(", ") }))),
        Layer.succeed(
          Tracing,
          traces === null
            ? null
            : { isSampled: (traceId) => OtelSettings.isSampled(settings.ratio, traceId), record: traces.push }
        )
      ),
      measuring: metrics === null ? Layer.empty : measure(metrics.push, settings.every.metrics)
    }
  })

/** Pushes the figures at the interval, and once more at the end. */
const measure = (push: (measured: OtlpJson.Measured) => void, every: number) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { families } = yield* Figures
      const clock = yield* Effect.clock
      const start = clock.unsafeCurrentTimeNanos()
      const now = Effect.map(families, (all) => push({ families: all, at: clock.unsafeCurrentTimeNanos(), start }))
      // The storage does not answer: nothing is measured, and the log says so elsewhere.
      const measured = Effect.ignore(now)
      yield* Effect.addFinalizer(() => measured)
      yield* Effect.forkScoped(Effect.schedule(measured, Schedule.spaced(every)))
    })
  )

/** Between two lines about what was lost although the collector takes what it gets, in milliseconds. */
const sayLostEvery = 60_000

/** Said when it begins to fail, whatever fails after that, and when all goes again. */
const makeReport = (): OtlpExport.Report => {
  const failing = new Set<string>()
  let lost = 0
  let saidAt = 0
  return {
    failed: (url, reason) =>
      Effect.suspend(() => {
        const isNews = failing.size === 0
        failing.add(url)
        return isNews
          ? Effect.logWarning(
              "The OpenTelemetry collector takes nothing. Deliveries go on. So much is kept for it, and it is tried again by itself: correct OTEL_EXPORTER_OTLP_ENDPOINT or start the collector.",
              { to: shown(url), reason }
            )
          : Effect.void
      }),
    went: (url, missing) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        lost += missing
        const isAgain = failing.delete(url) && failing.size === 0
        if (!isAgain && (lost === 0 || failing.size > 0 || now - saidAt < sayLostEvery)) return Effect.void
        const said = lost
        lost = 0
        saidAt = now
        return isAgain
          ? Effect.logInfo("The OpenTelemetry collector takes everything again.", { lost: said })
          : Effect.logWarning(
              "More happens than the OpenTelemetry collector takes. Let it take more, or send fewer traces: OTEL_TRACES_SAMPLER=traceidratio, OTEL_TRACES_SAMPLER_ARG=0.1.",
              { lost: said }
            )
      })
  }
}

/** A query may hold a key. */
const shown = (url: string): string => url.replace(/\?.*$/, "")

const ofModule = Effect.annotateLogs({ module: "OTel" })
