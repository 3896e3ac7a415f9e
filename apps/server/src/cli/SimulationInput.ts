/** What a simulation is given as files, as the input of the mapping harness. Mistakes name the file. */
import { FileSystem, Path } from "@effect/platform"
import * as Problems from "@id-connector/core/input/Problems"
import type * as Harness from "@id-connector/testkit/harness/Harness"
import { Effect, Either, Option, Schema } from "effect"
import * as JsonFile from "../files/JsonFile.js"
import { CannotStart } from "./CannotStart.js"
import * as LoadedPlugins from "./LoadedPlugins.js"

const jsonOf = (name: string) =>
  Effect.flatMap(JsonFile.read(name), (found) => {
    if (Option.isNone(found)) return new CannotStart({ lines: [`${name}: there is no such file.`] })
    return Either.isLeft(found.value)
      ? new CannotStart({ lines: [found.value.left] })
      : Effect.succeed<unknown>(found.value.right)
  })

/** Authorities by their files. */
export const authorities = (names: ReadonlyArray<string>) => Effect.forEach(names, jsonOf)

const Names = Schema.Record({ key: Schema.String, value: Schema.String })

/** A mapping as its file holds it, or without the key around it. */
export const mapping = (name: string) =>
  Effect.flatMap(jsonOf(name), (json) =>
    typeof json === "object" && json !== null && "plugin_configs" in json
      ? new CannotStart({ lines: [`${name}: this is the file of a school authority (--authority), no mapping.`] })
      : decoded(Names, name, inner(json))
  )

const inner = (json: unknown): unknown =>
  typeof json === "object" && json !== null && "mapping" in json && typeof json.mapping === "object"
    ? json.mapping
    : json

/** The source directory: any JSON, which the harness reads. */
export const directory: (name: string) => Effect.Effect<unknown, CannotStart, FileSystem.FileSystem> = jsonOf

/** What targets have in the beginning, by authority: any JSON, which the harness reads. */
export const targets = jsonOf

const decoded = <A, I>(schema: Schema.Schema<A, I>, name: string, json: unknown) =>
  Either.mapLeft(
    Schema.decodeUnknownEither(schema, { errors: "all" })(json),
    (error) => new CannotStart({ lines: Problems.describe(error).map((problem) => `${name}: ${problem}`) })
  )

/** Those in `conf/plugins/` below a place. */
export const plugins = (place: string) =>
  Effect.flatMap(LoadedPlugins.load(place), ({ plugins, problems }) =>
    problems.length > 0 ? new CannotStart({ lines: [...problems] }) : Effect.succeed(plugins)
  )

/** A listener file. Its text is as it is: what is wrong with it is for the in queue to say. */
export interface Change {
  readonly file: string
  readonly content: string
}

/** Harness steps: files that stand beside each other come at once, and each directory's after all that is before it. */
export const steps = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const steps: Array<{ readonly isDirectory: boolean; readonly changes: ReadonlyArray<Change> }> = []
    for (const name of names) {
      const isDirectory = yield* Effect.map(fs.stat(name), ({ type }) => type === "Directory")
      const files = isDirectory
        ? (yield* fs.readDirectory(name)).filter((file) => file.endsWith(".json")).map((file) => path.join(name, file))
        : [name]
      if (files.length === 0) return yield* new CannotStart({ lines: [`${name}: no listener file (*.json) is in it.`] })
      const changes = yield* Effect.forEach(files, (file) =>
        Effect.map(fs.readFileString(file), (content): Change => ({ file: path.basename(file), content }))
      )
      const last = steps.at(-1)
      if (isDirectory || last === undefined || last.isDirectory) steps.push({ isDirectory, changes })
      else steps[steps.length - 1] = { isDirectory, changes: [...last.changes, ...changes] }
    }
    return steps.map(({ changes }) => [...changes].sort((a, b) => (a.file < b.file ? -1 : 1)))
  }).pipe(
    Effect.catchTags({
      BadArgument: ({ message }) => new CannotStart({ lines: [message] }),
      SystemError: ({ description, message, pathOrDescriptor, reason }) =>
        new CannotStart({
          lines: [
            reason === "NotFound"
              ? `${pathOrDescriptor}: there is no such file.`
              : `${pathOrDescriptor}: ${description ?? message}`
          ]
        })
    })
  )

/** The base DN that the DNs of these texts have: the `dc=` parts at the end of the first one. */
export const baseOf = (texts: ReadonlyArray<string>): string | null => {
  for (const text of texts) {
    const found = /"(?:[^"\\]|\\.)*?,\s*(dc=[^",]+(?:,\s*dc=[^",]+)*)"/i.exec(text)
    if (found?.[1] !== undefined) return found[1]
  }
  return null
}

/** Everything but the changes. */
export type Input = Omit<Harness.Input, "changes">
