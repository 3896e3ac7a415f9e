/** All that is wrong or strange about the configuration files, found out without a connector, for people. Changes nothing. */
import { type FileSystem, Path } from "@effect/platform"
import * as ConfigurationChanges from "@id-connector/core/ConfigurationChanges"
import type { Plugin } from "@id-connector/core/targets/Plugin"
import * as Validation from "@id-connector/core/targets/Validation"
import { Array as Arr, Effect, Either, Option, Predicate } from "effect"
import * as ConfigFiles from "./ConfigFiles.js"
import * as JsonFile from "./JsonFile.js"
import * as LastGood from "./LastGood.js"

export interface Report {
  /** The files that were looked at. */
  readonly files: ReadonlyArray<string>
  /** What keeps the connector from starting, or the API from saving. Each begins with its file, and the path in it. */
  readonly errors: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** Looks at everything under `<appDir>/conf`. */
export const check = (
  appDir: string,
  plugins: ReadonlyArray<Plugin>
): Effect.Effect<Report, ConfigFiles.DirectoryUnreadable, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const found = yield* ConfigFiles.read(appDir)
    const mappingFile = ConfigFiles.mappingIn(path, appDir)
    const { configuration, files } = LastGood.next(LastGood.before(LastGood.nothing), [], found, 0)
    const each = yield* Effect.forEach(found.authorities, ({ authority, file }) =>
      Either.isLeft(authority) ? Effect.succeed(nothing) : ofAuthority(file, authority.right, plugins)
    )
    // No mapping was in effect before, so that none stays.
    const errors = configuration.problems.map(({ problem }) =>
      problem.replace(/\. The last mapping stays in effect$/, "")
    )
    const unmapped = configuration.authorities.filter(
      ({ name }) => configuration.mapping.schoolsOf(name).names.length === 0
    )
    return {
      files: [...found.authorities.map(({ file }) => file), ...(Option.isSome(found.mapping) ? [mappingFile] : [])],
      errors: [...errors, ...each.flatMap((one) => one.errors)],
      warnings: [
        ...each.flatMap((one) => one.warnings),
        ...(found.authorities.length === 0
          ? [`${ConfigFiles.authoritiesIn(path, appDir)}: holds no school authority: nothing is delivered to anybody.`]
          : []),
        ...(Option.isNone(found.mapping)
          ? [`${mappingFile}: is not there: no school has an authority.`]
          : unmapped.map(({ name }) => `${files.get(name) ?? name}: name: the mapping gives no school to ${name}.`)),
        ...ConfigurationChanges.warningsOf(configuration).map((text) => `${mappingFile}: ${text}`)
      ]
    }
  })

const nothing = { errors: Arr.empty<string>(), warnings: Arr.empty<string>() }

const ofAuthority = (
  file: string,
  authority: Parameters<typeof Validation.validate>[1],
  plugins: ReadonlyArray<Plugin>
) =>
  Effect.gen(function* () {
    const { errors, warnings } = Validation.validate(plugins, authority)
    const json = Option.flatMap(yield* JsonFile.read(file), Either.getRight)
    const unknown =
      Option.isSome(json) && Predicate.isReadonlyRecord(json.value) ? Validation.unknownKeys(json.value) : []
    const oddities = yield* ConfigFiles.oddities(file, authority)
    const inFile = (text: string) => `${file}: ${text}`
    return {
      errors: errors.map(inFile),
      warnings: [...unknown, ...warnings, ...oddities.map(({ text }) => text)].map(inFile)
    }
  })
