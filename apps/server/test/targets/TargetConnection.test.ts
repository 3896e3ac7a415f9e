import { once } from "node:events"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Net from "node:net"
import { join } from "node:path"
import * as Tls from "node:tls"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { TlsRules } from "@id-connector/kelvin/client/TargetHttp"
import * as KelvinSimulator from "@id-connector/testkit/simulator/KelvinSimulator"
import * as KelvinSimulatorHttp from "@id-connector/testkit/simulator/KelvinSimulatorHttp"
import { Effect, Either } from "effect"
import * as TrustedCertificates from "../../src/process/TrustedCertificates.js"
import * as Proxy from "../../src/targets/Proxy.js"
import * as UndiciTargetHttp from "../../src/targets/UndiciTargetHttp.js"

const strict: TlsRules = { verifyCertificate: true, verifyHostname: true }

/** A real target with a certificate of its own, and a directory for files. */
const world = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const simulator = yield* KelvinSimulator.make({ schools: ["GYM1"] })
  const tls = yield* KelvinSimulatorHttp.certificate
  const target = yield* KelvinSimulatorHttp.serve(simulator, { tls })
  const write = (name: string, ...parts: ReadonlyArray<string>) => {
    Fs.writeFileSync(join(directory, name), parts.join("\n"))
    return join(directory, name)
  }
  const client = (
    rules: TlsRules,
    trust: TrustedCertificates.TrustSetting = TrustedCertificates.unset,
    proxy: Proxy.Proxy | null = null
  ) =>
    Effect.map(
      Effect.flatMap(UndiciTargetHttp.making({ trust, proxy, directory }), (http) =>
        http.client({ tls: rules, connections: 1 })
      ),
      (send) =>
        (url = target.url) =>
          Effect.match(
            send({
              method: "GET",
              url: `${url}openapi.json`,
              headers: { connection: "close" },
              body: null,
              timeLimit: 10
            }),
            {
              onSuccess: ({ status }) => String(status),
              onFailure: (error) => (error._tag === "Unreachable" ? String(error.cause) : error._tag)
            }
          )
    )
  return { directory, target, cert: tls.cert, other: Tls.rootCertificates[0] ?? "", write, client }
})

/** A proxy that takes CONNECT, and brings every host name to this machine. */
const proxy = (account: string | null = null) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<string> = []
      const sockets = new Set<Net.Socket>()
      const server = Http.createServer()
      server.on("connect", (request: Http.IncomingMessage, socket: Net.Socket) => {
        asked.push(request.url ?? "")
        sockets.add(socket)
        const expected = account === null ? undefined : `Basic ${Buffer.from(account).toString("base64")}`
        if (request.headers["proxy-authorization"] !== expected) {
          return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        }
        const there = Net.connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
          socket.pipe(there).pipe(socket)
        })
        sockets.add(there)
        for (const end of [socket, there]) end.on("error", () => end.destroy())
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as Net.AddressInfo
      return { asked, server, sockets, url: `127.0.0.1:${port}` }
    }),
    ({ server, sockets }) =>
      Effect.promise(async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => server.close(resolve))
      })
  )

const proxyOf = (value: string, except = "") => Either.getOrThrow(Proxy.parse("HTTPS_PROXY", value, except))

