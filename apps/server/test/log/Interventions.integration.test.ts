import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ServiceProcess from "@id-connector/testkit/ServiceProcess"
import { Effect } from "effect"
import { words } from "../cli/CommandProcess.js"
import { authority, people } from "../http/ApiWorld.js"

describe("What administrators do", { timeout: 60_000 }, () => {
  it.scopedLive("is one line each that says who, from where and what, and why a log in was refused", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      Fs.writeFileSync(join(directory, "directory.json"), JSON.stringify(people))
      const service = yield* ServiceProcess.serve(
        words("id-connector"),
        ServiceProcess.environment(directory),
        () => undefined
      )
      const address = yield* service.address
      const ask = (method: string, path: string, body?: unknown, token = "", from = "192.0.2.7") =>
        Effect.promise(async () => {
          const response = await fetch(`${address}${path}`, {
            method,
            // A proxy on this machine is believed.
            headers: {
              authorization: `Bearer ${token}`,
              "content-type": "application/json",
              "x-forwarded-for": from
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
          return { status: response.status, text: await response.text() }
        })
      const logIn = (username: string, password: string) =>
        Effect.promise(async () => {
          const body = new URLSearchParams({ username, password })
          const response = await fetch(address.replace(/v1$/, "token"), { method: "POST", body })
          return { status: response.status, text: await response.text() }
        })
      const refused = yield* Effect.forEach(
        [
          ["nobody", "s3cr3t"],
          ["admin", "wrong"],
          ["off", "s3cr3t"],
          ["pupil", "s3cr3t"]
        ] as const,
        ([name, password]) => logIn(name, password)
      )
      assert.strictEqual(new Set(refused.map(({ status, text }) => `${status} ${text}`)).size, 1)
      const token = JSON.parse((yield* logIn("admin", "s3cr3t")).text).access_token
      for (const _ of Array(11).keys()) yield* logIn("admin", "wrong")
      const steps = [
        ["POST", "/school_authorities", authority("T1"), "Created a school authority."],
        ["PATCH", "/school_authorities/T1", { active: false }, "Changed a school authority."],
        ["PUT", "/school_to_authority_mapping", { mapping: { S1: "T1" } }, "Replaced the mapping of schools."],
        ["POST", "/queues/T1/pause", undefined, "Paused an out queue by hand."],
        ["POST", "/queues/T1/resume", undefined, "Resumed an out queue that was paused by hand."],
        ["POST", "/queues/T1/retry?state=dead", undefined, "Items of an out queue are retried by hand."],
        ["POST", "/queues/T1/retry?state=held", undefined, "Deletions that were held back are confirmed by hand."],
        ["POST", "/queues/T1/discard?state=dead", undefined, "Discarded items of an out queue by hand."],
        ["DELETE", "/school_authorities/T1", undefined, "Removed a school authority."]
      ] as const
      for (const [method, path, body] of steps) {
        const { status, text } = yield* ask(method, path, body, token)
        assert.isBelow(status, 300, `${method} ${path}: ${text}`)
      }
      service.child.kill("SIGTERM")
      yield* service.ended
      const log = ["queues.log", "http.log"]
        .map((file) => Fs.readFileSync(join(directory, "log", file), "utf8"))
        .join("")
      const lines = log.trimEnd().split("\n")
      for (const [method, path, , sentence] of steps) {
        const its = lines.filter((line) => line.includes(sentence))
        assert.lengthOf(its, 1, `${method} ${path}`)
        assert.ok(/ by=admin/.test(its[0] ?? "") && / address=192\.0\.2\.7/.test(its[0] ?? ""), its[0])
      }
      assert.ok(lines.some((line) => line.includes("A school was added to the mapping.") && line.includes("school=S1")))
      for (const [name, reason] of [
        ["nobody", "there is no such user"],
        ["admin", "the password is wrong"],
        ["off", "the account is disabled"],
        ["pupil", "the user is in neither of the groups that may use the API"],
        ["admin", "too many log-ins have failed: the user waits"]
      ] as const) {
        assert.ok(
          lines.some(
            (line) =>
              line.includes("Rejected a login.") && / username=(\S+)/.exec(line)?.[1] === name && line.includes(reason)
          ),
          reason
        )
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
