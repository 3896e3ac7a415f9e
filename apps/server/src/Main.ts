// @effect-diagnostics nodeBuiltinImport:off
// Paths are plain values here.
/** The connector as a service: every room, and what it stands on. Read bottom up: a lower line gives what an upper one uses. */
import * as Path from "node:path"
import { FileSystem } from "@effect/platform"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import * as Connector from "@id-connector/core/Connector"
import { adminGroup, Directory, DirectoryError } from "@id-connector/core/directory/Directory"
import * as Events from "@id-connector/core/events/Events"
import { KeepsHistory } from "@id-connector/core/history/HistoryOutbox"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { Plugins } from "@id-connector/core/targets/Plugin"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import * as LdapDirectory from "@id-connector/ldap/LdapDirectory"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqliteDriver from "@id-connector/sql/SqliteDriver"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { Cause, Effect, Layer, Option, Redacted, Schema } from "effect"
import * as AuditNotes from "./files/AuditNotes.js"
import * as Checkpoints from "./files/Checkpoints.js"
import * as ConfigDirectory from "./files/ConfigDirectory.js"
import * as DatabaseFile from "./files/DatabaseFile.js"
import * as FileDirectory from "./files/FileDirectory.js"
import * as InstanceLock from "./files/InstanceLock.js"
import * as KeyFile from "./files/KeyFile.js"
import * as NoDirectory from "./files/NoDirectory.js"
import * as OutQueueRestore from "./files/OutQueueRestore.js"
import * as ScheduleMarksDirectory from "./files/ScheduleMarksDirectory.js"
import * as Scheduling from "./files/Scheduling.js"
import * as SpoolDirectory from "./files/SpoolDirectory.js"
import * as SqliteProblem from "./files/SqliteProblem.js"
import * as TrashDirectory from "./files/TrashDirectory.js"
import { Ucr } from "./files/Ucr.js"
import * as HistoryDatabase from "./history/HistoryDatabase.js"
import * as HistoryInThread from "./history/HistoryInThread.js"
import * as Keeping from "./history/Keeping.js"
import * as Figures from "./monitoring/Figures.js"
import * as Readiness from "./monitoring/Readiness.js"
import * as PluginFiles from "./plugins/PluginFiles.js"
import * as StrayErrors from "./plugins/StrayErrors.js"
import * as OpenRequests from "./process/OpenRequests.js"
import * as TrustedCertificates from "./process/TrustedCertificates.js"
import * as YieldToRequests from "./process/YieldToRequests.js"
import { directoryMissing, type LdapSetting, type Settings, SettingsInvalid } from "./Settings.js"
import * as UndiciTargetHttp from "./targets/UndiciTargetHttp.js"
import * as Upgrade from "./upgrade/Upgrade.js"

/** The database can't be opened or brought to the current form. */
export class StorageUnusable extends Schema.TaggedError<StorageUnusable>()("StorageUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `IDC_DATABASE_URL: the database ${this.file} can't be used: ${this.detail}`
  }
}

/** Queues and previous states, in SQLite. The file holds password hashes: nobody else may read it. */
const storage = ({ databaseFile }: Settings, threads: boolean) =>
  SqlQueueStore.layer.pipe(
    Layer.merge(threads ? Checkpoints.layer(databaseFile) : Layer.empty),
    Layer.provide(
      SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) }).pipe(
        Layer.provide(DatabaseFile.sound(databaseFile, Object.keys(migrations)))
      )
    ),
    Layer.provide(SqliteClient.layer({ filename: databaseFile })),
    Layer.provide(DatabaseFile.held(databaseFile)),
    // The driver throws when it opens a file that is no database.
    Layer.catchAllCause((cause) =>
      Layer.fail(
        new StorageUnusable({ file: databaseFile, detail: SqliteProblem.explain(databaseFile, Cause.squash(cause)) })
      )
    )
  )

const directory = ({
  directory,
  trust
}: Settings): Layer.Layer<
  Directory,
  FileDirectory.FileDirectoryInvalid | LdapDirectory.LdapUnsafe | SettingsInvalid,
  FileSystem.FileSystem
> => {
  switch (directory._tag) {
    case "File":
      return FileDirectory.layer(directory.path)
    case "Ldap":
      return ldap(directory, trust)
    case "None":
      return NoDirectory.layer(directoryMissing)
  }
}

/** How long the start waits for the source directory. */
const probeLimit = "5 seconds"

/**
 * Says before anything is delivered whether the source directory answers. Nobody is kept from starting: what is in the out queues
 * needs none, and the in queue waits for it.
 */
const probe = ({ directory }: Settings) =>
  Effect.gen(function* () {
    if (directory._tag === "None") {
      return yield* Effect.logWarning(
        `What is missing: ${directoryMissing}. Until then nobody can log in at the API, and changes of users wait in the in queue.`
      )
    }
    const found = yield* Effect.flatMap(Directory, ({ admins }) =>
      Effect.timeoutFail(admins, {
        duration: probeLimit,
        onTimeout: () => new DirectoryError({ operation: "administrators", detail: `no answer within ${probeLimit}` })
      })
    )
    if (found.length === 0) {
      yield* Effect.logWarning(`The group ${adminGroup} has no members: nobody can log in at the API.`)
    }
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.logWarning(
        "The source directory does not answer. Until it does, nobody can log in at the API, and changes of users wait in the in queue.",
        { reason: message }
      )
    ),
    Effect.annotateLogs({ module: "Directory" }),
    Layer.effectDiscard
  )

