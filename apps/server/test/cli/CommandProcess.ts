/** Commands, run as processes of their own. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Whether everything is built, and as it is in the sources. `npm test` sees to it: processes start in half the time then. */
const isBuilt = process.env.ID_CONNECTOR_BUILT === "true"

/** The words that start an executable of this package, as it is built or on its sources. */
export const words = (executable: string): ReadonlyArray<string> => [
  ...(isBuilt ? [] : ["--conditions=@id-connector/source", "--import", "tsx"]),
  fileURLToPath(new URL(`../../bin/${executable}.js`, import.meta.url))
]

/** Runs one to its end, with nobody at a terminal. `input` is what it reads. */
export const run = (
  executable: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  input = ""
): Effect.Effect<Ended> =>
  Effect.async<Ended>((resume) => {
    const child = execFile(process.execPath, [...words(executable), ...args], { env }, (_, out, err) =>
      resume(Effect.succeed({ code: child.exitCode ?? -1, out: out.trim(), err: err.trim() }))
    )
    child.stdin?.end(input)
    return Effect.sync(() => child.kill("SIGKILL"))
  })
