/**
 * Lines that wait to be written, each for one of several files. They are kept as bytes: as texts, tens of thousands of them
 * would be moved around in the heap until they are written.
 */

/** Lines that follow each other, and belong to the same file. */
export interface Run<File> {
  readonly file: File
  readonly bytes: Uint8Array
}

export interface LogBuffer<File> {
  readonly add: (file: File, line: string) => void
  /** Everything that waits, in its order. Nothing waits afterwards. */
  readonly take: () => ReadonlyArray<Run<File>>
}

/** A character of a JavaScript text takes so many bytes at most. */
const widest = 3

export const make = <File>(): LogBuffer<File> => {
  let buffer = Buffer.allocUnsafe(65_536)
  let length = 0
  let runs: Array<{ readonly file: File; end: number }> = []
  const reserve = (bytes: number) => {
    if (buffer.length - length >= bytes) return
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, length + bytes))
    buffer.copy(larger, 0, 0, length)
    buffer = larger
  }
  return {
    add: (file, line) => {
      reserve(line.length * widest + 1)
      length += buffer.write(line, length)
      length += buffer.write("\n", length)
      const last = runs.at(-1)
      if (last?.file === file) last.end = length
      else runs.push({ file, end: length })
    },
    take: () => {
      // A copy: what takes its time to be written must not change meanwhile.
      const bytes = Uint8Array.prototype.slice.call(buffer, 0, length)
      const taken = runs.map(({ end, file }, index) => ({
        file,
        bytes: bytes.subarray(runs[index - 1]?.end ?? 0, end)
      }))
      length = 0
      runs = []
      return taken
    }
  }
}
