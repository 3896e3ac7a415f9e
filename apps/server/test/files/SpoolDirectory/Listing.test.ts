import { assert, describe, it } from "@effect/vitest"
import * as Listing from "@id-connector/server/files/SpoolDirectory/Listing"

describe("an entry of the in queue's directory", () => {
  it("is a listener file when its name ends in .json", () => {
    assert.strictEqual(Listing.kindOf("a.json", false), "ListenerFile")
    assert.strictEqual(Listing.kindOf("a.json.tmp", false), "Stranger")
    assert.strictEqual(Listing.kindOf("a.JSON", false), "Stranger")
  })

  it("is a stranger when its name is no text, whatever it ends in", () => {
    assert.strictEqual(Listing.kindOf(null, false), "Stranger")
    assert.match(Listing.strangeness(null), /UTF-8/)
  })

  it("is no file when it is a directory, whatever its name is", () => {
    assert.strictEqual(Listing.kindOf("a.json", true), "Directory")
    assert.strictEqual(Listing.kindOf(null, true), "Directory")
  })
})
