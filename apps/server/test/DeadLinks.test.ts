import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"

const root = new URL("../../../", import.meta.url)
const Built = await import(new URL("scripts/site/built.mjs", root).href)
const Pages = await import(new URL("scripts/site/pages.mjs", root).href)

let directory: string
beforeEach(() => {
  directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-links-"))
})
afterEach(() => Fs.rmSync(directory, { recursive: true, force: true }))

const write = (files: { readonly [name: string]: string }) => {
  for (const [name, text] of Object.entries(files)) {
    Fs.mkdirSync(dirname(join(directory, name)), { recursive: true })
    Fs.writeFileSync(join(directory, name), text)
  }
}

/** A repository with nothing but pages. */
const repository = (docs: { readonly [name: string]: string }) =>
  write({
    "README.md": "# Readme\n\n[api](docs/api.md#log-in)\n",
    "CHANGELOG.md": "# Changelog\n",
    "CONTRIBUTING.md": "# Contributing\n",
    LICENSE: "MIT",
    "packages/core/README.md": "# core\n",
    "packages/core/index.ts": "",
    "apps/server/README.md": "# server\n",
    ...docs
  })

describe("npm run docs -- --check", () => {
  it("names file and line of a link to a page, or a heading, that is not there", () => {
    repository({ "docs/api.md": "# API\n\n## Login\n\n[here](#log-in), [there](nowhere.md)\n" })
    assert.deepStrictEqual(Pages.read(directory).problems, [
      "README.md:3: docs/api.md#log-in: docs/api.md has no heading of that name",
      "docs/api.md:5: #log-in: docs/api.md has no heading of that name",
      "docs/api.md:5: nowhere.md: there is no such file"
    ])
  })

  it("turns links between files into links between pages, and those to sources into text", () => {
    repository({
      "docs/api.md":
        "# The API\n\n## Log in\n\n[x](../packages/core/index.ts) [y](../README.md) [../CHANGELOG.md](../CHANGELOG.md)\n\n```\n[z](no.md)\n```\n"
    })
    const { pages, problems } = Pages.read(directory)
    assert.deepStrictEqual(problems, [])
    const { content } = pages.find(({ page }: { readonly page: string }) => page === "api")
    assert.include(content, "x [y](/readme) [Changelog](/changelog)\n\n```\n[z](no.md)\n```")
  })
})

describe("The site that was built", () => {
  it("may lead to no page, heading or picture that is not there, and ask nobody else", () => {
    const base = Built.base
    write({
      "index.html": `<h1 id="top"></h1><a href="${base}api#log-in">a</a><a href="${base}api#logout">b</a><a href="${base}gone">c</a><a href="#top">d</a>`,
      "api.html": `<h1 id="log-in"></h1><a href="${base}gone">c</a><img src="https://example.com/x.png"><a href="https://example.com">e</a>`
    })
    assert.sameMembers(Built.look(directory).problems, [
      `index.html: ${base}api#logout: the page has no such heading`,
      `api.html and 1 more: ${base}gone is not there`,
      "api.html: asks https://example.com/x.png"
    ])
  })
})