/** How long the LDAP server may take for an answer, in milliseconds. */
const ldapTimeLimit = 20_000

const ldap = (
  { base, caFile, host, hostDn, port, secretFile, tls }: LdapSetting,
  trust: TrustedCertificates.TrustSetting = TrustedCertificates.unset
) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const ca =
        caFile === null ? (yield* TrustedCertificates.telling(trust)).context : yield* certificatesOfLdap(caFile)
      return LdapDirectory.layer({
        server: { host, port, tls, ca, timeLimit: ldapTimeLimit },
        base,
        bindDn: hostDn,
        // Read for each connection: the host changes it now and then.
        password: Effect.map(fs.readFileString(secretFile), (text) => Redacted.make(text.trim()))
      })
    })
  )

const certificatesOfLdap = (file: string) =>
  Effect.try({
    try: () => TrustedCertificates.read({ file, setting: "IDC_LDAP_CA_FILE" }).join(""),
    catch: (problem) =>
      new SettingsInvalid({ problems: [problem instanceof Error ? problem.message : String(problem)] })
  })

const passwordDigest = ({ appDir }: Settings) =>
  Layer.unwrapEffect(Effect.map(KeyFile.loadOrCreate(`${appDir}/data/password-digest.key`), PasswordDigest.layer))

const domain = ({ layout }: Settings) =>
  Layer.effect(
    SourceDomain,
    Effect.gen(function* () {
      const ucr = yield* Ucr
      const base = layout.base ?? Option.getOrUndefined(yield* ucr.get("ldap/base"))
      if (base === undefined) {
        yield* Effect.logWarning("ldap_base is not set: school classes of every base DN are taken.")
      }
      return { layout: { ...layout, base }, sourceUid: ucr.sourceUid }
    })
  )

/** Those that are built in, and those in files. One that can't be used stops the start: what it would do must not be left out. */
const plugins = ({ appDir }: Settings) =>
  Layer.scoped(
    Plugins,
    Effect.gen(function* () {
      const { plugins, problems, python } = yield* PluginFiles.load(appDir)
      if (python.length > 0) yield* Effect.logWarning(PluginFiles.describePython(python))
      if (problems.length > 0) return yield* new PluginFiles.PluginsUnusable({ problems })
      if (plugins.length > 0) yield* StrayErrors.contain(`${appDir}/conf/plugins/`)
      for (const { hooks, name, origin } of plugins) {
        yield* Effect.logInfo("Loaded a plugin.", { plugin: name, file: origin, hooks: hooks.join(", ") })
      }
      return KelvinPlugin.withBuiltIn(plugins, yield* Effect.context<KelvinPlugin.Needs>())
    })
  )

const targetHttp = ({ appDir, proxy = null, trust = TrustedCertificates.unset }: Settings) =>
  UndiciTargetHttp.layerFor({ proxy, trust, directory: `${appDir}/conf` })

const trashDirectory = ({ appDir }: Settings) => `${appDir}/data/out_queues_trash`

/** What the schedule commands need: the source directory, and nothing of the queues. */
export const scheduling = (settings: Settings) =>
  Scheduling.layer(settings).pipe(Layer.provide([directory(settings), marks(settings)]))

const marks = ({ appDir }: Settings) => ScheduleMarksDirectory.layer(`${appDir}/data/scheduled`)

/** Who got what, when and why. Its file is beside the database, and grows for months: nobody waits for it. */
const history = ({ databaseFile, retention = Keeping.defaultRetention }: Settings, threads: boolean) => {
  const file = `${Path.dirname(databaseFile)}/history.db`
  return Keeping.layer(retention).pipe(
    Layer.provide(threads ? HistoryInThread.layer(file) : Layer.orDie(HistoryDatabase.layer(file)))
  )
}

/** What is told to whoever watches. */
const monitoring = (settings: Settings) =>
  Layer.provideMerge(
    Figures.layer({ ...settings, outQueueTrash: trashDirectory(settings) }),
    Readiness.layer({
      ...settings,
      written: [Path.resolve(settings.appDir, "data"), Path.resolve(Path.dirname(settings.databaseFile))]
    })
  )

/** The connector under these settings. It runs as long as the layer lives. Without `threads` there is one for everything. */
export const layer = (settings: Settings, { threads = true }: { readonly threads?: boolean } = {}) =>
  monitoring(settings).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        Connector.layer,
        OutQueueRestore.layer(trashDirectory(settings)),
        AuditNotes.layer(settings.appDir),
        history(settings, threads)
      )
    ),
    Layer.provide([Upgrade.layer(settings), Layer.succeed(KeepsHistory, true)]),
    Layer.provide([
      YieldToRequests.layer,
      SpoolDirectory.layer({ directory: settings.listenerDirectory, thread: threads }),
      TrashDirectory.layer(trashDirectory(settings))
    ]),
    Layer.provideMerge(Layer.merge(plugins(settings), Scheduling.layer(settings))),
    Layer.provide([passwordDigest(settings), targetHttp(settings), marks(settings)]),
    Layer.provideMerge(
      Layer.mergeAll(
        Events.layer,
        QueueNotifier.layer,
        storage(settings, threads),
        Layer.provideMerge(probe(settings), directory(settings)),
        domain(settings),
        OpenRequests.layer,
        ConfigDirectory.layer(settings.appDir)
      )
    ),
    Layer.provide(InstanceLock.layer(settings.appDir)),
    Layer.provide(SqliteDriver.layer)
  )
