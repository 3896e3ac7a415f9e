/** How much the in queue does at once: pure. */
import * as BatchSize from "./BatchSize.js"

/**
 * So many batches wait for the disk together at most: together they cost less, but the files of the first ones can be removed
 * while the next ones are stored.
 */
const flushedTogetherAtMost = 8

export interface Pace {
  /** Files of a batch, as measured. */
  readonly batch: number
  /** Files of the next batch at most: while a small one is stored, the next one can be read. */
  readonly rampUp: number
  /** Batches that wait for the disk together next. */
  readonly flushedTogether: number
}

export const initial: Pace = { batch: BatchSize.most, rampUp: BatchSize.least, flushedTogether: 1 }

/** The directory is looked at anew: it begins with little. */
export const looked = (pace: Pace): Pace => ({ ...initial, batch: pace.batch })

/** How many files are read next. */
export const toRead = ({ batch, rampUp }: Pace): number => Math.min(batch, rampUp)

export const hasRead = (pace: Pace): Pace => ({ ...pace, rampUp: 2 * toRead(pace) })

/** So many files have been stored in so many milliseconds. */
export const hasStored = (pace: Pace, files: number, millis: number): Pace => ({
  ...pace,
  batch: BatchSize.next(pace.batch, files, millis)
})

export const hasFlushed = (pace: Pace): Pace => ({
  ...pace,
  flushedTogether: Math.min(2 * pace.flushedTogether, flushedTogetherAtMost)
})
