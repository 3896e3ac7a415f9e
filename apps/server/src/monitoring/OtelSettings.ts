/** What the standard variables of OpenTelemetry say (`OTEL_*`): a total function of their values. Empty ones count as not set. */
import { Redacted } from "effect"

/** What is sent where. */
export interface Signal {
  readonly url: string
  readonly headers: Redacted.Redacted<{ readonly [name: string]: string }>
}

/** Times in milliseconds. */
export interface OtelSettings {
  /** Null: not sent. */
  readonly traces: Signal | null
  readonly metrics: Signal | null
  readonly logs: Signal | null
  /** `service.name` and others. */
  readonly resource: { readonly [name: string]: string }
  /** Share of the traces that is sent: 0 to 1. */
  readonly ratio: number
  /** A request that takes longer is given up. */
  readonly timeLimit: number
  /** How long spans, figures and lines may wait for others. */
  readonly every: { readonly traces: number; readonly metrics: number; readonly logs: number }
}

/** The variables that are read. */
export const names = [
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_TRACES_EXPORTER",
  "OTEL_METRICS_EXPORTER",
  "OTEL_LOGS_EXPORTER",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BLRP_SCHEDULE_DELAY",
  "OTEL_METRIC_EXPORT_INTERVAL",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_PROTOCOL",
  "OTEL_EXPORTER_OTLP_TIMEOUT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
  "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
  "OTEL_EXPORTER_OTLP_LOGS_HEADERS"
] as const

export type Name = (typeof names)[number]

/** Their values; "" for one that is not set. */
export type Values = { readonly [name in Name]: string }

/** What is read, or null where nothing is to be sent, with everything that is wrong. */
export interface Read {
  readonly settings: OtelSettings | null
  /** Each names the variable, the value unless it is secret, and what is expected. */
  readonly problems: ReadonlyArray<string>
}

const nothing: Read = { settings: null, problems: [] }

export const read = (values: Values, version: string): Read => {
  if (values.OTEL_SDK_DISABLED.toLowerCase() === "true") return nothing
  const problems: Array<string> = []
  const wrong = (name: Name, expected: string) =>
    void problems.push(`${name}: ${JSON.stringify(values[name].slice(0, 100))} can't be used, ${expected} is expected`)

  const headersOf = (name: Name): { readonly [name: string]: string } => {
    const pairs = pairsOf(values[name])
    // The value is a secret: it is not repeated.
    if (pairs === null) problems.push(`${name}: can't be read, name=value,name=value is expected, with % as in URLs`)
    const unfit = Object.entries(pairs ?? {}).filter(([key, value]) => !token.test(key) || !visible.test(value))
    if (unfit.length > 0)
      problems.push(`${name}: holds what can't stand in a header, name=value,name=value is expected`)
    return pairs ?? {}
  }
  const general = headersOf("OTEL_EXPORTER_OTLP_HEADERS")

  const endpoint = (name: Name, path: string): string | null => {
    if (values[name] === "") return null
    const url = URL.canParse(values[name]) ? new URL(values[name]) : null
    if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
      // It may hold a password.
      problems.push(
        `${name}: is no address that can be used, http://host:4318 or https://... is expected, without user name and password (OTEL_EXPORTER_OTLP_HEADERS has room for these)`
      )
      return null
    }
    return path === "" ? url.href : `${url.href.replace(/\/$/, "")}${path}`
  }

  const signal = (kind: "TRACES" | "METRICS" | "LOGS"): Signal | null => {
    const exporter = values[`OTEL_${kind}_EXPORTER`]
    if (exporter === "none") return null
    if (exporter !== "" && exporter !== "otlp") wrong(`OTEL_${kind}_EXPORTER`, "otlp or none")
    const url =
      endpoint(`OTEL_EXPORTER_OTLP_${kind}_ENDPOINT`, "") ??
      endpoint("OTEL_EXPORTER_OTLP_ENDPOINT", `/v1/${kind.toLowerCase()}`)
    return url === null
      ? null
      : { url, headers: Redacted.make({ ...general, ...headersOf(`OTEL_EXPORTER_OTLP_${kind}_HEADERS`) }) }
  }

  const millis = (name: Name, fallback: number): number => {
    if (values[name] === "") return fallback
    const number = /^\d{1,8}$/.test(values[name]) ? Number(values[name]) : 0
    if (number === 0) wrong(name, "a number of milliseconds from 1 on")
    return number
  }

  const attributes = pairsOf(values.OTEL_RESOURCE_ATTRIBUTES)
  if (attributes === null) wrong("OTEL_RESOURCE_ATTRIBUTES", "name=value,name=value")
  if (values.OTEL_EXPORTER_OTLP_PROTOCOL !== "" && values.OTEL_EXPORTER_OTLP_PROTOCOL !== "http/json") {
    wrong("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json, which collectors take at the port of http/protobuf (4318),")
  }
  const ratio = ratioOf(values)
  if (ratio === null) {
    problems.push(
      `OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: ${JSON.stringify(`${values.OTEL_TRACES_SAMPLER} ${values.OTEL_TRACES_SAMPLER_ARG}`.trim().slice(0, 100))} can't be used, always_on, always_off or traceidratio with a number from 0 to 1 is expected, each perhaps after parentbased_`
    )
  }
  const settings: OtelSettings = {
    traces: signal("TRACES"),
    metrics: signal("METRICS"),
    logs: signal("LOGS"),
    resource: {
      "service.name": "id-connector",
      "service.version": version,
      ...attributes,
      ...(values.OTEL_SERVICE_NAME === "" ? {} : { "service.name": values.OTEL_SERVICE_NAME })
    },
    ratio: ratio ?? 1,
    timeLimit: millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000),
    every: {
      traces: millis("OTEL_BSP_SCHEDULE_DELAY", 5_000),
      metrics: millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
      logs: millis("OTEL_BLRP_SCHEDULE_DELAY", 1_000)
    }
  }
  const isNothing = settings.traces === null && settings.metrics === null && settings.logs === null
  return { settings: isNothing ? null : settings, problems: [...new Set(problems)] }
}

/** `a=1,b=2`, encoded as in URLs; null: it is not that. */
const pairsOf = (text: string): { readonly [name: string]: string } | null => {
  try {
    const pairs = text
      .split(",")
      .map((pair) => pair.trim())
      .filter((pair) => pair !== "")
      .map((pair) => /^([^=]+)=(.*)$/.exec(pair))
    return pairs.includes(null)
      ? null
      : Object.fromEntries(
          pairs.map((pair) => [decodeURIComponent(pair?.[1] ?? "").trim(), decodeURIComponent(pair?.[2] ?? "").trim()])
        )
  } catch {
    return null
  }
}

const token = /^[\w!#$%&'*+.^`|~-]+$/
const visible = /^[\t\x20-\x7e]*$/

/** Null: no such sampler. */
const ratioOf = ({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument }: Values): number | null => {
  switch (sampler.replace(/^parentbased_/, "")) {
    case "":
    case "always_on":
      return 1
    case "always_off":
      return 0
    case "traceidratio": {
      const ratio = argument === "" ? 1 : Number(argument)
      return ratio >= 0 && ratio <= 1 ? ratio : null
    }
    default:
      return null
  }
}

/** The same for all spans of a trace, and for all who ask with the same ratio. */
export const isSampled = (ratio: number, traceId: string): boolean =>
  ratio >= 1 || (ratio > 0 && Number.parseInt(traceId.slice(-8), 16) / 0x1_0000_0000 < ratio)
