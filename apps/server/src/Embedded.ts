/**
 * A connector inside another program, with defaults for everything: the configuration and the changes come as values, the storage
 * is SQLite, in a file or in memory, and the plugins are those of the Kelvin REST API.
 */
import { FileSystem } from "@effect/platform"
import { SqliteClient, SqliteMigrator } from "@effect/sql-sqlite-node"
import * as Connector from "@id-connector/core/Connector"
import * as ConfigValues from "@id-connector/core/config/ConfigValues"
import { Directory } from "@id-connector/core/directory/Directory"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as Events from "@id-connector/core/events/Events"
import * as Problems from "@id-connector/core/input/Problems"
import * as Submissions from "@id-connector/core/queue/in/Submissions"
import * as OutQueueTrash from "@id-connector/core/queue/out/OutQueueTrash"
import * as QueueNotifier from "@id-connector/core/queue/QueueNotifier"
import { defaultLayout, SourceDomain } from "@id-connector/core/schools/SourceDomain"
import { type Plugin, Plugins } from "@id-connector/core/targets/Plugin"
import * as PasswordDigest from "@id-connector/kelvin/delivery/PasswordDigest"
import * as KelvinPlugin from "@id-connector/kelvin/KelvinPlugin"
import { migrations } from "@id-connector/sql/Migrations"
import * as SqliteDriver from "@id-connector/sql/SqliteDriver"
import * as SqlQueueStore from "@id-connector/sql/SqlQueueStore"
import { Effect, Layer, Redacted, Schema } from "effect"
import * as KeyFile from "./files/KeyFile.js"
import * as SecureRandom from "./process/SecureRandom.js"
import * as UndiciTargetHttp from "./targets/UndiciTargetHttp.js"

export interface Options extends ConfigValues.Values {
  /** Path of the SQLite file. Default: in memory, and gone with the layer. It holds password hashes of what waits. */
  readonly database?: string
  /** The source directory: a layer, or what `IDC_DIRECTORY=file:` would hold. Default: nobody, so that no password hashes are sent. */
  readonly directory?: Layer.Layer<Directory> | { readonly [key: string]: unknown }
  /** Besides `kelvin` and `kelvin-partial-group-sync`. */
  readonly plugins?: ReadonlyArray<Plugin<KelvinPlugin.Needs>>
  /** Base DN of the source directory. Default: classes of every base are taken. */
  readonly base?: string
  /** For users without a source UID of their own. Default `TESTID`. */
  readonly sourceUid?: string
}

/** The directory is none. */
export class DirectoryInvalid extends Schema.TaggedError<DirectoryInvalid>()("DirectoryInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.problems.join("\n")
  }
}

/**
 * Runs a connector as long as the layer lives. Changes go in through `Submissions`, the configuration is changed through
 * `ConfigValues`, and `Connector`, `Events` tell what happens.
 */
export const layer = (options: Options) =>
  Connector.layer.pipe(
    Layer.provide(pluginsOf(options)),
    Layer.provideMerge(Submissions.layer),
    Layer.provide([
      OutQueueTrash.none,
      QueueNotifier.layer,
      UndiciTargetHttp.layer,
      keyOf(options),
      directoryOf(options),
      Layer.succeed(SourceDomain, {
        layout: { ...defaultLayout, base: options.base },
        sourceUid: Effect.succeed(options.sourceUid ?? "TESTID")
      })
    ]),
    Layer.provideMerge(Layer.mergeAll(ConfigValues.layer(options), Events.layer, storageOf(options)))
  )

const pluginsOf = ({ plugins = [] }: Options) =>
  Layer.effect(
    Plugins,
    Effect.map(Effect.context<KelvinPlugin.Needs>(), (context) => KelvinPlugin.withBuiltIn(plugins, context))
  )

const storageOf = ({ database = ":memory:" }: Options) =>
  SqlQueueStore.layer.pipe(
    Layer.provide(SqliteMigrator.layer({ loader: SqliteMigrator.fromRecord(migrations) })),
    Layer.provide(SqliteClient.layer({ filename: database })),
    Layer.provide(Layer.merge(SqliteDriver.layer, onlyForOneself(database)))
  )

/** It holds password hashes. */
const onlyForOneself = (database: string) =>
  database === ":memory:"
    ? Layer.empty
    : Layer.effectDiscard(
        Effect.flatMap(FileSystem.FileSystem, (fs) =>
          fs.writeFile(database, new Uint8Array(), { flag: "a", mode: 0o600 })
        )
      )

/** What tells whether hashes were sent has to outlive the process as the database does. */
const keyOf = ({ database }: Options) =>
  Layer.unwrapEffect(
    Effect.map(
      database === undefined ? Effect.map(KeyFile.random, Redacted.make) : KeyFile.loadOrCreate(`${database}.key`),
      PasswordDigest.layer
    )
  ).pipe(Layer.provide(SecureRandom.layer))

const directoryOf = ({ directory = {} }: Options): Layer.Layer<Directory, DirectoryInvalid> =>
  Layer.isLayer(directory)
    ? (directory as Layer.Layer<Directory>)
    : Layer.effect(
        Directory,
        Schema.decodeUnknown(DirectoryContent.DirectoryContent, { errors: "all" })(directory).pipe(
          Effect.mapBoth({
            onFailure: (error) =>
              new DirectoryInvalid({ problems: Problems.describe(error).map((problem) => `directory.${problem}`) }),
            onSuccess: DirectoryContent.directory
          })
        )
      )