describe("A connection to a target", () => {
  it.scopedLive(
    "trusts the certificates in IDC_CA_FILE, however many there are, and reads the file again when it changes",
    () =>
      Effect.gen(function* () {
        const { cert, client, other, write } = yield* world
        const trust = { own: write("all.pem", "Some words", other), system: null }
        const get = yield* client(strict, trust)
        assert.match(yield* get(), /self-signed certificate/)
        write("all.pem", other, "more words", cert)
        assert.strictEqual(yield* get(), "200")
        // Half a file, while the host writes it: what was trusted stays trusted.
        write("all.pem", "-----BEGIN CERTIFICATE-----")
        assert.strictEqual(yield* get(), "200")
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("trusts SSL_CERT_FILE when nothing else is said, and does without it when it can't be used", () =>
    Effect.gen(function* () {
      const { cert, client, other, write } = yield* world
      const file = write("system.pem", cert)
      assert.strictEqual(yield* (yield* client(strict, { own: null, system: file }))(), "200")
      assert.match(yield* (yield* client(strict, { own: write("o.pem", other), system: file }))(), /self-signed/)
      assert.match(yield* (yield* client(strict, { own: null, system: "/no/such/file" }))(), /self-signed/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("trusts the authority's own file besides, from where the configuration is", () =>
    Effect.gen(function* () {
      const { cert, client, other, write } = yield* world
      write("traeger1.pem", cert)
      const own = write("all.pem", other)
      assert.strictEqual(yield* (yield* client({ ...strict, caFile: "traeger1.pem" }, { own, system: null }))(), "200")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says which file of an authority is wrong and why, works for others, and works once it is right", () =>
    Effect.gen(function* () {
      const { cert, client, directory, target, write } = yield* world
      const get = yield* client({ ...strict, caFile: "mine.pem" })
      const file = join(directory, "mine.pem")
      assert.include(yield* get(), `ssl_context.ca_file: ${file} does not exist. A file with one or more certificates`)
      write("mine.pem", "no certificate")
      assert.include(yield* get(), `ssl_context.ca_file: ${file} holds no certificate.`)
      write("mine.pem", cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
      assert.include(yield* get(), "holds 2 certificates, but number 2 can't be read")
      assert.strictEqual(yield* (yield* client({ ...strict, verifyCertificate: false, caFile: "no.pem" }))(), "200")
      write("mine.pem", cert)
      assert.strictEqual(yield* get(target.url), "200")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is of no version of TLS that the authority does not want", () =>
    Effect.gen(function* () {
      const { cert, client, write } = yield* world
      const caFile = write("ca.pem", cert)
      assert.strictEqual(yield* (yield* client({ ...strict, caFile, oldest: "1.3" }))(), "200")
      assert.match(yield* (yield* client({ ...strict, caFile, newest: "1.1" }))(), /Error/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive(
    "goes through the proxy that HTTPS_PROXY names, checks the target's certificate, and tells nobody the password",
    () =>
      Effect.gen(function* () {
        const { cert, client, target, write } = yield* world
        const { asked, url } = yield* proxy("anna:s3cret")
        const caFile = write("ca.pem", cert)
        const there = target.url.replace("localhost", "kelvin.example.com")
        const through = proxyOf(`http://anna:s3cret@${url}`)
        const rules = { ...strict, verifyHostname: false, caFile }
        assert.strictEqual(yield* (yield* client(rules, undefined, through))(there), "200")
        assert.deepStrictEqual(asked, [`kelvin.example.com:${target.port}`])
        assert.match(
          yield* (yield* client({ ...strict, caFile }, undefined, through))(there),
          /ERR_TLS_CERT_ALTNAME|altnames/
        )
        assert.match(yield* (yield* client(strict, undefined, through))(there), /self-signed/)
        const refused = yield* (yield* client(rules, undefined, proxyOf(`http://anna:wrong@${url}`)))(there)
        assert.include(
          refused,
          `the proxy http://${url} refuses the way to kelvin.example.com:${target.port}: status 407`
        )
        assert.notInclude(`${refused} ${JSON.stringify(through)}`, "wrong")
        assert.notInclude(JSON.stringify(through), Buffer.from("anna:s3cret").toString("base64"))
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("goes around it to this machine, and says who does not answer when the proxy does not", () =>
    Effect.gen(function* () {
      const { cert, client, target, write } = yield* world
      const caFile = write("ca.pem", cert)
      const nobody = proxyOf("127.0.0.1:1")
      assert.strictEqual(yield* (yield* client({ ...strict, caFile }, undefined, nobody))(), "200")
      const there = target.url.replace("localhost", "kelvin.example.com")
      assert.match(
        yield* (yield* client({ ...strict, caFile }, undefined, nobody))(there),
        /the proxy http:\/\/127.0.0.1:1 does not answer: .*ECONNREFUSED.*\. HTTPS_PROXY names this proxy/
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("NO_PROXY", () => {
  it("takes names, domains, addresses, networks and ports, and everything", () => {
    const goes = (except: string, host: string, port = 443) => Proxy.isFor(proxyOf("http://p:3128", except), host, port)
    assert.isTrue(goes("", "kelvin.example.com"))
    assert.isFalse(goes("other.com, example.com", "kelvin.Example.com"))
    assert.isFalse(goes(".example.com", "kelvin.example.com"))
    assert.isFalse(goes("*.example.com", "kelvin.example.com"))
    assert.isTrue(goes("ample.com", "kelvin.example.com"))
    assert.isFalse(goes("*", "kelvin.example.com"))
    assert.isFalse(goes("example.com:8443", "example.com", 8443))
    assert.isTrue(goes("example.com:8443", "example.com"))
    assert.isFalse(goes("10.0.0.0/8", "10.1.2.3"))
    assert.isTrue(goes("10.0.0.0/8,10.0.0.0/99", "11.1.2.3"))
    assert.isFalse(goes("192.0.2.7", "192.0.2.7"))
    assert.isFalse(goes("fd00::/8", "[fd00::1]"))
    for (const here of ["localhost", "127.0.0.1", "[::1]"]) assert.isFalse(goes("", here))
  })

  it("is for a proxy that has an address, which is shown without its password", () => {
    const parsed = Proxy.parse("https_proxy", "ftp://anna:s3cret@proxy", "")
    assert.match(Either.isLeft(parsed) ? parsed.left : "", /^https_proxy: is no address of a proxy/)
    assert.notInclude(JSON.stringify(parsed), "s3cret")
    assert.strictEqual(proxyOf("proxy.example.com:3128").url, "http://proxy.example.com:3128")
  })
})
