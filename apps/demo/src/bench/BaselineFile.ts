// @effect-diagnostics nodeBuiltinImport:off
// Processor and version are known to Node alone.
/** `bench/baseline.json`, and the machine that writes it. */
import { availableParallelism, cpus } from "node:os"
import process from "node:process"
import { FileSystem, Path } from "@effect/platform"
import { DateTime, Effect, Schema } from "effect"
import * as Baseline from "./Baseline.js"

/** The file can't be read or written, or holds something else. */
export class UnusableBaseline extends Schema.TaggedError<UnusableBaseline>()("UnusableBaseline", {
  file: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `${this.file} can't be used (${this.cause}). Bring it back from the repository, or remove it and record all measures again.`
  }
}

const Text = Schema.parseJson(Baseline.Baseline)

const located = Effect.gen(function* () {
  const path = yield* Path.Path
  return path.resolve(import.meta.dirname, "../../../../bench/baseline.json")
})

/** Empty when there is none. */
export const read = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = yield* located
  return yield* Effect.if(fs.exists(file), {
    onTrue: () => fs.readFileString(file).pipe(Effect.flatMap((text) => Schema.decode(Text)(text))),
    onFalse: () => Effect.succeed([])
  }).pipe(Effect.mapError((cause) => new UnusableBaseline({ file, cause })))
})

/** Replaces what is recorded of the same measures. */
export const record = Effect.fn("BaselineFile.record")(function* (ratios: Baseline.Ratios) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* located
  const today = DateTime.formatIsoDateUtc(yield* DateTime.now)
  const run = { date: today, machine, ratios }
  const text = JSON.stringify(Baseline.record(yield* read, run), null, 2)
  yield* fs.makeDirectory(path.dirname(file), { recursive: true }).pipe(
    Effect.zipRight(fs.writeFileString(file, `${text}\n`)),
    Effect.mapError((cause) => new UnusableBaseline({ file, cause }))
  )
})

const machine: Baseline.Machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  node: process.versions.node
}
