// @effect-diagnostics nodeBuiltinImport:off globalDate:off
// Signals come to the process, not to an effect.
/**
 * The first SIGINT or SIGTERM begins an orderly end, and says what it waits for. npm and a terminal both pass a Ctrl-C on, so the
 * same one may come twice: what follows within half a second is taken for the first, what comes later ends the process at once.
 */
import process from "node:process"

const sameWithin = 500

/** The signal that has begun the end, as it is called. */
export const received = (): NodeJS.Signals | null => signal

let signal: NodeJS.Signals | null = null

export const install = (): void => {
  let first: number | null = null
  const onSignal = (name: NodeJS.Signals) => {
    const now = performance.now()
    if (first === null) {
      first = now
      signal = name
      process.stderr.write(
        "Stopping. Deliveries at work are finished and recorded, which takes ten seconds at most. A second Ctrl-C ends at once.\n"
      )
    }
    if (now - first > sameWithin) process.exit(130)
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
}
