// @effect-diagnostics nodeBuiltinImport:off globalDate:off
// Signals come to the process, not to an effect.
/**
 * The first SIGINT or SIGTERM begins an orderly end. npm and a terminal both pass a Ctrl-C on, so the same one may come
 * twice: what follows within two seconds is taken for the first, what comes later ends the process at once.
 */
import process from "node:process"

const sameWithin = 2_000

export const install = (): void => {
  let first: number | null = null
  const onSignal = () => {
    const now = Date.now()
    first ??= now
    if (now - first > sameWithin) process.exit(130)
  }
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
}
