/** How many files the in queue takes over at once. */
import { Number as Num } from "effect"

/** So many files at least: each transaction costs something by itself. */
export const least = 64

/** So many at most: more of them save nothing. */
export const most = 256

/** A batch should keep everything else waiting for no longer, in milliseconds: a request needs several turns. */
const aim = 12

/** A multiple of so many: storages write such numbers of rows with one or two statements. */
const step = 32

/**
 * The size of the next batch, after one of so many files has taken so many milliseconds. At least half, at most twice as
 * many, and a multiple of `step`.
 */
export const next = (size: number, files: number, millis: number): number => {
  if (files === 0) return size
  const fitting = Math.round((files * aim) / Math.max(millis, 1))
  // A batch that was cut short says that so many fit, not that more would not.
  const wanted = files < size && millis <= aim ? Math.max(size, fitting) : fitting
  const gradual = Num.clamp(wanted, { minimum: Math.floor(size / 2), maximum: 2 * size })
  return Num.clamp(Math.floor(gradual / step) * step, { minimum: least, maximum: most })
}
