import { assert, describe, it } from "@effect/vitest"
import * as ClientAddress from "@id-connector/server/http/ClientAddress"

const isLocal = ClientAddress.trusting(ClientAddress.loopback)

describe("ClientAddress", () => {
  it("is the peer's, unless that is a proxy that is trusted", () => {
    assert.strictEqual(ClientAddress.of("203.0.113.7", "198.51.100.1", isLocal), "203.0.113.7")
    for (const proxy of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]) {
      assert.strictEqual(ClientAddress.of(proxy, "198.51.100.1", isLocal), "198.51.100.1")
    }
    assert.strictEqual(ClientAddress.of("127.0.0.1", undefined, isLocal), "127.0.0.1")
    assert.strictEqual(ClientAddress.of("127.0.0.1", "198.51.100.1", ClientAddress.trusting([])), "127.0.0.1")
  })

  it("is what the last proxy that is trusted has seen, whatever the client has written before", () => {
    const isTrusted = ClientAddress.trusting(["10.0.0.0/8", "fd00::/8", "127.0.0.1"])
    const of = (header: string) => ClientAddress.of("10.1.1.1", header, isTrusted)
    assert.strictEqual(of("1.1.1.1, 198.51.100.1"), "198.51.100.1")
    assert.strictEqual(of("1.1.1.1, 198.51.100.1, 10.2.2.2, 127.0.0.1"), "198.51.100.1")
    assert.strictEqual(of("1.1.1.1, 198.51.100.1:4711"), "198.51.100.1")
    assert.strictEqual(of("1.1.1.1,[2001:DB8::1]:4711"), "2001:db8::1")
    assert.strictEqual(of("::ffff:198.51.100.1"), "198.51.100.1")
    assert.strictEqual(of("10.9.9.9"), "10.9.9.9")
  })

  it("is the last known one where the header can't be read", () => {
    for (const header of ["", "unknown", "1.1.1.1, _hidden", "x".repeat(100_000), ",".repeat(100_000)]) {
      assert.strictEqual(ClientAddress.of("127.0.0.1", header, isLocal), "127.0.0.1")
    }
    assert.strictEqual(ClientAddress.of("", "1.1.1.1", isLocal), "")
  })

  it("counts as that of its network", () => {
    assert.strictEqual(ClientAddress.network("198.51.100.1"), "198.51.100.1")
    assert.strictEqual(ClientAddress.network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64")
    assert.strictEqual(ClientAddress.network("2001:db8::6"), "2001:db8:0:0::/64")
    assert.strictEqual(ClientAddress.network("::1"), "0:0:0:0::/64")
  })

  it("of a proxy is an address or a network", () => {
    for (const good of ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]) assert.isTrue(ClientAddress.isProxy(good))
    for (const bad of ["", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "a.example.com"]) {
      assert.isFalse(ClientAddress.isProxy(bad))
    }
  })
})
