import * as Fs from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Site from "@id-connector/server/http/Site"
import * as SiteHttp from "@id-connector/server/http/SiteHttp"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { people, world } from "./ApiWorld.js"

const script = "window.x = 1"
const html = (title: string) =>
  `<!doctype html><title>${title}</title><script>${script}</script><a href="${Site.builtFor}api">API</a>`

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
  Effect.provide(NodeContext.layer)
)

/** A connector with a small site, and how it is asked. */
const small = Effect.gen(function* () {
  const directory = join(yield* temporary, "site")
  const files = {
    "index.html": html("Home"),
    "api.html": html("API"),
    "404.html": html("Nothing here"),
    "assets/style.1a2b.css": "body { color: black }".repeat(100),
    "reference/index.html": html("Reference")
  }
  for (const [name, text] of Object.entries(files)) {
    Fs.mkdirSync(join(directory, name, ".."), { recursive: true })
    Fs.writeFileSync(join(directory, name), text)
  }
  Fs.writeFileSync(join(directory, "..", "secret.html"), "not for everybody")
  const { port } = yield* world(people, directory)
  const get = (path: string, headers: Record<string, string> = {}) =>
    Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: "manual" }))
  const text = (path: string) =>
    Effect.flatMap(get(path), (response) =>
      Effect.promise(async () => [response.status, await response.text()] as const)
    )
  return { directory, get, text }
})

describe("The documentation site", () => {
  it.scopedLive("has pages without an ending, indexes of directories, and a page for what is not there", () =>
    Effect.gen(function* () {
      const { get, text } = yield* small
      assert.deepStrictEqual(yield* text(Site.builtFor), [200, html("Home")])
      assert.deepStrictEqual(yield* text(`${Site.builtFor}api?from=somewhere`), [200, html("API")])
      assert.deepStrictEqual(yield* text(`${Site.builtFor}%61pi.html`), [200, html("API")])
      assert.deepStrictEqual(yield* text(`${Site.builtFor}reference/`), [200, html("Reference")])
      assert.deepStrictEqual(yield* text(`${Site.builtFor}nowhere`), [404, html("Nothing here")])
      const redirect = yield* get(Site.builtFor.slice(0, -1))
      assert.deepStrictEqual([redirect.status, redirect.headers.get("location")], [307, Site.builtFor])
    }).pipe(quietly)
  )

  it.scopedLive("is below the API's own address, too, with links of that address", () =>
    Effect.gen(function* () {
      const { text } = yield* small
      const [, page] = yield* text(`${prefix}/docs/api`)
      assert.include(page, `<a href="${prefix}/docs/api">`)
    }).pipe(quietly)
  )

  it.scopedLive("names its inline scripts by their hashes, and allows nothing from elsewhere", () =>
    Effect.gen(function* () {
      const { get } = yield* small
      const policy = String((yield* get(Site.builtFor)).headers.get("content-security-policy"))
      assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-[^']+'; /)
      assert.notMatch(policy, /https?:|script-src[^;]*unsafe/)
    }).pipe(quietly)
  )

  it.scopedLive("is compressed, and sent again only when it has changed", () =>
    Effect.gen(function* () {
      const { get } = yield* small
      const path = `${Site.builtFor}assets/style.1a2b.css`
      for (const [accepted, encoding] of [
        ["gzip, deflate, br", "br"],
        ["gzip", "gzip"],
        ["identity", null]
      ] as const) {
        const response = yield* get(path, { "accept-encoding": accepted })
        assert.strictEqual(response.headers.get("content-encoding"), encoding)
        assert.strictEqual(response.headers.get("cache-control"), "public, max-age=31536000, immutable")
        assert.strictEqual(yield* Effect.promise(() => response.text()), "body { color: black }".repeat(100))
      }
      const page = yield* get(Site.builtFor)
      assert.strictEqual(page.headers.get("cache-control"), "no-cache")
      const again = yield* get(Site.builtFor, { "if-none-match": String(page.headers.get("etag")) })
      assert.deepStrictEqual([again.status, yield* Effect.promise(() => again.text())], [304, ""])
    }).pipe(quietly)
  )

  it.scopedLive("reads no file that a request names", () =>
    Effect.gen(function* () {
      const { text } = yield* small
      for (const path of [
        "..%2fsecret",
        "..%2fsecret.html",
        "assets/..%2f..%2fsecret.html",
        "%2e%2e/secret.html",
        "%",
        "%ff",
        "api%00"
      ]) {
        const [status, body] = yield* text(`${Site.builtFor}${path}`)
        assert.strictEqual(status, 404, path)
        assert.notInclude(body, "not for everybody", path)
      }
    }).pipe(quietly)
  )

  it.scopedLive("says how it is built where nobody has done so, and links to nothing", () =>
    Effect.gen(function* () {
      const { http } = yield* world(people, yield* temporary)
      const answer = yield* http.get(`${Site.builtFor}anything`)
      assert.strictEqual(answer.status, 404)
      assert.include(yield* answer.text, "npm run docs")
      assert.notInclude(yield* (yield* http.get(`${prefix}/v1/readme`)).text, "../docs/")
    }).pipe(quietly)
  )

  it("takes the best encoding that is accepted", () => {
    assert.strictEqual(SiteHttp.encodingOf("gzip, br"), "br")
    assert.strictEqual(SiteHttp.encodingOf("GZIP;q=1.0, gzip"), "gzip")
    assert.strictEqual(SiteHttp.encodingOf("br;q=0"), "identity")
    assert.strictEqual(SiteHttp.encodingOf(undefined), "identity")
  })
})
