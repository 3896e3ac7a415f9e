/**
 * The configuration in files: `conf/school_authorities/*.json` and `conf/schools_authorities_mapping.json`. What is missing is
 * not configured; what is there and does not decode stops the start, with everything that is wrong.
 */
import { FileSystem, Path } from "@effect/platform"
import { ConfigStore, type Configuration } from "@id-connector/core/ConfigStore"
import * as SchoolAuthority from "@id-connector/core/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/SchoolMapping"
import { Effect, Either, Layer, Schema, Stream } from "effect"

/** Configuration files that can't be used. */
export class ConfigurationInvalid extends Schema.TaggedError<ConfigurationInvalid>()("ConfigurationInvalid", {
  /** Each with file, path in it, and what is expected. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

type Loaded<A> = Either.Either<A, ReadonlyArray<string>>

const problemsOf = <A>(loaded: Loaded<A>): ReadonlyArray<string> => (Either.isLeft(loaded) ? loaded.left : [])

/** Reads the configuration under `<appDir>/conf`. */
export const load = Effect.fn("ConfigDirectory.load")(function* (appDir: string) {
  const path = yield* Path.Path
  const directory = path.join(appDir, "conf", "school_authorities")
  const files = yield* namesIn(directory)
  const loaded = yield* Effect.forEach(files, (name) => loadAuthority(path.join(directory, name)))
  const mapping = yield* loadMapping(path.join(appDir, "conf", "schools_authorities_mapping.json"))
  const authorities = loaded.flatMap((each) => (Either.isRight(each) ? [each.right] : []))
  const problems = [...loaded.flatMap(problemsOf), ...problemsOf(mapping)]
  const twice = duplicates(authorities.map(({ authority }) => authority.name))
  for (const name of twice) {
    const named = authorities.filter(({ authority }) => authority.name === name).map(({ file }) => file)
    problems.push(
      `${named.join(" and ")}: name: both are called ${JSON.stringify(name)}, a name of its own is expected`
    )
  }
  if (problems.length > 0 || Either.isLeft(mapping)) return yield* new ConfigurationInvalid({ problems })
  yield* Effect.forEach(authorities, ({ authority, file }) => warnings(file, authority), { discard: true })
  const configuration: Configuration = {
    authorities: authorities
      .map(({ authority }) => authority)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    mapping: mapping.right
  }
  return configuration
})

/** The configuration as it was at the start. */
export const layer = (
  appDir: string
): Layer.Layer<ConfigStore, ConfigurationInvalid, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    ConfigStore,
    Effect.map(load(appDir), (configuration) => ({
      current: Effect.succeed(configuration),
      changes: Stream.concat(Stream.make(configuration), Stream.never)
    }))
  )

const namesIn = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readDirectory(directory).pipe(
      Effect.map((names) => names.filter((name) => name.endsWith(".json")).sort()),
      Effect.catchTags({
        BadArgument: (error) => Effect.fail(new ConfigurationInvalid({ problems: [`${directory}: ${error.message}`] })),
        SystemError: (error) =>
          error.reason === "NotFound"
            ? Effect.succeed<ReadonlyArray<string>>([])
            : Effect.fail(new ConfigurationInvalid({ problems: [`${directory}: ${error.message}`] }))
      })
    )
  )

interface AuthorityFile {
  readonly file: string
  readonly authority: SchoolAuthority.SchoolAuthority
}

const loadAuthority = (file: string) =>
  Effect.map(
    readJson(file),
    (json): Loaded<AuthorityFile> =>
      Either.flatMap(json, (value) =>
        Either.mapBoth(SchoolAuthority.decode(value), {
          onLeft: (problems) => problems.map((problem) => `${file}: ${problem}`),
          onRight: (authority) => ({ authority, file })
        })
      )
  )

const loadMapping = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) return Either.right(SchoolMapping.empty)
    const json = yield* readJson(file)
    return Either.flatMap(json, (value) =>
      Either.mapLeft(SchoolMapping.decode(value), (problems) =>
        problems.map((problem) => `${file}: ${problem}; {"<school>": "<name of a school authority>"} is expected`)
      )
    )
  })

/** The JSON in a file. Its text is never part of a message: it may hold passwords. */
const readJson = (file: string): Effect.Effect<Loaded<unknown>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.either(fs.readFile(file))
    if (Either.isLeft(bytes)) return Either.left([`${file}: can't be read: ${bytes.left.message}`])
    return Either.flatMap(decodeUtf8(file, bytes.right), (text) =>
      Either.try({
        try: (): unknown => JSON.parse(text),
        catch: (cause) => [`${file}: ${placeOf(text, cause)}: this is not JSON`]
      })
    )
  })

const utf8 = new TextDecoder("utf-8", { fatal: true })

const decodeUtf8 = (file: string, bytes: Uint8Array): Loaded<string> =>
  Either.try({ try: () => utf8.decode(bytes), catch: () => [`${file}: the content is not UTF-8 text`] })

/** Where JSON breaks, as line and column: V8 says a position, or that the text ended. */
const placeOf = (text: string, cause: unknown): string => {
  const position = /at position (\d+)/.exec(cause instanceof Error ? cause.message : "")?.[1]
  const before = text.slice(0, position === undefined ? text.length : Number(position))
  return `line ${before.split("\n").length}, column ${before.length - before.lastIndexOf("\n")}`
}

const duplicates = (names: ReadonlyArray<string>) =>
  new Set(names.filter((name, index) => names.indexOf(name) !== index))

/** What is not as it should be, though it can be used. */
const warnings = (file: string, authority: SchoolAuthority.SchoolAuthority) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const fs = yield* FileSystem.FileSystem
    if (path.basename(file, ".json") !== authority.name) {
      yield* Effect.annotateLogs(Effect.logWarning("A configuration file is not named like its school authority."), {
        file,
        authority: authority.name
      })
    }
    const mode = yield* Effect.orElseSucceed(
      Effect.map(fs.stat(file), ({ mode }) => mode),
      () => 0
    )
    if ((mode & 0o077) !== 0) {
      yield* Effect.annotateLogs(
        Effect.logWarning("A configuration file with passwords can be read by others. Mode 0600 is expected."),
        { file }
      )
    }
  })
