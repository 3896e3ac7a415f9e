// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// This is about the process itself.
/** Who runs this process, as the operating system says. */
import * as Os from "node:os"
import process from "node:process"

/** `root`; `anna as root` where sudo says so; `uid 10001` where the user has no name. */
export const name = (): string => {
  const own = nameOf()
  const { SUDO_USER = "" } = process.env
  return process.getuid?.() === 0 && /^[\w.@-]{1,100}$/.test(SUDO_USER) && SUDO_USER !== own
    ? `${SUDO_USER} as ${own}`
    : own
}

const nameOf = (): string => {
  try {
    return Os.userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`
  }
}
