// @effect-diagnostics nodeBuiltinImport:off
// Digests are Node's.
/** The files of the configuration: what they hold, and what is wrong with them. */
import * as Crypto from "node:crypto"
import { FileSystem, Path } from "@effect/platform"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Effect, Either, Option, Predicate, Schema } from "effect"
import * as TrustedCertificates from "../process/TrustedCertificates.js"
import * as DirectoryNames from "./DirectoryNames.js"
import * as JsonFile from "./JsonFile.js"

/** The directory of the authorities' files can't be listed: nothing is known about them. */
export class DirectoryUnreadable extends Schema.TaggedError<DirectoryUnreadable>()("DirectoryUnreadable", {
  problem: Schema.String
}) {
  override get message() {
    return this.problem
  }
}

/** Each problem with file, path in it, and what is expected. At least one. */
type Problems = ReadonlyArray<string>

export interface AuthorityFile {
  readonly file: string
  readonly authority: Either.Either<SchoolAuthority.SchoolAuthority, Problems>
  /** See {@link digestOf}; empty where the authority can't be used. */
  readonly digest: string
}

export interface Found {
  /** In the order of the file names. */
  readonly authorities: ReadonlyArray<AuthorityFile>
  /** None: there is no such file. */
  readonly mapping: Option.Option<Either.Either<SchoolMapping.SchoolMapping, Problems>>
  /** The file is there, without anything in it. */
  readonly isMappingBlank: boolean
}

export const mappingFile = "schools_authorities_mapping.json"
export const authoritiesIn = (path: Path.Path, appDir: string) => path.join(appDir, "conf", "school_authorities")
export const mappingIn = (path: Path.Path, appDir: string) => path.join(appDir, "conf", mappingFile)

/** Tells whether somebody has changed the JSON of a file, whatever a version of the connector makes of it. */
export const digestOf = (json: unknown): string =>
  Crypto.createHash("sha256")
    .update(JSON.stringify(json) ?? "")
    .digest("hex")

/** Reads what is under `<appDir>/conf`. */
export const read = Effect.fn("ConfigFiles.read")(function* (appDir: string) {
  const path = yield* Path.Path
  const directory = authoritiesIn(path, appDir)
  const authorities = yield* Effect.forEach(yield* namesIn(directory), (name) =>
    readAuthority(path.join(directory, name))
  )
  const mapping = yield* readMapping(mappingIn(path, appDir))
  const found: Found = {
    authorities: authorities.flatMap((one) => Option.toArray(one)),
    mapping,
    isMappingBlank: Option.exists(mapping, Either.isLeft) && (yield* JsonFile.isBlank(mappingIn(path, appDir)))
  }
  return found
})

const readAuthority = (file: string) =>
  Effect.map(
    JsonFile.read(file),
    // A file that was moved away since the directory was listed is not there.
    Option.map((json): AuthorityFile => {
      const read = decoded(file, json, (value) =>
        Either.mapBoth(SchoolAuthority.decode(value), {
          onLeft: (problems) => problems.map((problem) => `${file}: ${problem}`),
          onRight: (authority) => ({ authority, digest: digestOf(value) })
        })
      )
      return {
        file,
        authority: Either.map(read, ({ authority }) => authority),
        digest: Either.match(read, { onLeft: () => "", onRight: ({ digest }) => digest })
      }
    })
  )

const readMapping = (file: string) =>
  Effect.map(
    JsonFile.read(file),
    Option.map((json) =>
      decoded(file, json, (value) =>
        Either.mapLeft(SchoolMapping.decode(value), (problems) =>
          problems.map((problem) => `${file}: ${problem}; {"<school>": "<name of a school authority>"} is expected`)
        )
      )
    )
  )

/** Whatever a file holds, it must not end who reads it. */
const decoded = <A>(
  file: string,
  json: Either.Either<unknown, string>,
  decode: (value: unknown) => Either.Either<A, Problems>
): Either.Either<A, Problems> => {
  if (Either.isLeft(json)) return Either.left([json.left])
  try {
    return decode(json.right)
  } catch (cause) {
    return Either.left([`${file}: can't be used: ${cause instanceof Error ? cause.message : String(cause)}`])
  }
}

const namesIn = (directory: string) =>
  Effect.mapBoth(DirectoryNames.sorted(directory), {
    onFailure: ({ message }) => new DirectoryUnreadable({ problem: `${directory}: ${message}` }),
    onSuccess: (names) => names.filter((name) => name.endsWith(".json"))
  })

