// What was built, looked at as a browser would: each link leads to a page and to a heading that it has, and nobody else is asked.
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

/** Where the connector serves it (apps/server/src/http/SiteHttp.ts); with SITE_URL it is built for that address, as for the pages of a pipeline. */
export const base = process.env.SITE_URL
  ? new URL(process.env.SITE_URL).pathname.replace(/\/?$/, "/")
  : "/ucsschool-id-connector/docs/"

const decode = (text) => decodeURIComponent(text.replaceAll("&amp;", "&"))

const attributes = (html, pattern) => [...html.matchAll(pattern)].map(([, value]) => value)

export const look = (dist) => {
  const files = readdirSync(dist, { recursive: true })
    .sort()
    .filter((name) => statSync(join(dist, name)).isFile())
  const pages = new Map(
    files
      .filter((name) => name.endsWith(".html"))
      .map((name) => {
        const html = readFileSync(join(dist, name), "utf8")
        return [name, { html, ids: new Set(attributes(html, /\sid="([^"]+)"/g).map(decode)) }]
      })
  )
  /** What is wrong, with the pages that have it: a wrong link of the sidebar is on all of them. */
  const found = new Map()
  const wrong = (name, what) => found.set(what, [...(found.get(what) ?? []), name])
  /** The file that answers to an address, or undefined. */
  const fileOf = (path) => [path, `${path}.html`, `${path}index.html`].find((name) => files.includes(name))
  for (const [name, { html, ids }] of pages) {
    const elsewhere = attributes(html, /<(?:script|img|link|iframe)\b[^>]*\s(?:src|href)="((?:https?:)?\/\/[^"]+)"/g)
    for (const url of elsewhere) wrong(name, `asks ${url}`)
    for (const target of attributes(html, /\s(?:href|src)="([^"]+)"/g)) {
      if (/^([a-z]+:|\/\/)/.test(target)) continue
      const [path, anchor] = decode(target).split("#")
      if (path !== "" && !path.startsWith(base)) {
        wrong(name, `${target} is not below ${base}`)
        continue
      }
      const file = path === "" ? name : fileOf(path.slice(base.length) || "index.html")
      if (file === undefined) wrong(name, `${target} is not there`)
      else if (anchor && !(path === "" ? ids : pages.get(file)?.ids)?.has(anchor)) {
        wrong(name, `${target}: the page has no such heading`)
      }
    }
  }
  const problems = [...found].map(([what, [name, ...others]]) =>
    others.length === 0 ? `${name}: ${what}` : `${name} and ${others.length} more: ${what}`
  )
  return {
    base,
    problems,
    files: files.length,
    size: files.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0)
  }
}
