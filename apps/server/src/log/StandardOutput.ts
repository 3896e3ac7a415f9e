/**
 * Standard output, which somebody reads or nobody does. What is not read is kept up to a limit, and then let go: the log files have
 * it, and deliveries go on.
 */
import type { Writable } from "node:stream"

/** Bytes that wait to be read, at most. */
const most = 4 * 1024 * 1024

export interface StandardOutput {
  readonly print: (bytes: string | Uint8Array) => void
  /** Whole pieces that were let go since this was asked last, in bytes; 0 as long as it is still full. */
  readonly lost: () => number
}

/** Nobody is to see it. */
export const none: StandardOutput = { print: () => undefined, lost: () => 0 }

export const make = (stream: Writable, limit: number = most): StandardOutput => {
  let lost = 0
  // Whoever read the output may go away.
  stream.on("error", () => undefined)
  const isFull = (): boolean => stream.writableLength > limit
  return {
    print: (bytes) => {
      if (stream.destroyed) return
      if (isFull()) {
        lost += bytes.length
        return
      }
      try {
        stream.write(bytes)
      } catch {
        lost += bytes.length
      }
    },
    lost: () => {
      if (isFull() || stream.destroyed) return 0
      const count = lost
      lost = 0
      return count
    }
  }
}
