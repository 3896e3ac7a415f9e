/**
 * How many items an out queue claims before they are delivered: enough that no worker waits while others are recorded and
 * claimed, and that what this costs is shared by many. Not more, as an item that is claimed is not merged with a newer change.
 */
import { Number as Num } from "effect"

/** For so long, in milliseconds. */
const ahead = 100

/** So many at least: one that is at work, and others that are ready, for each worker. */
export const least = (concurrency: number): number => 4 * concurrency

/** So many at most: what is claimed goes before a class that may be delivered just now. */
export const most = (concurrency: number): number => Math.max(64, least(concurrency))

/** The next window, after so many deliveries have ended in so many milliseconds. At least half, at most twice as many. */
export const next = (window: number, concurrency: number, ended: number, millis: number): number => {
  const fitting = Math.round((ended * ahead) / Math.max(millis, 1))
  const gradual = Num.clamp(fitting, { minimum: Math.floor(window / 2), maximum: 2 * window })
  return Num.clamp(gradual, { minimum: least(concurrency), maximum: most(concurrency) })
}
