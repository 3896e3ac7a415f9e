/** What administrators do by accident, or at an unlucky moment, loses nothing: the whole service on files and SQLite. */
import * as Fs from "node:fs"
import { join } from "node:path"
import { HttpClientRequest } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as OutQueueRestore from "@id-connector/server/files/OutQueueRestore"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { authority, world } from "./ApiWorld.js"

/** Until something is so. The files are looked at every two seconds. */
const until = <A, E, R>(effect: Effect.Effect<A, E, R>, is: (value: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(effect, (value) =>
    is(value) ? Effect.succeed(value) : Effect.zipRight(Effect.sleep("50 millis"), until(effect, is))
  )

const drop = (appDir: string, name: string, content: unknown) =>
  Effect.sync(() => {
    const beside = join(appDir, `${name}.beside`)
    Fs.writeFileSync(beside, JSON.stringify(content))
    Fs.renameSync(beside, join(appDir, "data", "listener", name))
  })

const pupil = (name: string) => Builders.user(name, { schools: ["School1"], id: `id-${name}` })

const lengthOf = (body: unknown, name: string) =>
  (body as ReadonlyArray<{ readonly name: string; readonly length: number }>).find((queue) => queue.name === name)
    ?.length

const errorsIn = (configuration: unknown) => (configuration as { errors: ReadonlyArray<string> }).errors

/** With a school authority "North", to which School1 is mapped. */
const northernWorld = Effect.tap(world(), ({ as, send }) =>
  Effect.zipRight(
    send("POST", "/v1/school_authorities", as(authority("North"))),
    send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "North" } }))
  )
)

