import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as Site from "@id-connector/server/http/Site"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { chromium, type Page } from "playwright-core"
import { people, world } from "./ApiWorld.js"

const executablePath = "/usr/bin/chromium"

/** Without it these tests are skipped, but not where continuous integration is to run all of them. `npm test` says so. */
const isSkipped = !Fs.existsSync(executablePath) && ["", "0", "false"].includes((process.env.CI ?? "").toLowerCase())

/** A page of a real browser, which notes whom it asks and what it is not allowed to do. */
const browser = Effect.gen(function* () {
  if (!Fs.existsSync(executablePath)) {
    return yield* Effect.die(
      new Error(`These tests need a real browser: apt-get install chromium (${executablePath} is missing)`)
    )
  }
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })),
    (browser) => Effect.promise(() => browser.close())
  )
  const page = yield* Effect.promise(() => browser.newPage({ viewport: { width: 1_280, height: 900 } }))
  const hosts = new Set<string>()
  const complaints: Array<string> = []
  page.on("request", (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith("http")) hosts.add(url.host)
  })
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  return { complaints, hosts, page }
})

/** The site of the repository: what `npm run docs` has left, or one without the API reference, which takes half a minute. */
const built = Effect.sync(() => {
  if (Fs.existsSync(join(Site.directory, "index.html"))) return
  const root = fileURLToPath(new URL("../../../..", import.meta.url))
  const done = spawnSync(process.execPath, ["scripts/docs.mjs", "--no-reference"], { cwd: root, encoding: "utf8" })
  assert.strictEqual(done.status, 0, done.stderr)
})

const screenshot = async (page: Page, name: string) => {
  if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` })
}

const look = <A>(use: (page: Page, base: string) => Promise<A>) =>
  Effect.gen(function* () {
    const { port } = yield* world(people)
    const { complaints, hosts, page } = yield* browser
    const result = yield* Effect.promise(() => use(page, `http://127.0.0.1:${port}${prefix}`))
    assert.deepStrictEqual([...hosts], [`127.0.0.1:${port}`])
    assert.deepStrictEqual(complaints, [])
    return result
  }).pipe(quietly)

const timeLimit = { timeout: 60_000 }

describe.skipIf(isSkipped)("In a real browser", () => {
  it.scopedLive(
    "Swagger UI logs in with user name and password, and a call from the page works",
    () =>
      Effect.gen(function* () {
        const answer = yield* look(async (page, base) => {
          await page.goto(`${base}/`)
          assert.strictEqual(page.url(), `${base}/v1/docs`)
          await page.locator("button.authorize").first().click()
          const dialog = page.locator(".dialog-ux")
          await dialog.locator("#oauth_username").fill("admin")
          await dialog.locator("#oauth_password").fill("s3cr3t")
          // The other one is for the cookie of a session, which browsers add by themselves.
          await dialog.locator("button.authorize").first().click()
          await dialog.getByText("authorized", { exact: false }).first().waitFor()
          await dialog.locator("button.btn-done").first().click()
          const operation = page.locator(".opblock", { has: page.getByText("All queues", { exact: true }) })
          await operation.locator(".opblock-summary-control").click()
          await operation.getByRole("button", { name: "Try it out" }).click()
          await operation.getByRole("button", { name: "Execute" }).click()
          const live = operation.locator(".live-responses-table")
          await live.waitFor()
          await screenshot(page, "docs")
          return await live.innerText()
        })
        assert.include(answer, '"name": "InQueue"')
      }),
    timeLimit
  )

  it.scopedLive(
    "ReDoc, the readme and the history show what they are about",
    () =>
      look(async (page, base) => {
        for (const [path, text] of [
          ["redoc", "See what a change would lead to"],
          ["readme", "ID Connector"],
          ["history", "Changelog"]
        ] as const) {
          await page.goto(`${base}/v1/${path}`)
          await page.getByRole("heading", { name: text }).first().waitFor()
          await screenshot(page, path)
        }
      }),
    timeLimit
  )

  it.scopedLive(
    "the site opens at both of its addresses, finds what is searched for, and every link of its menu leads somewhere",
    () =>
      Effect.zipRight(
        built,
        look(async (page, api) => {
          for (const base of [new URL(Site.builtFor, api).href, `${api}/docs/`]) {
            await page.goto(base)
            await page.getByRole("heading", { name: "ID Connector" }).first().waitFor()
            await page
              .getByRole("button", { name: /search/i })
              .first()
              .click()
            await page.locator("#localsearch-input").fill("retry")
            await page.locator(".result").first().waitFor()
            await screenshot(page, "search")
            await page.locator(".result", { hasText: "retry" }).first().click()
            await page.locator(".vp-doc h1").waitFor()
            assert.isTrue(page.url().startsWith(base))
            await page.goto(`${base}configuration`)
            const links = page.locator(".VPSidebar a")
            const pages = await links.evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""))
            assert.isAbove(pages.length, 15)
            for (const link of pages) {
              const answer = await page.goto(new URL(link, base).href)
              assert.strictEqual(answer?.status(), 200, link)
              await page.locator(".vp-doc h1").waitFor()
            }
          }
        })
      ),
    { timeout: 240_000 }
  )

  it.scopedLive(
    "the links of readme and history lead into the site",
    () =>
      Effect.zipRight(
        built,
        look(async (page, api) => {
          for (const path of ["readme", "history"]) {
            await page.goto(`${api}/v1/${path}`)
            const links = await page.locator("a").evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""))
            const inside = links.map((link) => new URL(link, page.url()).href).filter((link) => link.startsWith(api))
            assert.isAbove(inside.length, path === "readme" ? 10 : 0, path)
            for (const link of new Set(inside)) {
              const answer = await page.goto(link)
              // No answer: another heading of the page that is open.
              assert.strictEqual(answer?.status() ?? 200, 200, link)
              const { hash } = new URL(link)
              if (hash !== "") await page.locator(`[id="${hash.slice(1)}"]`).waitFor({ state: "attached" })
            }
          }
        })
      ),
    { timeout: 240_000 }
  )
})
