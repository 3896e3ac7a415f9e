// @effect-diagnostics nodeBuiltinImport:off
// See SpoolFiles: synchronous reads.
/**
 * Bytes of many files, one after the other in one piece of memory: it is handed to another thread without being copied, where
 * texts would be written out and read again one by one.
 */
import * as Fs from "node:fs"

export interface Bytes {
  readonly length: number
  /** Reads a file of about this size to its end. Answers with a view that is good until the next call. */
  readonly append: (handle: number, size: number) => Buffer
  /** All that was appended, in memory of its own. Nothing is left afterwards. */
  readonly take: () => Uint8Array
}

/** What is kept for the next time, in bytes. */
const kept = 1024 * 1024

export const make = (): Bytes => {
  let buffer = Buffer.allocUnsafeSlow(kept)
  let length = 0
  /** Doubled at least: not many times for one large file. */
  const reserve = (size: number) => {
    if (buffer.length - length >= size) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, length + size))
    buffer.copy(larger, 0, 0, length)
    buffer = larger
  }
  return {
    get length() {
      return length
    },
    append: (handle, size) => {
      const start = length
      for (;;) {
        // One more than there should be: whether the file has grown is to be seen without another call.
        reserve(Math.max(1, start + size - length) + 1)
        const read = Fs.readSync(handle, buffer, length, buffer.length - length, null)
        length += read
        if (read === 0 || length - start >= size) return buffer.subarray(start, length)
      }
    },
    take: () => {
      const bytes = Uint8Array.prototype.slice.call(buffer, 0, length)
      length = 0
      if (buffer.length > kept) buffer = Buffer.allocUnsafeSlow(kept)
      return bytes
    }
  }
}
