import { execFileSync } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { nameOf, Spool, type SpoolShape } from "@id-connector/core/queue/in/Spool"
import * as SpoolDirectory from "@id-connector/server/files/SpoolDirectory"
import * as Bytes from "@id-connector/server/files/SpoolDirectory/Bytes"
import * as Content from "@id-connector/server/files/SpoolDirectory/Content"
import * as Removal from "@id-connector/server/files/SpoolDirectory/Removal"
import * as SpoolFiles from "@id-connector/server/files/SpoolDirectory/SpoolFiles"
import { Effect, Fiber, Layer, Stream } from "effect"

/** A spool on a real directory, and the directory. */
const worldWith = ({ thread }: { readonly thread: boolean }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = join(yield* fs.makeTempDirectoryScoped(), "listener")
    const context = yield* Layer.build(SpoolDirectory.layer({ directory, thread }))
    const spool = yield* Effect.provide(Spool, context)
    const write = (name: string, content: string | Buffer) => Fs.writeFileSync(join(directory, name), content)
    return { directory, spool, write, trashed: () => Fs.readdirSync(join(directory, "trash")).sort() }
  }).pipe(Effect.provide(NodeContext.layer))

const world = worldWith({ thread: false })

/** Everything a look finds. */
const readAll = (spool: SpoolShape) => Effect.zipRight(spool.look, spool.next(100))

