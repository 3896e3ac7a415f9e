import { assert, describe, it } from "@effect/vitest"
import * as Pace from "@id-connector/core/queue/in/Pace"

/** What a pass over the directory reads, with batches that take as long as they should. */
const pass = (pace: Pace.Pace, batches: number) => {
  const read: Array<number> = []
  let current = Pace.looked(pace)
  for (let index = 0; index < batches; index++) {
    read.push(Pace.toRead(current))
    current = Pace.hasRead(current)
  }
  return { read, pace: current }
}

describe("Pace", () => {
  it("begins each pass with a small batch, so that the next one is read while it is stored", () => {
    const first = pass(Pace.initial, 4)
    assert.deepStrictEqual(first.read, [64, 128, 256, 256])
    assert.deepStrictEqual(pass(first.pace, 2).read, [64, 128])
  })

  it("keeps to what a slow storage bears, also in the next pass", () => {
    const slow = [1, 2, 3].reduce((pace) => Pace.hasStored(pace, Pace.toRead(pace), 100), Pace.initial)
    assert.deepStrictEqual(pass(slow, 3).read, [64, 64, 64])
  })

  it("makes one batch last first, then twice as many together each time, up to eight", () => {
    const numbers: Array<number> = []
    let pace = Pace.looked(Pace.initial)
    for (let index = 0; index < 5; index++) {
      numbers.push(pace.flushedTogether)
      pace = Pace.hasFlushed(pace)
    }
    assert.deepStrictEqual(numbers, [1, 2, 4, 8, 8])
  })
})