describe("Accidents with the configuration", () => {
  it.scopedLive("leave the queue of an authority whose file is away as it is, and go on when it is back", () =>
    quietly(
      Effect.gen(function* () {
        const { appDir, as, http, send } = yield* world()
        yield* send("POST", "/v1/school_authorities", as(authority("North")))
        yield* send("POST", "/v1/school_authorities", as(authority("South")))
        yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "North" } }))
        yield* drop(appDir, "1.json", pupil("anna"))
        const file = join(appDir, "conf", "school_authorities", "North.json")
        const status = Effect.map(send("GET", "/v1/school_authorities/North/status", as()), ({ body }) => body)
        yield* until(status, (body) => JSON.stringify(body?.items).includes('"waiting":1'))
        yield* send("POST", "/v1/queues/North/pause", as())
        Fs.renameSync(file, `${file}.away`)
        const gone = yield* until(status, (body) => body?.not_configured !== null)
        assert.match(JSON.stringify(gone?.not_configured), /Not configured since 20.*, 1 waiting/)
        assert.strictEqual(lengthOf((yield* send("GET", "/v1/queues", as())).body, "North"), 1)
        const metrics = yield* http
          .execute(
            HttpClientRequest.get(`${prefix}/v1/metrics`, { headers: { authorization: `Bearer ${as().token}` } })
          )
          .pipe(Effect.flatMap(({ text }) => text))
        assert.match(metrics, /id_connector_authority_configured\{school_authority="North"\} 0/)
        assert.match(metrics, /id_connector_authority_configured\{school_authority="South"\} 1/)
        yield* drop(appDir, "2.json", pupil("berta"))
        yield* until(status, (body) => JSON.stringify(body?.items).includes('"waiting":2'))
        Fs.renameSync(`${file}.away`, file)
        const back = yield* until(status, (body) => body?.not_configured === null)
        assert.deepInclude(back?.items, { waiting: 2 })
        assert.isFalse(Fs.existsSync(join(appDir, "data", "out_queues_trash")))
      })
    )
  )

  it.scopedLive(
    "keep the last mapping when its file is empty, is missing, or has no schools, unless that is meant",
    () =>
      quietly(
        Effect.gen(function* () {
          const { appDir, as, send } = yield* northernWorld
          const file = join(appDir, "conf", "schools_authorities_mapping.json")
          const errors = Effect.map(send("GET", "/v1/school_authorities/North/status", as()), ({ body }) =>
            errorsIn(body?.configuration)
          )
          for (const content of ["{}", '{"mapping":{}}', "", null]) {
            if (content === null) Fs.rmSync(file)
            else Fs.writeFileSync(file, content)
            const [error] = yield* until(errors, (found) =>
              found.some((one) => content !== null || one.includes("missing"))
            )
            assert.match(error ?? "", /The last mapping stays in effect/)
            const mapping = yield* send("GET", "/v1/school_to_authority_mapping", as())
            assert.deepStrictEqual<unknown>(mapping.body, { mapping: { School1: "North" } })
          }
          yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: {} }))
          assert.deepStrictEqual(yield* errors, [])
          assert.deepStrictEqual<unknown>((yield* send("GET", "/v1/school_to_authority_mapping", as())).body, {
            mapping: {}
          })
        })
      )
  )

  it.scopedLive("warn of a mapping to nobody, whose changes wait, and refuse a school in two spellings", () =>
    quietly(
      Effect.gen(function* () {
        const { appDir, as, send } = yield* world()
        yield* send("POST", "/v1/school_authorities", as(authority("South")))
        const put = yield* send("PUT", "/v1/school_to_authority_mapping", as({ mapping: { School1: "North" } }))
        assert.match(String(put.body?.warnings), /"North" is not configured/)
        // Before anything waits for it, and at the others, too: its name may be theirs, misspelt.
        for (const name of ["North", "South"]) {
          const { body, status } = yield* send("GET", `/v1/school_authorities/${name}/status`, as())
          assert.strictEqual(status, 200)
          assert.match(JSON.stringify(body?.configuration), /"North\\" is not configured/)
          const check = yield* send("POST", `/v1/school_authorities/${name}/check`, as())
          assert.match(JSON.stringify(check.body?.findings), /warning.*"North\\" is not configured/)
          if (name === "North") assert.strictEqual(check.body?.ok, false)
          assert.strictEqual(
            JSON.stringify(body?.not_configured).includes("Not configured, 0 waiting"),
            name === "North"
          )
        }
        assert.strictEqual((yield* send("GET", "/v1/school_authorities/West/status", as())).status, 404)
        assert.strictEqual((yield* send("POST", "/v1/school_authorities/West/check", as())).status, 404)
        yield* drop(appDir, "1.json", pupil("anna"))
        yield* until(send("GET", "/v1/queues", as()), ({ body }) => lengthOf(body, "North") === 1)
        yield* send("POST", "/v1/school_authorities", as(authority("North")))
        const status = yield* send("GET", "/v1/school_authorities/North/status", as())
        assert.deepInclude(status.body?.items, { waiting: 1 })
        const twice = yield* send(
          "PUT",
          "/v1/school_to_authority_mapping",
          as({ mapping: { Gym: "North", GYM: "South" } })
        )
        assert.strictEqual(twice.status, 422)
        assert.match(JSON.stringify(twice.body), /Gym and GYM/)
      })
    )
  )

  it.scopedLive(
    "say what stops deliveries in the answer to PATCH and POST, and what is broken on disk in the status",
    () =>
      quietly(
        Effect.gen(function* () {
          const { appDir, as, send } = yield* world()
          yield* send("POST", "/v1/school_authorities", as(authority("North")))
          const patch = yield* send(
            "PATCH",
            "/v1/school_authorities/North",
            as({ plugin_configs: { kelvin: { concurrency: 99 } } })
          )
          assert.strictEqual(patch.status, 200)
          assert.match(JSON.stringify(patch.body?.warnings), /concurrency/)
          const south = { ...authority("South"), plugin_configs: { kelvin: { concurrency: 99 } } }
          const post = yield* send("POST", "/v1/school_authorities", as(south))
          assert.strictEqual(post.status, 201)
          assert.match(JSON.stringify(post.body?.warnings), /concurrency/)
          const file = join(appDir, "conf", "school_authorities", "North.json")
          const good = Fs.readFileSync(file, "utf8")
          Fs.writeFileSync(file, `${"[".repeat(200_000)}${"]".repeat(200_000)}`)
          const status = Effect.map(send("GET", "/v1/school_authorities/North/status", as()), ({ body }) => body)
          const broken = yield* until(status, (body) => JSON.stringify(body?.configuration).includes("North.json"))
          assert.match(JSON.stringify(broken?.configuration), /levels of lists|can't be used|an object like the file/)
          // A change that has not seen the hand edit does not overwrite it.
          const refused = yield* send("PATCH", "/v1/school_authorities/North", as({ active: true }))
          assert.strictEqual(refused.status, 500)
          assert.match(String(refused.body?.detail), /changed by hand/)
          Fs.writeFileSync(file, good.replace('"concurrency": 99', '"concurrency": 3'))
          const patched = yield* send("PATCH", "/v1/school_authorities/North", as({ active: true }))
          assert.strictEqual(patched.status, 200)
          assert.match(Fs.readFileSync(file, "utf8"), /"concurrency": 3/)
          assert.match(Fs.readFileSync(file, "utf8"), /"active": true/)
        })
      )
  )

  it.scopedLive(
    "delete only what is deleted: one made anew inherits nothing, and what waited comes back by a command",
    () =>
      quietly(
        Effect.gen(function* () {
          const { appDir, as, send } = yield* northernWorld
          for (let n = 0; n < 20; n++) yield* drop(appDir, `1${n}.json`, pupil(`p${n}`))
          yield* until(send("GET", "/v1/queues/North/items", as()), ({ body }) => JSON.stringify(body).includes("p19"))
          yield* send("POST", "/v1/queues/North/pause", as())
          assert.strictEqual((yield* send("DELETE", "/v1/school_authorities/North", as())).status, 204)
          assert.strictEqual((yield* send("POST", "/v1/school_authorities", as(authority("North")))).status, 201)
          const status = Effect.map(send("GET", "/v1/school_authorities/North/status", as()), ({ body }) => body)
          const anew = yield* status
          assert.deepInclude(anew?.items, { waiting: 0, held: 0, dead: 0 })
          assert.isNull(anew?.paused)
          // Of what came after its creation nothing goes to the trash.
          yield* drop(appDir, "2.json", pupil("p3"))
          yield* until(status, (body) => JSON.stringify(body?.items).includes('"waiting":1'))
          const trash = join(appDir, "data", "out_queues_trash")
          const listed = Effect.sync(() => (Fs.existsSync(trash) ? Fs.readdirSync(trash) : []))
          const [name = ""] = yield* until(
            listed,
            (names) => names.length === 1 && Fs.readdirSync(join(trash, names[0] ?? "")).length === 20
          )
          assert.deepInclude((yield* status)?.items, { waiting: 1 })
          yield* OutQueueRestore.request(trash, name)
          yield* until(status, (body) => JSON.stringify(body?.items).includes('"waiting":20'))
          assert.match((yield* Effect.flip(OutQueueRestore.request(trash, "nothing"))).message, /There are: none/)
        }).pipe(Effect.provide(NodeContext.layer))
      )
  )

  it.scopedLive(
    "show the file that holds up the in queue, and go on when it does not change, whatever its time stamp says",
    () =>
      quietly(
        Effect.gen(function* () {
          const { appDir, as, send } = yield* northernWorld
          const cut = join(appDir, "data", "listener", "1.json")
          Fs.writeFileSync(cut, JSON.stringify(pupil("anna")).slice(0, 80))
          const future = new Date(Date.now() + 90 * 86_400_000)
          Fs.utimesSync(cut, future, future)
          yield* drop(appDir, "2.json", pupil("berta"))
          const inQueue = Effect.map(send("GET", "/v1/queues/InQueue", as()), ({ body }) => body)
          const held = yield* until(inQueue, (body) => body?.held_up !== undefined)
          assert.deepStrictEqual([held?.head, held?.length], ["1.json", 2])
          assert.match(String(held?.held_up), /breaks off/)
          const after = yield* until(inQueue, (body) => body?.length === 0)
          assert.notProperty(after, "held_up")
          assert.deepStrictEqual(Fs.readdirSync(join(appDir, "data", "listener", "trash")), ["1.json"])
          assert.match(JSON.stringify((yield* send("GET", "/v1/queues/North/items", as())).body), /berta/)
        })
      )
  )
})
