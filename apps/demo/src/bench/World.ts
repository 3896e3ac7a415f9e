// @effect-diagnostics nodeBuiltinImport:off
// A directory as an administrator would make it.
/** What a benchmark works with: an application directory, configured for one target, and the connector on it. */
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { adminGroup } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Effect, type Scope } from "effect"
import * as Connector from "./Connector.js"
import * as InQueueFiles from "./InQueueFiles.js"
import * as Pupils from "./Pupils.js"

/** The authority that all schools belong to. */
export const authority = "Bench"

/** Who may use the API. */
export const administrator = { username: "admin", password: "secret" }

export interface World {
  readonly files: InQueueFiles.InQueueFiles
  /** The connector's. */
  readonly database: string
  /** A file beside the connector's database; its directory is there. */
  readonly file: (name: string) => Effect.Effect<string>
  readonly configure: (url: string, options: { readonly active: boolean; readonly concurrency?: number }) => void
  readonly serve: Effect.Effect<Connector.Connector, never, Scope.Scope>
}

/** A world of so many pupils. The directory is gone when the scope closes. */
export const make = (pupils: number): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(tmpdir(), "id-connector-bench-"))),
      (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
    )
    const conf = Path.join(directory, "conf")
    const authorities = Path.join(conf, "school_authorities")
    Fs.mkdirSync(authorities, { recursive: true })
    const files = InQueueFiles.make(directory)
    const mapping = Object.fromEntries(Pupils.schools.map((school) => [school, authority]))
    write(Path.join(conf, "schools_authorities_mapping.json"), { mapping })
    const { password, username } = administrator
    const admin = { uid: username, dn: `uid=${username},${Builders.base}`, password }
    write(Path.join(directory, "directory.json"), {
      users: [...Pupils.entries(pupils), admin],
      groups: [{ cn: adminGroup, uniqueMember: [admin.dn] }]
    })
    return {
      files,
      database: Path.join(directory, "data", "id-connector.db"),
      file: (name) =>
        Effect.sync(() => {
          Fs.mkdirSync(Path.join(directory, "data"), { recursive: true })
          return Path.join(directory, "data", name)
        }),
      configure: (url, { active, ...more }) =>
        write(
          Path.join(authorities, `${authority}.json`),
          Builders.authority(authority, {
            url,
            active,
            kelvin: { ssl_context: { check_hostname: false, verify_mode: 0 }, sync_password_hashes: true, ...more }
          })
        ),
      serve: Connector.start(directory)
    }
  })

/** For the owner only, as the connector asks for where a password is inside. */
const write = (file: string, content: unknown) => Fs.writeFileSync(file, JSON.stringify(content), { mode: 0o600 })
