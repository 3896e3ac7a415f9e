/** A collector of OpenTelemetry: a real HTTP server that takes OTLP in JSON, and reads it. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"

interface Value {
  readonly stringValue?: string
  readonly intValue?: string
  readonly boolValue?: boolean
  readonly doubleValue?: number
}
type Attributes = ReadonlyArray<{ readonly key: string; readonly value: Value }>

export interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Attributes
  readonly status: { readonly code?: number }
}

export interface Line {
  readonly body: Value
  readonly severityText: string
  readonly traceId?: string
  readonly attributes: Attributes
}

export interface Metric {
  readonly name: string
  readonly gauge?: {
    readonly dataPoints: ReadonlyArray<{ readonly asDouble: number; readonly attributes: Attributes }>
  }
  readonly sum?: { readonly dataPoints: ReadonlyArray<{ readonly asDouble: number; readonly attributes: Attributes }> }
}

interface Resource {
  readonly attributes: Attributes
}

export const valueOf = (attributes: Attributes, name: string): string | number | boolean | undefined => {
  const value = attributes.find(({ key }) => key === name)?.value
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? (value?.intValue && Number(value.intValue))
}

/** `status` is what it answers; null: it never does. */
export const serve = (status: () => number | null = () => 200) =>
  Effect.gen(function* () {
    const requests: Array<{
      readonly path: string
      readonly headers: Http.IncomingHttpHeaders
      readonly text: string
    }> = []
    const server = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk) => chunks.push(chunk))
      request.on("end", () => {
        requests.push({ path: request.url ?? "", headers: request.headers, text: Buffer.concat(chunks).toString() })
        const code = status()
        if (code !== null) response.writeHead(code, { "content-type": "application/json" }).end("{}")
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    const of = <A>(path: string, read: (body: never) => ReadonlyArray<A>) =>
      requests.filter((request) => request.path === path).flatMap(({ text }) => read(JSON.parse(text) as never))
    return {
      url: `http://127.0.0.1:${port}`,
      requests,
      spans: () =>
        of<Span>(
          "/v1/traces",
          (body: { resourceSpans: ReadonlyArray<{ scopeSpans: ReadonlyArray<{ spans: never }> }> }) =>
            body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        ),
      lines: () =>
        of<Line>(
          "/v1/logs",
          (body: { resourceLogs: ReadonlyArray<{ scopeLogs: ReadonlyArray<{ logRecords: never }> }> }) =>
            body.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
        ),
      metrics: () =>
        of<Metric>(
          "/v1/metrics",
          (body: { resourceMetrics: ReadonlyArray<{ scopeMetrics: ReadonlyArray<{ metrics: never }> }> }) =>
            body.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
        ),
      resources: () =>
        of<Resource>("/v1/traces", (body: { resourceSpans: ReadonlyArray<{ resource: Resource }> }) =>
          body.resourceSpans.map(({ resource }) => resource)
        )
    }
  })
