/** What an effect prints, for tests to read. */
import { Console, Effect } from "effect"

/** A console whose `log` writes to a list. */
export const into = (lines: Array<string>): Console.Console => {
  const note = (...args: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(args.map(String).join(" ")))
  return new Proxy({} as Console.Console, {
    get: (_, key) => (key === "unsafe" ? globalThis.console : key === Console.TypeId ? Console.TypeId : note)
  })
}
