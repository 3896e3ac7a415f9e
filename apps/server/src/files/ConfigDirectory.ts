/**
 * The configuration in files: `conf/school_authorities/*.json` and `conf/schools_authorities_mapping.json`. What is missing is
 * not configured; what is there and does not decode stops the start, with everything that is wrong.
 */
import { FileSystem, Path } from "@effect/platform"
import * as AuthorityPatch from "@id-connector/core/config/AuthorityPatch"
import * as ConfigState from "@id-connector/core/config/ConfigState"
import { ConfigStore, type Configuration, ConfigurationNotSaved } from "@id-connector/core/config/ConfigStore"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Effect, Either, Layer, Option, Schedule, Schema } from "effect"

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
export const load = (appDir: string) => Effect.map(loadFiles(appDir), ({ configuration }) => configuration)

const loadFiles = Effect.fn("ConfigDirectory.load")(function* (appDir: string) {
  const path = yield* Path.Path
  const directory = authoritiesIn(path, appDir)
  const files = yield* namesIn(directory)
  const loaded = yield* Effect.forEach(files, (name) => loadAuthority(path.join(directory, name)))
  const mapping = yield* loadMapping(mappingIn(path, appDir))
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
    authorities: authorities.map(({ authority }) => authority).sort(ConfigState.byName),
    mapping: mapping.right
  }
  return { configuration, files: new Map(authorities.map(({ authority, file }) => [authority.name, file])) }
})

const authoritiesIn = (path: Path.Path, appDir: string) => path.join(appDir, "conf", "school_authorities")
const mappingIn = (path: Path.Path, appDir: string) => path.join(appDir, "conf", "schools_authorities_mapping.json")

/** How often the files are looked at: somebody may have changed them by hand. */
const lookEvery = "2 seconds"

/**
 * The configuration in files. What is changed through it is saved before it takes effect; what is changed by hand takes effect
 * a moment later, or is reported, and the last good configuration stays.
 */
export const layer = (
  appDir: string
): Layer.Layer<ConfigStore, ConfigurationInvalid, FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(
    ConfigStore,
    Effect.gen(function* () {
      const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const first = yield* loadFiles(appDir)
      let files: ReadonlyMap<string, string> = first.files
      const fileOf = (name: string) => files.get(name) ?? path.join(authoritiesIn(path, appDir), `${name}.json`)
      const notSaved = Effect.mapError(
        (error: { readonly message: string }) => new ConfigurationNotSaved({ detail: error.message })
      )
      const save = (file: string, content: unknown) => Effect.provide(saveJson(file, content), context).pipe(notSaved)

      const store = yield* ConfigState.make(first.configuration, {
        saveAuthority: (authority) => save(fileOf(authority.name), AuthorityPatch.toFile(authority)),
        removeAuthority: ({ name }) => notSaved(fs.remove(fileOf(name))),
        saveMapping: (mapping) => save(mappingIn(path, appDir), { mapping })
      })

      let seen = yield* versionOf(appDir)
      yield* Effect.gen(function* () {
        const version = yield* versionOf(appDir)
        if (version === seen) return
        yield* store.replace(
          loadFiles(appDir).pipe(
            Effect.map((loaded) => {
              files = loaded.files
              return loaded.configuration
            }),
            Effect.catchTag("ConfigurationInvalid", ({ problems }) =>
              Effect.as(
                Effect.forEach(problems, (problem) =>
                  Effect.annotateLogs(
                    Effect.logError("Changed configuration files are invalid. The last valid ones stay in effect."),
                    { problem }
                  )
                ),
                null
              )
            ),
            Effect.provide(context)
          )
        )
        seen = version
      }).pipe(Effect.repeat(Schedule.spaced(lookEvery)), Effect.annotateLogs({ module: "Config" }), Effect.forkScoped)
      return store
    })
  )

/** Tells two states of the files apart. */
const versionOf = (appDir: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = authoritiesIn(path, appDir)
    const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
    const paths = names
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => path.join(directory, name))
    const versions = yield* Effect.forEach([...paths, mappingIn(path, appDir)], (file) =>
      fs.stat(file).pipe(
        Effect.map(({ ino, mtime, size }) => [
          file,
          Option.getOrNull(ino),
          Option.getOrNull(mtime)?.getTime() ?? 0,
          String(size)
        ]),
        Effect.orElseSucceed(() => [file])
      )
    )
    return JSON.stringify(versions)
  })

/** Writes beside the file and renames: whatever happens, the file is whole, and the old one or the new one. */
const saveJson = (file: string, content: unknown) =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o750 })
      const beside = `${file}.tmp`
      const written = Effect.scoped(
        Effect.gen(function* () {
          const open = yield* fs.open(beside, { flag: "w", mode: 0o600 })
          yield* open.writeAll(new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`))
          yield* open.sync
        })
      )
      yield* written.pipe(
        Effect.zipRight(fs.chmod(beside, 0o600)),
        Effect.zipRight(fs.rename(beside, file)),
        Effect.tapError(() => Effect.ignore(fs.remove(beside)))
      )
      yield* Effect.flatMap(fs.open(path.dirname(file), { flag: "r" }), (directory) => directory.sync)
    })
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
      yield* Effect.annotateLogs(
        Effect.logWarning("The name of a configuration file differs from that of its school authority."),
        {
          file,
          authority: authority.name
        }
      )
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
