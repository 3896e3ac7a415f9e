// @effect-diagnostics nodeBuiltinImport:off
// Files of packages are found by Node's own rules, and a page's scripts are named by their hashes.
/**
 * The documentation pages: Swagger UI, ReDoc, README and changelog. Everything comes from here, and the pages may ask nobody
 * else: each says so with a Content-Security-Policy that names its inline scripts by their hashes.
 */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import { Headers, HttpApiSwagger, HttpLayerRouter, HttpServerResponse } from "@effect/platform"
import { Api, prefix } from "@id-connector/api/Api"
import { Effect, Layer } from "effect"
import { Marked } from "marked"
import * as Site from "./Site.js"
import * as TwoHistories from "./TwoHistories.js"

const base = `${prefix}/v1` as const
const redocScript = `${base}/redoc.standalone.js` as const

/** What a page may load and do: only what comes from here, and the inline scripts it has. */
export const policyOf = (html: string): string => {
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`
  )
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`.trim(),
    // Both pages style their elements one by one.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'"
  ].join("; ")
}

/** A page that names what it may do. */
export const page = (html: string) =>
  HttpServerResponse.text(html, {
    contentType: "text/html; charset=utf-8",
    headers: Headers.fromInput({ "content-security-policy": policyOf(html) })
  })

/** A page that is only text. */
export const frame = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>body{font-family:sans-serif;line-height:1.5;max-width:60rem;margin:2rem auto;padding:0 1rem}pre,code{background:#f4f4f4}pre{padding:1rem;overflow:auto}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}</style></head><body>${body}</body></html>`

const redocPage = page(
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>ID Connector</title><style>body{margin:0}</style></head><body><redoc spec-url="${base}/openapi.json" hide-loading="true" disable-search="true"></redoc><script src="${redocScript}"></script></body></html>`
)

/** Turns a text into HTML. What it links to leads into the site, or is no link: the text's own neighbours are not here. */
const inHtml = (site: Site.Site) =>
  new Marked({
    renderer: {
      link({ href, tokens }) {
        if (/^(https?:|#)/.test(href)) return false
        const label = this.parser.parseInline(tokens)
        const page = Site.pageOf(site, href)
        return page === null ? label : `<a href="${siteFromHere}${page}">${label}</a>`
      }
    }
  })

/** Seen from the page, so that it holds whatever of the connector's addresses a proxy passes on. */
const siteFromHere = "../docs/"

/** A text of the project as a page; where it is not installed, a sentence. */
const document = (site: Site.Site, title: string, name: string) =>
  Effect.gen(function* () {
    const file = [`../../../../${name}`, `../../${name}`]
      .map((path) => new URL(path, import.meta.url))
      .find(Fs.existsSync)
    const text = file === undefined ? `# ${title}\n\nThis installation has no ${name}.` : Fs.readFileSync(file, "utf8")
    return page(frame(title, yield* Effect.promise(async () => inHtml(site).parse(text))))
  })

/** The page would ask its maker's server for a logo. */
const logo = "https://cdn.redoc.ly/redoc/logo-mini.svg"

const script = Effect.map(
  Effect.cached(
    Effect.sync(() =>
      Fs.readFileSync(createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js"), "utf8").replaceAll(
        logo,
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"
      )
    )
  ),
  Effect.map((text) => HttpServerResponse.text(text, { contentType: "text/javascript; charset=utf-8" }))
)

const redirect = HttpServerResponse.redirect(`${base}/docs`, { status: 307 })

export const layer = (site: Site.Site) =>
  Layer.mergeAll(
    HttpApiSwagger.layerHttpLayerRouter({ api: Api, path: `${base}/docs` }),
    HttpLayerRouter.use((router) =>
      Effect.all([
        router.add("GET", `${base}/redoc`, redocPage),
        Effect.flatMap(script, (answer) => router.add("GET", redocScript, answer)),
        router.add("GET", `${base}/readme`, document(site, "ID Connector", "README.md")),
        router.add("GET", TwoHistories.changelog, document(site, "Changelog", "CHANGELOG.md")),
        router.add("GET", `${prefix}/`, redirect),
        // Browsers ask for one, whatever page they show.
        router.add("GET", "/favicon.ico", HttpServerResponse.empty())
      ])
    )
  )
