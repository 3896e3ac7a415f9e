// @effect-diagnostics nodeBuiltinImport:off
// This is Node's own prompt.
/** The command `id-connector repl`: Node's prompt with Effect and the packages of the connector at hand. */
import process from "node:process"
import { start } from "node:repl"
import { Command } from "@effect/cli"
import { Effect } from "effect"
import { version } from "../Version.js"
import * as CommandShape from "./CommandShape.js"

/** What can be used without an import. It is loaded for this command only. */
const globals = Effect.promise(async () => {
  const [everything, api, core, kelvin, ldap, sql] = await Promise.all([
    import("effect"),
    import("@id-connector/api"),
    import("@id-connector/core"),
    import("@id-connector/kelvin"),
    import("@id-connector/ldap"),
    import("@id-connector/sql")
  ])
  return { ...everything, api, core, kelvin, ldap, sql, run: Effect.runPromise }
})

const greeting = `ID Connector ${version}. At hand are all modules of effect (Effect, Schema, ...), the packages api, core, kelvin, ldap and
sql, and run(effect), which answers with a promise: await run(Effect.succeed(1)). Ctrl-D ends it.
`

const open = (given: object) =>
  Effect.async<void>((resume) => {
    if (process.stdin.isTTY) process.stdout.write(greeting)
    const repl = start({ prompt: process.stdin.isTTY ? "> " : "" })
    const define = () => {
      for (const [name, value] of Object.entries(given)) {
        Object.defineProperty(repl.context, name, { value, configurable: true, enumerable: true, writable: true })
      }
    }
    define()
    repl.on("reset", define)
    repl.on("exit", () => resume(Effect.void))
    return Effect.sync(() => repl.close())
  })

export const command = Command.make("repl", {}, () => Effect.flatMap(globals, open)).pipe(
  Command.withDescription(
    CommandShape.describe("Opens Node's prompt with Effect and the packages of the connector at hand.", {
      example: "id-connector repl"
    })
  )
)
