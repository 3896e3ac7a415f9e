/**
 * The configuration in files: `conf/school_authorities/*.json` and `conf/schools_authorities_mapping.json`. What is there and can't
 * be used stops the start, with everything that is wrong. While the connector runs, and over restarts, accidents destroy
 * nothing: see `LastGood`.
 */
import { FileSystem, Path } from "@effect/platform"
import * as AuthorityPatch from "@id-connector/core/config/AuthorityPatch"
import * as ConfigState from "@id-connector/core/config/ConfigState"
import { ConfigStore, type Configuration, ConfigurationNotSaved } from "@id-connector/core/config/ConfigStore"
import type { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { Clock, Effect, Either, Layer, Option, Schedule, Schema } from "effect"
import * as AuditNotes from "./AuditNotes.js"
import * as ConfigFiles from "./ConfigFiles.js"
import * as HandChanges from "./HandChanges.js"
import * as JsonFile from "./JsonFile.js"
import * as LastGood from "./LastGood.js"

/** Configuration files that can't be used. */
export class ConfigurationInvalid extends Schema.TaggedError<ConfigurationInvalid>()("ConfigurationInvalid", {
  /** Each with file, path in it, and what is expected. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

/** Reads the configuration under `<appDir>/conf`. */
export const load = (appDir: string) =>
  Effect.map(loadFirst(appDir, LastGood.nothing), ({ configuration }) => configuration)

const loadFirst = (appDir: string, known: LastGood.Known) =>
  Effect.gen(function* () {
    const found = yield* Effect.mapError(
      ConfigFiles.read(appDir),
      ({ problem }) => new ConfigurationInvalid({ problems: [problem] })
    )
    const effective = LastGood.next(LastGood.before(known), known.names, found, yield* Clock.currentTimeMillis)
    const { problems } = effective.configuration
    // One that is lost by accident stops nothing, where the last good one is known.
    const isMappingLost = found.isMappingBlank && Object.keys(known.mapping).length > 0
    const isMappingInvalid = Option.exists(found.mapping, Either.isLeft) && !isMappingLost
    const severe = problems.filter(
      ({ authority }) =>
        authority !== null || isMappingInvalid || found.authorities.some((one) => Either.isLeft(one.authority))
    )
    if (severe.length > 0) return yield* new ConfigurationInvalid({ problems: severe.map(({ problem }) => problem) })
    yield* report(effective)
    return effective
  })

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
      const knownFile = path.join(appDir, "data", "known-configuration.json")
      let known = yield* readKnown(knownFile)
      const lastMapping = known === LastGood.nothing ? null : SchoolMapping.make(known.mapping)
      let effective = yield* loadFirst(appDir, known)
      const versions = yield* ConfigFiles.versions(appDir)
      let seen = yield* versions(true)

      /** Over restarts. What can't be remembered is in effect nevertheless. */
      const remember = (configuration: Configuration) =>
        Effect.suspend(() => {
          const now = LastGood.knownOf(configuration, effective.digests)
          if (JSON.stringify(now) === JSON.stringify(known)) return Effect.void
          known = now
          return Effect.catchAll(JsonFile.save(knownFile, now), ({ message }) =>
            Effect.logError(
              "Could not save the list of what is configured. If a configuration file is lost by accident, that may go unnoticed.",
              {
                file: knownFile,
                reason: message
              }
            )
          )
        }).pipe(Effect.provide(context))

      /** For the audit log, before it is remembered: over a crash it is perhaps said twice, and not forgotten. */
      const note = (next: LastGood.Effective) =>
        Effect.suspend(() => {
          const done = HandChanges.between(known, LastGood.knownOf(next.configuration, next.digests))
          return done.length === 0
            ? Effect.void
            : Effect.catchTag(AuditNotes.leave(appDir, HandChanges.byFile, done), "NotNoted", ({ message }) =>
                Effect.logError("The audit log will not say what was changed by hand: data/audit can't be written.", {
                  changes: done.map(({ action, subject }) => `${action} ${subject ?? ""}`.trim()).join(", "),
                  reason: message
                })
              )
        }).pipe(Effect.provide(context))
      // At the first start nobody has changed anything.
      if (known !== LastGood.nothing) yield* note(effective)
      yield* remember(effective.configuration)

      const fileOf = (name: AuthorityName) =>
        effective.files.get(name) ?? path.join(ConfigFiles.authoritiesIn(path, appDir), `${name}.json`)
      const notSaved = Effect.mapError(
        (error: { readonly message: string }) => new ConfigurationNotSaved({ detail: error.message })
      )
      const save = (file: string, content: unknown) =>
        Effect.provide(JsonFile.save(file, content), context).pipe(notSaved)

      /** What is configured by hand since the last look, or null. */
      const look = Effect.fnUntraced(
        function* (isThorough: boolean) {
          const version = yield* versions(isThorough)
          if (version === seen) return null
          const found = yield* ConfigFiles.read(appDir)
          const last = { ...effective, configuration: yield* current }
          const { names } = LastGood.knownOf(last.configuration, last.digests)
          const next = LastGood.next(last, names, found, yield* Clock.currentTimeMillis)
          yield* note(next)
          seen = version
          effective = next
          yield* report(next)
          yield* remember(next.configuration)
          return next.configuration
        },
        Effect.catchTag("DirectoryUnreadable", ({ problem }) => Effect.as(reportProblem(problem), null)),
        Effect.catchAllDefect((defect) =>
          Effect.as(
            Effect.logError("Could not read changed configuration files. The last ones stay in effect.", defect),
            null
          )
        ),
        Effect.provide(context)
      )

      const saving: ConfigState.Saving = {
        reload: look(true),
        saveAuthority: (authority) =>
          Effect.gen(function* () {
            const { authorities, problems } = yield* current
            const broken = problems.filter((one) => one.authority === authority.name)
            if (broken.length > 0) {
              const detail = `its file was changed by hand and can't be used, correct it first: ${broken.map(({ problem }) => problem).join("; ")}`
              return yield* new ConfigurationNotSaved({ detail })
            }
            const file = fileOf(authority.name)
            yield* save(file, AuthorityPatch.toFile(authority))
            const digest = ConfigFiles.digestOf(AuthorityPatch.toFile(authority))
            effective = {
              ...effective,
              files: new Map([...effective.files, [authority.name, file]]),
              digests: new Map([...effective.digests, [authority.name, digest]])
            }
            const others = authorities.filter(({ name }) => name !== authority.name)
            yield* changed(
              (configuration) => ({ ...configuration, authorities: [...others, authority].sort(ConfigState.byName) }),
              authority.name
            )
          }),
        removeAuthority: (name) =>
          Effect.gen(function* () {
            yield* notSaved(fs.remove(fileOf(name), { force: true }))
            effective = { ...effective, files: new Map([...effective.files].filter(([other]) => other !== name)) }
            yield* changed(
              (configuration) => ({
                ...configuration,
                authorities: configuration.authorities.filter((authority) => authority.name !== name)
              }),
              name
            )
          }),
        saveMapping: (mapping) =>
          Effect.gen(function* () {
            yield* save(ConfigFiles.mappingIn(path, appDir), { mapping })
            yield* changed((configuration) => ({ ...configuration, mapping: SchoolMapping.make(mapping) }), null)
          })
      }

      const store = yield* ConfigState.make(effective.configuration, saving, lastMapping)
      const current: Effect.Effect<Configuration> = Effect.suspend(() => store.current)

      /** Remembers a change before it is seen: whoever was told so is to find it so after a crash, too. */
      const changed = (change: (configuration: Configuration) => Configuration, name: AuthorityName | null) =>
        Effect.flatMap(current, (configuration) => {
          const next = change(configuration)
          return remember({
            ...next,
            absent: new Map([...next.absent].filter(([other]) => other !== name)),
            // Of what is written anew nothing is wrong any more.
            problems: next.problems.filter(({ authority, problem }) =>
              name === null ? !problem.includes(ConfigFiles.mappingFile) : authority !== name
            )
          })
        })

      yield* Effect.suspend(() => store.replace(look(false))).pipe(
        Effect.catchAllCause((cause) =>
          Effect.logError("Could not look at the configuration files. Will retry.", cause)
        ),
        Effect.repeat(Schedule.spaced(lookEvery)),
        Effect.annotateLogs({ module: "Config" }),
        Effect.forkScoped
      )
      return store
    })
  )

/** What can't be read counts as nothing. */
const readKnown = (file: string) =>
  Effect.map(JsonFile.read(file), (read) =>
    Option.getOrElse(
      Option.flatMap(Option.flatMap(read, Either.getRight), Schema.decodeUnknownOption(LastGood.Known)),
      () => LastGood.nothing
    )
  )

const report = ({ configuration, files }: LastGood.Effective) =>
  Effect.gen(function* () {
    for (const { problem } of configuration.problems) yield* reportProblem(problem)
    for (const authority of configuration.authorities) {
      const file = files.get(authority.name)
      if (file !== undefined) yield* ConfigFiles.warnings(file, authority)
    }
  })

const reportProblem = (problem: string) =>
  Effect.annotateLogs(Effect.logError("Changed configuration files are invalid. The last valid ones stay in effect."), {
    problem
  })
