import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as FileDirectory from "@id-connector/server/files/FileDirectory"
import * as ScheduleMarksDirectory from "@id-connector/server/files/ScheduleMarksDirectory"
import * as Scheduling from "@id-connector/server/files/Scheduling"
import { Context, Effect, Either, Layer } from "effect"

const directory = {
  users: [
    {
      uid: "anna",
      dn: "uid=anna,cn=schueler,cn=users,ou=S1,dc=example,dc=com",
      entryUUID: "0b8a5c5e-0000-4000-8000-000000000001",
      ucsschoolRole: ["student:school:S1"],
      schools: ["S1"]
    }
  ],
  groups: [
    {
      cn: "S1-1a",
      dn: "cn=S1-1a,cn=klassen,cn=schueler,cn=groups,ou=S1,dc=example,dc=com",
      entryUUID: "0b8a5c5e-0000-4000-8000-000000000002",
      ucsschoolRole: ["school_class:school:S1"],
      uniqueMember: ["uid=anna,cn=schueler,cn=users,ou=S1,dc=example,dc=com"]
    }
  ]
}

describe("Scheduling where nobody turns trigger files into listener files", () => {
  it.scoped("writes listener files into the in queue, users before groups", () =>
    Effect.gen(function* () {
      const place = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const listenerDirectory = join(place, "listener")
      Fs.writeFileSync(join(place, "directory.json"), JSON.stringify(directory))
      const context = yield* Layer.build(
        Scheduling.layer({ triggerDirectory: null, listenerDirectory }).pipe(
          Layer.provide([
            FileDirectory.layer(join(place, "directory.json")),
            ScheduleMarksDirectory.layer(join(place, "scheduled"))
          ])
        )
      )
      const { school, user } = Context.get(context, Scheduling.Scheduling)
      assert.deepStrictEqual(yield* school("S1", 1), { users: 1, groups: 1 })
      const files = Fs.readdirSync(listenerDirectory).sort()
      const read = files.map((file) =>
        Either.getOrThrow(ListenerObject.decodeText(Fs.readFileSync(join(listenerDirectory, file), "utf8")))
      )
      assert.deepStrictEqual(
        read.map((object) => [object._tag, ListenerObject.label(object)]),
        [
          ["ChangedUser", "anna"],
          ["ChangedGroup", "S1-1a"]
        ]
      )
      assert.match(files[0] ?? "", /^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{6}\.json$/)
      assert.strictEqual((yield* Effect.flip(user("nobody")))._tag, "ObjectUnknown")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
