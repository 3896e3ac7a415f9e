import * as Fs from "node:fs"
import { join } from "node:path"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Schedule } from "effect"
import { people, world } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

interface Question {
  readonly question: string
  readonly command: string
  readonly method: "GET" | "POST"
  readonly path: string
}

const page = new URL("../../../../docs/questions.md", import.meta.url)

const questions: ReadonlyArray<Question> = Fs.readFileSync(page, "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, question, command, method, path] =
      /^\| (.+\?) \| `id-connector (.+)` \| .*`(GET|POST) (\S+)` \|$/.exec(line) ?? []
    return question === undefined || command === undefined || method === undefined || path === undefined
      ? []
      : [{ question, command, method: method === "POST" ? "POST" : "GET", path }]
  })

const anna = Builders.user("anna", { schools: ["A"] })

/** What is said about anna, and what only North's night can be asked for; the others find what is there in any case. */
const saysMore: { readonly [question: string]: RegExp } = {
  "Is everything all right?": /North: 1 dead letter/,
  "Which causes do the dead letters have?": /422|no such school/,
  "Why does she not have an account at North?": /North: does not have it/,
  "Who discarded her?": /discarded at North by admin/,
  "Who has looked at her?": /admin .*history\.object +user\/anna/,
  "And what not?": /given up at North/,
  "Who has paused North?": /admin .*queues\.pause +North/,
  "What did admin do?": /queues\.discard/
}

describe("The page of questions", { timeout: 240_000 }, () => {
  it.scopedLive("has a command and a call for each, and both answer it", () =>
    Effect.gen(function* () {
      const simulator = yield* KelvinSimulator.make({ schools: ["A"] })
      const target = yield* KelvinSimulatorHttp.serve(simulator)
      const api = yield* world({
        ...people,
        users: [
          ...people.users,
          { uid: "anna", dn: anna.dn, entryUUID: anna.id, schools: ["A"], ucsschoolRole: ["student:school:A"] }
        ]
      })
      const env = {
        ...process.env,
        IDC_API_URL: `http://127.0.0.1:${api.port}`,
        IDC_API_USER: "admin",
        IDC_API_PASSWORD: "s3cr3t"
      }
      const kelvin = { ssl_context: { verify_mode: 0, check_hostname: false } }
      const drop = (count: number) => {
        Fs.writeFileSync(join(api.appDir, "new"), JSON.stringify(anna))
        Fs.renameSync(
          join(api.appDir, "new"),
          join(api.settings.listenerDirectory, `2026-02-03-08-00-00-00000${count}.json`)
        )
      }
      const dead = (count: number) =>
        Effect.repeat(
          Effect.map(
            api.send("GET", "/v1/history?outcome=dead", api.as()),
            ({ body }) => (body as unknown as ReadonlyArray<unknown>).length
          ),
          { until: (found) => found === count, schedule: Schedule.spaced("50 millis") }
        )
      // Two attempts in vain; the first dead letter is discarded.
      simulator.fail({
        path: "/users",
        method: "POST",
        times: 2,
        effect: { _tag: "Status", status: 422, body: { detail: "no such school" } }
      })
      yield* api.send(
        "POST",
        "/v1/school_authorities",
        api.as(Builders.authority("North", { url: target.url, kelvin }))
      )
      yield* api.send("PUT", "/v1/school_to_authority_mapping", api.as({ mapping: { A: "North" } }))
      drop(1)
      yield* dead(1)
      yield* api.send("POST", "/v1/queues/North/discard?state=dead", api.as())
      drop(2)
      yield* dead(2)
      yield* api.send("POST", "/v1/queues/North/pause", api.as())

      assert.isAtLeast(questions.length, 12)
      for (const { command, method, path, question } of questions) {
        const { code, err, out } = yield* CommandProcess.run("id-connector", command.split(" "), env)
        // What needs somebody is told by the exit code, too.
        assert.ok(code === 0 || question === "Is everything all right?", `${command}: ${err}`)
        assert.notStrictEqual(out, "", command)
        assert.match(out, saysMore[question] ?? /./, question)
        const answer = yield* api.send(method, `/v1${path}`, api.as(method === "POST" ? { user: "anna" } : undefined))
        assert.strictEqual(answer.status, 200, path)
      }
    }).pipe(Effect.provide(NodeContext.layer), quietly)
  )
})
