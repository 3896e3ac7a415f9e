import { assert, describe, it } from "@effect/vitest"
import * as Tracing from "@id-connector/core/events/Tracing"
import { FastCheck } from "effect"

describe("The ids of a trace", () => {
  it("are made of the name of the file, always the same, in the form that OpenTelemetry wants", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.bigInt({ min: 0n, max: 2n ** 63n }), (file, start) => {
        assert.strictEqual(Tracing.traceIdOf(file), Tracing.traceIdOf(file))
        assert.match(Tracing.traceIdOf(file), /^(?!0{32})[0-9a-f]{32}$/)
        for (const id of [Tracing.acceptanceIdOf(file), Tracing.spanIdOf(file, start)]) {
          assert.match(id, /^(?!0{16})[0-9a-f]{16}$/)
        }
      })
    )
  })

  it("are other ones for other files", () => {
    const files = Array.from({ length: 100_000 }, (_, index) => `2026-02-03-08-00-00-${index}.json`)
    assert.strictEqual(new Set(files.map(Tracing.traceIdOf)).size, files.length)
    assert.strictEqual(new Set(files.map(Tracing.acceptanceIdOf)).size, files.length)
  })
})
