import { assert, describe, it } from "@effect/vitest"
import * as OtelSettings from "@id-connector/server/monitoring/OtelSettings"
import { FastCheck, Redacted } from "effect"

const none = Object.fromEntries(OtelSettings.names.map((name) => [name, ""])) as OtelSettings.Values
const read = (values: Partial<OtelSettings.Values>) => OtelSettings.read({ ...none, ...values }, "1.2.3")
const endpoint = "http://collector:4318"

describe("The variables of OpenTelemetry", () => {
  it("send nothing unless they name a collector, and nothing when it is switched off", () => {
    for (const values of [
      {},
      { OTEL_SERVICE_NAME: "x", OTEL_TRACES_EXPORTER: "otlp" },
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_TRACES_EXPORTER: "none",
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none"
      }
    ]) {
      assert.deepStrictEqual(read(values), { settings: null, problems: [] })
    }
  })

  it("name one collector for all, or one for each kind, with headers of its own", () => {
    const { problems, settings } = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/base/`,
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "https://logs.example.com/in?x=1",
      OTEL_EXPORTER_OTLP_HEADERS: "a=1, b=x%20y",
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: "b=2",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=other,team=it",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25"
    })
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(
      [settings?.traces?.url, settings?.metrics, settings?.logs?.url, settings?.ratio],
      [`${endpoint}/base/v1/traces`, null, "https://logs.example.com/in?x=1", 0.25]
    )
    assert.deepStrictEqual(
      [settings?.traces, settings?.logs].map((signal) => signal && Redacted.value(signal.headers)),
      [
        { a: "1", b: "x y" },
        { a: "1", b: "2" }
      ]
    )
    assert.deepStrictEqual(settings?.resource, { "service.name": "other", "service.version": "1.2.3", team: "it" })
    assert.notInclude(JSON.stringify(settings), "x y")
  })

  it("that are wrong are named with what is expected, all at once, and no secret is repeated", () => {
    const { problems } = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:secret@collector:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "Bearer s3cr3t",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
      OTEL_TRACES_EXPORTER: "zipkin",
      OTEL_TRACES_SAMPLER: "sometimes",
      OTEL_RESOURCE_ATTRIBUTES: "x"
    })
    assert.deepStrictEqual(problems.map((problem) => problem.split(":")[0]).sort(), [
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "OTEL_EXPORTER_OTLP_HEADERS",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "OTEL_EXPORTER_OTLP_TIMEOUT",
      "OTEL_RESOURCE_ATTRIBUTES",
      "OTEL_TRACES_EXPORTER",
      "OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG"
    ])
    for (const problem of problems) assert.include(problem, "expected")
    assert.notInclude(problems.join("\n"), "s3cr3t")
  })

  it("may be anything without more than problems coming of it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.dictionary(FastCheck.constantFrom(...OtelSettings.names), FastCheck.string()),
        (values) => {
          const { problems } = read(values)
          for (const problem of problems) assert.match(problem, /^OTEL_\w+.*: /)
        }
      )
    )
  })

  it("sample a share of the traces, and each the same way wherever it is asked", () => {
    const ids = Array.from({ length: 4_000 }, (_, index) => (index * 1_073_741).toString(16).padStart(32, "0"))
    const share = (ratio: number) => ids.filter((id) => OtelSettings.isSampled(ratio, id)).length / ids.length
    assert.deepStrictEqual([share(0), share(1)], [0, 1])
    assert.closeTo(share(0.25), 0.25, 0.03)
  })
})
