import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect, Option } from "effect"
import * as Probe from "../../src/soak/Probe.js"

describe("Probe.nodeOptions", () => {
  it.live("has a process tell of itself what is left after a collection", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(tmpdir(), "id-connector-probe-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
      )
      const file = Path.join(directory, 'it\'s "told".json')
      const program = `const kept = Array.from({ length: 1e6 }, (_, index) => ({ index })); setInterval(() => kept, 1000)`
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--eval", program], {
            env: { ...process.env, NODE_OPTIONS: Probe.nodeOptions(file, 20) },
            stdio: "inherit"
          })
        ),
        (child) => Effect.promise(() => ServiceProcess.end(child, "SIGKILL"))
      )
      const told = yield* Effect.sync(() =>
        Fs.existsSync(file) ? Option.getOrUndefined(Probe.decode(Fs.readFileSync(file, "utf8"))) : undefined
      ).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (reading) => (reading?.heap ?? 0) > 10_000_000 }),
        Effect.timeout("20 seconds")
      )
      assert.strictEqual(told?.pid, child.pid)
      assert.ok((told?.handles ?? 0) > 0)
    }).pipe(Effect.scoped)
  )
})