/** So many files are looked at each time, in turn: what looking costs must not grow with the authorities. */
const lookedAtOnce = 50

/**
 * Tells two states of the files apart. Files that are new, gone or replaced show in their directory, and are seen at each look;
 * one whose content is overwritten is seen when its turn comes, or when a look is to be `thorough`.
 */
export const versions = Effect.fnUntraced(function* (appDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = authoritiesIn(path, appDir)
  const mapping = mappingIn(path, appDir)
  const known = new Map<string, string>()
  let paths: ReadonlyArray<string> = []
  let listed = ""
  let at = 0

  const versionOf = (file: string) =>
    fs.stat(file).pipe(
      Effect.map(({ ino, mtime, size }) =>
        JSON.stringify([Option.getOrNull(ino), Option.getOrNull(mtime)?.getTime() ?? 0, String(size)])
      ),
      Effect.orElseSucceed(() => "")
    )

  return (isThorough: boolean) =>
    Effect.gen(function* () {
      const seen = yield* versionOf(directory)
      const isOther = seen !== listed
      if (isOther || isThorough) {
        const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
        paths = names
          .filter((name) => name.endsWith(".json"))
          .sort()
          .map((name) => path.join(directory, name))
        listed = seen
        known.clear()
      }
      const all = isOther || isThorough || paths.length <= lookedAtOnce
      const some = all ? paths : [...paths, ...paths].slice(at, at + lookedAtOnce)
      at = all ? 0 : (at + lookedAtOnce) % paths.length
      for (const file of [...some, mapping]) known.set(file, yield* versionOf(file))
      return JSON.stringify([...known])
    })
})

/** What is not as it should be about a file, though it can be used: for people, and for the log. */
export interface Oddity {
  readonly text: string
  readonly log: string
  readonly data: { readonly [key: string]: string }
}

export const oddities = (
  file: string,
  authority: SchoolAuthority.SchoolAuthority
): Effect.Effect<ReadonlyArray<Oddity>, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const fs = yield* FileSystem.FileSystem
    const mode = yield* Effect.orElseSucceed(
      Effect.map(fs.stat(file), ({ mode }) => mode),
      () => 0
    )
    return [
      ...(path.basename(file, ".json") === authority.name
        ? []
        : [
            {
              text: `name: the authority is called ${JSON.stringify(authority.name)}, and the file is not`,
              log: "The name of a configuration file differs from that of its school authority.",
              data: { file, authority: authority.name }
            }
          ]),
      ...((mode & 0o077) === 0
        ? []
        : [
            {
              text: `mode 0${(mode & 0o777).toString(8)}: others can read its passwords, mode 0600 is expected`,
              log: "A configuration file with passwords can be read by others. Mode 0600 is expected.",
              data: { file }
            }
          ]),
      ...untrusted(path.join(path.dirname(file), ".."), authority, path.resolve).map(({ message }) => ({
        text: message,
        log: "A file with certificates that a configuration names can't be used. The authority is paused until it can.",
        data: { file, reason: message }
      }))
    ]
  })

/** Files with certificates that can't be used. `conf`: what their paths are relative to. */
const untrusted = (
  conf: string,
  { plugin_configs }: SchoolAuthority.SchoolAuthority,
  resolve: (...parts: ReadonlyArray<string>) => string
): ReadonlyArray<TrustedCertificates.CertificatesUnusable> =>
  Object.entries(plugin_configs).flatMap(([plugin, { ssl_context }]) => {
    const { ca_file, verify_mode }: { readonly ca_file?: unknown; readonly verify_mode?: unknown } = Predicate.isRecord(
      ssl_context
    )
      ? ssl_context
      : {}
    if (typeof ca_file !== "string" || ca_file === "" || verify_mode === 0) return []
    const setting = `plugin_configs.${plugin}.ssl_context.ca_file`
    return TrustedCertificates.problemOf({ file: resolve(conf, ca_file), setting }) ?? []
  })

/** Says them to the log. */
export const warnings = (file: string, authority: SchoolAuthority.SchoolAuthority) =>
  Effect.flatMap(oddities(file, authority), (found) =>
    Effect.forEach(found, ({ data, log }) => Effect.annotateLogs(Effect.logWarning(log), data), { discard: true })
  )
