/** Spans, figures and lines of the log as OTLP has them in JSON: pure. */
import * as Tracing from "@id-connector/core/events/Tracing"
import type { Logger, LogLevel } from "effect"
import { FiberRef, FiberRefs, Option, Tracer } from "effect"
import * as Context from "effect/Context"
import * as LogLine from "../log/LogLine.js"
import type { Family } from "./Metrics.js"

type Values = { readonly [name: string]: unknown }

/** A list of attributes. */
const attributesOf = (values: Values) =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: valueOf(value) }]))

const valueOf = (value: unknown) => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "boolean":
      return { boolValue: value }
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
    default:
      return { stringValue: JSON.stringify(value) ?? "" }
  }
}

export const resourceOf = (values: { readonly [name: string]: string }) => ({ attributes: attributesOf(values) })

type Resource = ReturnType<typeof resourceOf>

const scope = { name: "id-connector" }

const kinds: { readonly [kind in Tracing.Span["kind"]]: number } = { internal: 1, client: 3, producer: 4, consumer: 5 }

export const span = ({
  attributes,
  end,
  isFailure,
  kind,
  name,
  parentSpanId,
  spanId,
  start,
  traceId
}: Tracing.Span) => ({
  traceId,
  spanId,
  ...(parentSpanId === null ? {} : { parentSpanId }),
  name,
  kind: kinds[kind],
  startTimeUnixNano: String(start),
  endTimeUnixNano: String(end),
  attributes: attributesOf(attributes),
  // What went well is not said to be well: OpenTelemetry leaves that to whoever looks.
  status: isFailure ? { code: 2 } : {}
})

export const traces = (resource: Resource, spans: ReadonlyArray<Tracing.Span>) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(span) }] }]
})

/** What is kept of a line until it is sent. */
export type LogRecord = ReturnType<typeof logRecord>

const severities: { readonly [label: string]: number } = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }

const severityOf = ({ label }: LogLevel.LogLevel): number => severities[label] ?? 9

/** A line says which trace it belongs to by the span around it, or by the file that it names. */
export const logRecord = (line: Logger.Logger.Options<unknown>) => {
  const { fields, message, module } = LogLine.contentOf(line)
  const time = `${line.date.getTime()}000000`
  const around = Context.getOption(FiberRefs.getOrDefault(line.context, FiberRef.currentContext), Tracer.ParentSpan)
  const ids = Option.match(around, {
    onSome: ({ spanId, traceId }) => ({ traceId, spanId }),
    onNone: () =>
      typeof fields.file === "string"
        ? { traceId: Tracing.traceIdOf(fields.file), spanId: Tracing.acceptanceIdOf(fields.file) }
        : {}
  })
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: severityOf(line.logLevel),
    severityText: line.logLevel.label,
    body: { stringValue: message },
    attributes: attributesOf({ module, ...fields }),
    ...ids
  }
}

export const logs = (resource: Resource, logRecords: ReadonlyArray<LogRecord>) => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }]
})

/** Figures at one time, in nanoseconds since 1970. Counters count from `start`. */
export interface Measured {
  readonly families: ReadonlyArray<Family>
  readonly at: bigint
  readonly start: bigint
}

export const metrics = (resource: Resource, measured: ReadonlyArray<Measured>) => ({
  resourceMetrics: measured.map(({ at, families, start }) => ({
    resource,
    scopeMetrics: [{ scope, metrics: families.map((family) => metric(family, at, start)) }]
  }))
})

const metric = ({ help, name, samples, type }: Family, at: bigint, start: bigint) => {
  const dataPoints = samples.map(({ labels, value }) => ({
    attributes: attributesOf(labels),
    ...(type === "counter" ? { startTimeUnixNano: String(start) } : {}),
    timeUnixNano: String(at),
    asDouble: value
  }))
  return {
    name,
    description: help,
    ...(type === "counter"
      ? { sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } }
      : { gauge: { dataPoints } })
  }
}
