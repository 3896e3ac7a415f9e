import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { chromium } from "playwright-core"
import { authority, world } from "./ApiWorld.js"

const executablePath = "/usr/bin/chromium"

/** Without it these tests are skipped, but not where continuous integration is to run all of them. `npm test` says so. */
const isSkipped = !Fs.existsSync(executablePath) && ["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())

/** A page of somebody else's, that does to the connector whatever a page can. */
const foreignPage = (target: string) => `<!doctype html>
<form method="post" action="${target}/v1/queues/North/pause" target="frame"><input name="x" value="y"></form>
<iframe name="frame"></iframe><script>
const tries = async () => {
  const results = {}
  const attempt = async (name, path, options) => {
    results[name] = await fetch("${target}" + path, { credentials: "include", ...options }).then(
      (answer) => answer.type + " " + answer.status, () => "refused by the browser")
  }
  document.forms[0].submit()
  await new Promise((done) => document.querySelector("iframe").addEventListener("load", done, { once: true }))
  await attempt("plain", "/v1/queues/North/pause", { method: "POST", mode: "no-cors" })
  await attempt("text", "/v1/queues/North/pause", { method: "POST", mode: "no-cors", body: "{}" })
  await attempt("blob", "/v1/session", { method: "POST", mode: "no-cors", body: new Blob(['{"username":"off","password":"x"}']) })
  await attempt("header", "/v1/queues/North/pause", { method: "POST", headers: { "X-ID-Connector": "console", "Content-Type": "application/json" } })
  await attempt("delete", "/v1/session", { method: "DELETE", headers: { "X-ID-Connector": "console", "Content-Type": "application/json" } })
  await attempt("read", "/v1/queues", {})
  return results
}
</script>`

/** What the connector's own page does. Texts, since this is no program for browsers. */
const ownPage = (base: string) => ({
  logIn: `(async () => {
    const headers = { "X-ID-Connector": "console", "Content-Type": "application/json" }
    const body = JSON.stringify({ username: "admin", password: "s3cr3t" })
    const { status } = await fetch("${base}/v1/session", { method: "POST", headers, body })
    const { username } = await (await fetch("${base}/v1/session")).json()
    const source = new EventSource("${base}/v1/events")
    const told = await new Promise((done) =>
      source.addEventListener("overview", (event) => done(event.lastEventId), { once: true }))
    source.close()
    return { status, username, cookies: document.cookie, isTold: /^\\d{4}-\\d\\d-\\d\\dT/.test(told) }
  })()`,
  look: `fetch("${base}/v1/session").then(({ status }) => status)`,
  logOut: `(async () => {
    const headers = { "X-ID-Connector": "console", "Content-Type": "application/json" }
    return (await fetch("${base}/v1/session", { method: "DELETE", headers })).status
  })()`
})

const foreignSite = (target: string) =>
  Effect.acquireRelease(
    Effect.async<Http.Server>((resume) => {
      const server = Http.createServer((_, response) => {
        response.setHeader("content-type", "text/html")
        response.end(foreignPage(target))
      })
      server.listen(0, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

describe.skipIf(isSkipped)("The session in a real browser", () => {
  it.scopedLive(
    "works for the connector's own page, and no page of another site or port can use or end it",
    () =>
      Effect.gen(function* () {
        const { as, port, send } = yield* Effect.provide(world(), NodeContext.layer)
        yield* send("POST", "/v1/school_authorities", as(authority("North", { active: true })))
        const base = `http://127.0.0.1:${port}${prefix}`
        const site = yield* foreignSite(base)
        const browser = yield* Effect.acquireRelease(
          Effect.promise(() => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })),
          (browser) => Effect.promise(() => browser.close())
        )
        const context = yield* Effect.promise(() => browser.newContext())
        const page = yield* Effect.promise(() => context.newPage())
        yield* Effect.promise(() => page.goto(`${base}/v1/docs`))
        const own = ownPage(base)
        assert.deepStrictEqual(yield* Effect.promise(() => page.evaluate(own.logIn)), {
          status: 204,
          username: "admin",
          cookies: "",
          isTold: true
        })
        const sitePort = (site.address() as AddressInfo).port
        // Another port of the same host gets the cookie all the same, since that is the same site to browsers.
        for (const host of ["localhost", "127.0.0.1"]) {
          const foreign = yield* Effect.promise(() => context.newPage())
          yield* Effect.promise(() => foreign.goto(`http://${host}:${sitePort}/`))
          const results = yield* Effect.promise(() => foreign.evaluate("tries()"))
          assert.deepStrictEqual(results, {
            plain: "opaque 0",
            text: "opaque 0",
            blob: "opaque 0",
            header: "refused by the browser",
            delete: "refused by the browser",
            read: "refused by the browser"
          })
        }
        const { body } = yield* send("GET", "/v1/school_authorities/North/status", as())
        assert.notInclude(JSON.stringify(body?.paused), "An administrator has paused")
        assert.strictEqual(yield* Effect.promise(() => page.evaluate(own.look)), 200)
        assert.strictEqual(yield* Effect.promise(() => page.evaluate(own.logOut)), 204)
        assert.strictEqual(yield* Effect.promise(() => page.evaluate(own.look)), 401)
        assert.deepStrictEqual(yield* Effect.promise(() => context.cookies()), [])
      }).pipe(quietly),
    60_000
  )
})
