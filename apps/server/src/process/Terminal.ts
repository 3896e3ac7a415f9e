// @effect-diagnostics nodeBuiltinImport:off processEnv:off
// This is about the process's own terminal.
/** Where the output of this process goes: a terminal, as wide as it is, or something that only wants the text. */
import process from "node:process"

interface Output {
  readonly isTerminal: boolean
  /** In characters; 80 where nobody knows. */
  readonly width: number
  /** Whether escape codes are understood, and wanted (https://no-color.org). */
  readonly hasColour: boolean
}

const look = (stream: NodeJS.WriteStream): Output => {
  const isTerminal = stream.isTTY === true
  const { NO_COLOR, TERM } = process.env
  return {
    isTerminal,
    width: isTerminal && stream.columns > 0 ? stream.columns : 80,
    hasColour: isTerminal && (NO_COLOR ?? "") === "" && TERM !== "dumb"
  }
}

/** Standard output, as it is now. */
export const output = (): Output => look(process.stdout)

/** Standard error, as it is now. */
export const errors = (): Output => look(process.stderr)
