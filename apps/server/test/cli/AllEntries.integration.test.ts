import { execFile } from "node:child_process"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { HistoryStoreError, type HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import * as Filled from "../history/Filled.js"
import { people, world } from "../http/ApiWorld.js"
import * as CommandProcess from "./CommandProcess.js"

/** A connector with a long history, and a shell in which commands ask it. */
const connected = (entries: number, history?: (store: HistoryStoreShape) => HistoryStoreShape) =>
  Effect.gen(function* () {
    const at = yield* Filled.make(entries, 20)
    const { port } = yield* world(people, undefined, { at, ...(history === undefined ? {} : { history }) })
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      IDC_API_TOKEN: "",
      IDC_API_URL: `http://127.0.0.1:${port}`,
      IDC_API_USER: "admin",
      IDC_API_PASSWORD: "s3cr3t"
    }
    const idc = (...args: ReadonlyArray<string>) => CommandProcess.run("id-connector", args, env)
    const words = [process.execPath, ...CommandProcess.words("id-connector")].map((word) => `'${word}'`).join(" ")
    /** Of a pipe it answers with the code of the first command that failed. */
    const bash = (line: string) =>
      Effect.async<CommandProcess.Ended>((resume) => {
        const script = `set -o pipefail; ${line.replace("id-connector", words)}`
        const child = execFile("bash", ["-c", script], { env, maxBuffer: 1e9 }, (_, out, err) =>
          resume(Effect.succeed({ code: child.exitCode ?? -1, out: out.trim(), err: err.trim() }))
        )
      })
    return { bash, idc }
  }).pipe(Effect.provide(NodeContext.layer), quietly)

describe("history list --all and audit list --all", { timeout: 120_000 }, () => {
  it.scopedLive("print all as JSON lines, and end without a word when nobody reads on", () =>
    Effect.gen(function* () {
      const { bash, idc } = yield* connected(6_000)
      const all = yield* bash("id-connector history list --all | wc -l")
      assert.deepStrictEqual(all, { code: 0, out: "6000", err: "" })
      const head = yield* bash("id-connector history list --all | head -n 1")
      assert.deepStrictEqual([head.code, head.err], [0, ""])
      assert.strictEqual(JSON.parse(head.out).id, 6_000)
      assert.lengthOf((yield* idc("history", "list", "--all", "--before", "3")).out.split("\n"), 2)
      assert.lengthOf((yield* idc("audit", "list", "--all", "--by", "odd")).out.split("\n"), 10)
      assert.deepStrictEqual(yield* idc("history", "list", "--all", "--name", "nobody"), { code: 0, out: "", err: "" })
      assert.deepStrictEqual(yield* idc("audit", "list", "--all", "--limit", "5"), {
        code: 2,
        out: "",
        err: "--all and --limit are given, one of the two is expected."
      })
    })
  )

  it.scopedLive("say that it is not all when the history can't be read on, or the output can't be written", () =>
    Effect.gen(function* () {
      const { bash } = yield* connected(2_000, (store) => ({
        ...store,
        list: (filter) =>
          filter.name === undefined && (filter.before ?? 2_000) < 500
            ? new HistoryStoreError({ operation: "list", cause: new Error("the disk is gone") })
            : store.list(filter)
      }))
      const broken = yield* bash("id-connector history list --all | wc -l")
      assert.strictEqual(broken.code, 1)
      assert.match(broken.err, /^The answer broke off, what has come is not all: .+\.$/)
      assert.isBelow(Number(broken.out), 2_000)
      const full = yield* bash("id-connector history list --all --name user1 > /dev/full")
      assert.deepStrictEqual(full, {
        code: 1,
        out: "",
        err: "Standard output can't be written: ENOSPC: no space left on device, write."
      })
    })
  )
})
