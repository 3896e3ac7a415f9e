// @effect-diagnostics nodeBuiltinImport:off
/**
 * Effect's `Random` on the operating system's secure source, for everything the running connector draws: passwords of new
 * accounts, request ids, jitter.
 */
import { randomInt } from "node:crypto"
import { Chunk, Effect, Layer, Random } from "effect"

const between = (min: number, max: number) => (max - min > 1 ? randomInt(min, max) : min)
const unit = () => randomInt(0, 2 ** 47) / 2 ** 47

const secure: Random.Random = {
  [Random.RandomTypeId]: Random.RandomTypeId,
  next: Effect.sync(unit),
  nextBoolean: Effect.sync(() => randomInt(0, 2) === 1),
  nextInt: Effect.sync(() => randomInt(-(2 ** 46), 2 ** 46)),
  nextRange: (min, max) => Effect.sync(() => min + unit() * (max - min)),
  nextIntBetween: (min, max) => Effect.sync(() => between(min, max)),
  shuffle: (elements) =>
    Effect.sync(() => {
      const shuffled = [...elements]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = between(0, last + 1)
        const kept = shuffled.slice(last, last + 1)
        shuffled.splice(last, 1, ...shuffled.slice(other, other + 1))
        shuffled.splice(other, 1, ...kept)
      }
      return Chunk.fromIterable(shuffled)
    })
}

export const layer: Layer.Layer<never> = Layer.setRandom(secure)
