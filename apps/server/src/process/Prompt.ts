// @effect-diagnostics nodeBuiltinImport:off
// This is about the process's own terminal.
/** Asks whoever sits at the terminal. What is asked goes to standard error: standard output may go into a file. */
import process from "node:process"
import { createInterface } from "node:readline"
import { Effect } from "effect"

/** Whether somebody is there to answer. */
export const isPossible = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** What was entered. Ctrl-C and Ctrl-D end it with nothing. */
export const line = (question: string): Effect.Effect<string> =>
  Effect.async<string>((resume) => {
    const reader = createInterface({ input: process.stdin, output: process.stderr })
    let answer = ""
    reader.once("close", () => resume(Effect.succeed(answer)))
    reader.once("SIGINT", () => {
      process.stderr.write("\n")
      reader.close()
    })
    reader.question(question, (entered) => {
      answer = entered.trim()
      reader.close()
    })
    return Effect.sync(() => reader.close())
  })

/** What was entered, without showing it. Ctrl-C and Ctrl-D end it with nothing. */
export const hidden = (question: string): Effect.Effect<string> =>
  Effect.async<string>((resume) => {
    const { stdin } = process
    let entered = ""
    const end = (answer: string) => {
      stdin.off("data", onData).setRawMode(false)
      stdin.pause()
      process.stderr.write("\n")
      resume(Effect.succeed(answer))
    }
    const onData = (text: string) => {
      for (const letter of text) {
        if (letter === "\r" || letter === "\n") return end(entered)
        if (letter === "\u0003" || letter === "\u0004") return end("")
        entered = letter === "\u007f" || letter === "\b" ? [...entered].slice(0, -1).join("") : entered + letter
      }
    }
    stdin.setRawMode(true).setEncoding("utf8")
    stdin.on("data", onData).resume()
    process.stderr.write(question)
  })
