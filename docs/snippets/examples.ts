/** The three examples of what the packages are for, each as one asks for it: prints what comes of them. */
import { Effect, Either, Logger, LogLevel } from "effect"
import { reasons } from "./packages/core.js"
import { users as inMemory } from "./packages/testkit.js"
import { users as forReal } from "./whole-connector.js"

const quietly = Logger.withMinimumLogLevel(LogLevel.None)

console.log(JSON.stringify({ decision: Either.getOrThrow(reasons) }))
console.log(JSON.stringify({ scenario: (await Effect.runPromise(quietly(inMemory)))?.map(({ name }) => name) }))
console.log(JSON.stringify({ connector: (await Effect.runPromise(quietly(forReal))).map(({ name }) => name) }))