describe("SpoolDirectory", () => {
  it.scoped("lists names in order, strangers with their reason, and directories that look like files", () =>
    Effect.gen(function* () {
      const { directory, spool, write } = yield* world
      for (const name of ["b.json", "a.json", "a_ready.json", "notes.txt"]) write(name, "{}")
      Fs.mkdirSync(join(directory, "x.json"))
      Fs.mkdirSync(join(directory, "other"))
      const { directories, strangers, waiting } = yield* spool.look
      assert.strictEqual(waiting, 3)
      const files = [...(yield* spool.next(2)), ...(yield* spool.next(2))]
      assert.deepStrictEqual(files.map(nameOf), ["a.json", "a_ready.json", "b.json"])
      assert.deepStrictEqual(yield* spool.next(2), [])
      assert.deepStrictEqual(
        strangers.map(({ name, reason }) => [name, reason]),
        [["notes.txt", "the name does not end in .json"]]
      )
      assert.deepStrictEqual(directories, ["x.json"])
    })
  )

  it.scoped("reads no file before an earlier one, while they are moved in", () =>
    Effect.gen(function* () {
      const base = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const [listener, staged] = [join(base, "listener"), join(base, "staged")]
      const files = SpoolFiles.make(listener)
      const names = Array.from({ length: 10_000 }, (_, index) => `${String(index).padStart(5, "0")}.json`)
      Fs.mkdirSync(staged)
      for (const name of names) Fs.writeFileSync(join(staged, name), "{}")
      const move = `
        const { names, from, to } = require("node:worker_threads").workerData
        for (const name of names) require("node:fs").renameSync(from + "/" + name, to + "/" + name)`
      const mover = new Worker(move, { eval: true, workerData: { names, from: staged, to: listener } })
      yield* Effect.promise(() => once(mover, "online"))
      const next = () => (files({ _tag: "next", limit: 256 }) as SpoolFiles.Batch).entries
      const read: Array<string> = []
      while (read.length < names.length) {
        files({ _tag: "look" })
        for (let entries = next(); entries.length > 0; entries = next()) {
          const found = entries.flatMap((entry) => (entry._tag === "Stretch" ? [entry.name] : []))
          read.push(...found)
          files({ _tag: "remove", names: found })
        }
      }
      assert.deepStrictEqual(read, names)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reads on with what came since the look, later names only: the others are for the next look", () =>
    Effect.gen(function* () {
      const { spool, write } = yield* world
      write("b.json", "{}")
      yield* spool.look
      write("a.json", "{}")
      write("c.json", "{}")
      const names = Effect.map(spool.next(10), (entries) => entries.map(nameOf))
      assert.deepStrictEqual(yield* names, ["b.json", "c.json"])
      assert.deepStrictEqual(yield* names, [])
      yield* spool.look
      assert.deepStrictEqual(yield* names, ["a.json", "b.json", "c.json"])
    })
  )

  it.scoped("keeps the order of more names than it holds at once, though files read before are still there", () =>
    Effect.gen(function* () {
      const directory = join(
        yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()),
        "listener"
      )
      const files = SpoolFiles.make(directory, 3)
      const names = Array.from({ length: 20 }, (_, index) => `${String((index * 7) % 20).padStart(2, "0")}.json`)
      for (const name of names) Fs.writeFileSync(join(directory, name), "{}")
      assert.deepInclude(files({ _tag: "look" }), { waiting: 20 })
      const read: Array<string> = []
      const next = () => (files({ _tag: "next", limit: 4 }) as SpoolFiles.Batch).entries
      for (let entries = next(); entries.length > 0; entries = next()) {
        for (const entry of entries) if (entry._tag === "Stretch") read.push(entry.name)
      }
      assert.deepStrictEqual(read, [...names].sort())
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("follows no link, and is not held up by a pipe", () =>
    Effect.gen(function* () {
      const { directory, spool } = yield* world
      Fs.symlinkSync("/etc/passwd", join(directory, "link.json"))
      execFileSync("mkfifo", [join(directory, "pipe.json")])
      Fs.writeFileSync(join(directory, "gone.json"), "{}")
      yield* spool.look
      Fs.rmSync(join(directory, "gone.json"))
      const entries = yield* spool.next(9)
      assert.deepStrictEqual(
        entries.map((entry) => (entry._tag === "Unusable" ? entry.reason : entry._tag)),
        ["Gone", "it is a symbolic link: these are not followed", "it is not a regular file"]
      )
      assert.deepStrictEqual(yield* spool.gone(["gone.json", "link.json"]), ["gone.json"])
      yield* spool.trash(["link.json"])
      assert.ok(Fs.lstatSync(join(directory, "trash", "link.json")).isSymbolicLink())
    })
  )

  it.skipIf(!Fs.existsSync("/dev/shm"))("moves files to a trash on another file system", () => {
    const [directory, trash] = [Fs.mkdtempSync("/tmp/listener-"), Fs.mkdtempSync("/dev/shm/trash-")]
    try {
      assert.notStrictEqual(Fs.statSync(directory).dev, Fs.statSync(trash).dev)
      for (const content of ["1", "2"]) {
        Fs.writeFileSync(join(directory, "a.json"), content)
        Removal.moveTo(trash, "a.json", join(directory, "a.json"))
      }
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
      assert.deepStrictEqual(
        Fs.readdirSync(trash).map((name) => Fs.readFileSync(join(trash, name), "utf8")),
        ["1", "2"]
      )
    } finally {
      for (const one of [directory, trash]) Fs.rmSync(one, { recursive: true })
    }
  })

  it("does not take a read that fails for a fault of the file", () => {
    // A regular file that can be opened, and whose first page can't be read.
    const { entry } = Content.read("/proc/self/mem", "1.json", Bytes.make())
    assert.strictEqual(entry._tag, "Failed")
    assert.match(entry._tag === "Failed" ? entry.reason : "", /^it can't be read: EIO/)
  })

  it.scoped("tells text from what is none, and a character that is cut off from one that is wrong", () =>
    Effect.gen(function* () {
      const { spool, write } = yield* world
      write("good.json", "\ufeffJörg")
      write("cut.json", Buffer.from("Jö").subarray(0, 2))
      write("wrong.json", Buffer.from([0x4a, 0xff, 0x4a]))
      const entries = yield* readAll(spool)
      assert.deepStrictEqual(
        entries.map((entry) => (entry._tag === "Content" ? entry.text : entry._tag === "Unusable" && entry.unfinished)),
        [true, "Jörg", false]
      )
    })
  )

  it.scoped("gives the same content the same digest, and other content another", () =>
    Effect.gen(function* () {
      const { spool, write } = yield* world
      write("a.json", "1")
      write("b.json", "1")
      write("c.json", "2")
      const entries = yield* readAll(spool)
      const [a, b, c] = entries.map((entry) => (entry._tag === "Content" ? entry.file.digest : ""))
      assert.ok(a === b && a !== c)
    })
  )

  it.scoped("stops reading when much has been read, and always reads one file", () =>
    Effect.gen(function* () {
      const { spool, write } = yield* world
      write("a.json", "x".repeat(9 * 1024 * 1024))
      write("b.json", "x")
      assert.strictEqual((yield* readAll(spool)).length, 1)
      assert.strictEqual((yield* spool.next(9)).length, 1)
    })
  )

  it.scoped("never overwrites a file in the trash with another", () =>
    Effect.gen(function* () {
      const { spool, trashed, write } = yield* world
      for (const content of ["1", "2", "2", "3"]) {
        write("a.json", content)
        yield* spool.trash(["a.json", "gone.json"])
      }
      assert.deepStrictEqual(trashed(), ["a.json", "a.json.1", "a.json.2"])
    })
  )

  it.scoped("moves and removes what it can, and says why the first of the others stays", () =>
    Effect.gen(function* () {
      const { directory, spool, trashed, write } = yield* world
      // Nothing can be appended to the name.
      const long = `${"a".repeat(250)}.json`
      write(long, "1")
      write("b.json", "2")
      yield* spool.trash([long])
      write(long, "other")
      const moved = yield* spool.trash([long, "b.json"])
      assert.deepStrictEqual(moved.names, ["b.json"])
      assert.match(moved.problem ?? "", /ENAMETOOLONG/)
      assert.deepStrictEqual(trashed(), [long, "b.json"])

      Fs.mkdirSync(join(directory, "c.json"))
      write("d.json", "3")
      const removed = yield* spool.remove(["c.json", "d.json"])
      assert.deepStrictEqual(removed.names, ["d.json"])
      assert.match(removed.problem ?? "", /c\.json/)
      assert.deepStrictEqual(Fs.readdirSync(directory).sort(), [long, "c.json", "trash"])
    })
  )

  it.scoped("moves files whose names are no text, under a name that can be read", () =>
    Effect.gen(function* () {
      const { directory, spool, trashed } = yield* world
      Fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/odd`), Buffer.from([0xfe]), Buffer.from(".json")]), "x")
      const { strangers, waiting } = yield* spool.look
      assert.deepStrictEqual([waiting, strangers.map(({ name }) => name)], [0, ["odd\\xfe.json"]])
      yield* spool.trash(strangers.map(({ name }) => name))
      assert.deepStrictEqual(trashed(), ["odd\\xfe.json"])
    })
  )

  it.scoped("removes files, those that are gone included", () =>
    Effect.gen(function* () {
      const { directory, spool, write } = yield* world
      write("a.json", "1")
      yield* spool.remove(["a.json", "gone.json"])
      assert.deepStrictEqual(Fs.readdirSync(directory), ["trash"])
    })
  )

  it.scoped("does not remove what was put under the name of a file after that was read", () =>
    Effect.gen(function* () {
      const { directory, spool, write } = yield* world
      write("a.json", "1")
      yield* readAll(spool)
      write("new.json", "another")
      Fs.renameSync(join(directory, "new.json"), join(directory, "a.json"))
      yield* spool.remove(["a.json"])
      assert.deepStrictEqual(
        (yield* readAll(spool)).map((entry) => (entry._tag === "Content" ? entry.text : entry._tag)),
        ["another"]
      )
      yield* spool.remove(["a.json"])
      assert.deepStrictEqual(Fs.readdirSync(directory), ["trash"])
    })
  )

  it.scopedLive("does the same in a thread of its own, whose errors arrive", () =>
    Effect.gen(function* () {
      const { directory, spool, trashed, write } = yield* worldWith({ thread: true })
      write("a.json", "Jörg")
      write("b.json", "2")
      const [a] = yield* readAll(spool)
      assert.strictEqual(a?._tag === "Content" && a.text, "Jörg")
      yield* spool.remove(["a.json"])
      yield* spool.trash(["b.json"])
      assert.deepStrictEqual([Fs.readdirSync(directory), trashed()], [["trash"], ["b.json"]])
      Fs.rmSync(directory, { recursive: true })
      const error = yield* Effect.flip(spool.look)
      assert.match(error.message, /directory failed at "list": ENOENT/)
    })
  )

  it.scopedLive("emits once it watches, when a file comes, and for what came while nobody listened", () =>
    Effect.gen(function* () {
      const { spool, write } = yield* world
      const sign = yield* Stream.toPull(spool.changes)
      yield* sign
      for (const name of ["a.json", "b.json", "c.json"]) {
        // Nobody listens now: that it came is known all the same.
        write(name, "1")
        yield* Effect.timeout(sign, "10 seconds")
      }
      const next = yield* Effect.fork(sign)
      yield* Effect.yieldNow()
      write("d.json", "1")
      yield* Effect.timeout(Fiber.join(next), "10 seconds")
    })
  )

  it.scopedLive("emits all the same when the directory can't be watched", () =>
    Effect.gen(function* () {
      const { directory, spool } = yield* world
      Fs.rmSync(directory, { recursive: true })
      const sign = yield* Stream.toPull(spool.changes)
      yield* Effect.timeout(sign, "10 seconds")
    })
  )
})
