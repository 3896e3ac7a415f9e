import { assert, describe, it } from "@effect/vitest"
import * as Pickle from "@id-connector/server/upgrade/Pickle"
import { Either } from "effect"

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

/** `python3 -c 'import pickle; print(pickle.dumps(VALUE, protocol=PROTOCOL).hex())'` */
const user = {
  /** {"schools": ["GYM", "GS"], "record_uid": "a", "source_uid": None}, protocol 5 */
  five: "8005953d000000000000007d94288c077363686f6f6c73945d94288c0347594d948c02475394658c0a7265636f72645f756964948c0161948c0a736f757263655f756964944e752e",
  /** The same with protocol 4. */
  four: "8004953d000000000000007d94288c077363686f6f6c73945d94288c0347594d948c02475394658c0a7265636f72645f756964948c0161948c0a736f757263655f756964944e752e",
  /** The same with protocol 2. */
  two: "80027d71002858070000007363686f6f6c7371015d710228580300000047594d710358020000004753710465580a0000007265636f72645f75696471055801000000617106580a000000736f757263655f75696471074e752e"
}

describe("A value that Python has pickled", () => {
  for (const [protocol, hex] of Object.entries(user)) {
    it(`is read from protocol ${protocol}`, () => {
      assert.deepStrictEqual(
        Pickle.decode(bytes(hex)),
        Either.right({ schools: ["GYM", "GS"], record_uid: "a", source_uid: null })
      )
    })
  }

  it("may have one text twice, which is written once", () => {
    // {"record_uid": (x := "a"), "source_uid": x}
    const hex = "80059525000000000000007d94288c0a7265636f72645f756964948c0161948c0a736f757263655f756964946802752e"
    assert.deepStrictEqual(Pickle.decode(bytes(hex)), Either.right({ record_uid: "a", source_uid: "a" }))
  })

  it("is refused, by name, when it would call something", () => {
    // os.system("true"), protocol 5
    const hex = "8005951f000000000000008c05706f736978948c0673797374656d9493948c047472756594859452942e"
    assert.match(Either.getOrThrow(Either.flip(Pickle.decode(bytes(hex)))), /STACK_GLOBAL.*never wrote/)
  })

  it("is refused wherever it breaks off or is damaged, and never in another way", () => {
    const whole = bytes(user.five)
    for (let length = 0; length < whole.length; length++) {
      assert.isTrue(Either.isLeft(Pickle.decode(whole.slice(0, length))), `${length} bytes`)
    }
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0x00, 0x28, 0x2e, 0x61, 0x65, 0x73, 0x75, 0x94, 0xff]) {
        const damaged = Uint8Array.from(whole)
        damaged[at] = byte
        assert.doesNotThrow(() => Pickle.decode(damaged))
      }
    }
  })
})
