// @effect-diagnostics nodeBuiltinImport:off
// Files are read as they are, and compressed by zlib.
/**
 * The documentation site, served: under `/ucsschool-id-connector/docs/`, and once more below the API's own address, which is all that the
 * Apache of an App Center host passes on. What was answered is kept in memory, up to a number of files.
 */
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import { promisify } from "node:util"
import * as Zlib from "node:zlib"
import { Headers, HttpLayerRouter, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { prefix } from "@id-connector/api/Api"
import { Cache, Data, Duration, Effect } from "effect"
import { frame, page, policyOf } from "./DocumentsHttp.js"
import * as Site from "./Site.js"

/** Where the site is to be had. */
export const addresses = [Site.builtFor, `${prefix}/docs/`] as const

const brotli = promisify<Buffer, Zlib.BrotliOptions, Buffer>(Zlib.brotliCompress)
const gzip = promisify<Buffer, Buffer>(Zlib.gzip)

type Encoding = "br" | "gzip" | "identity"

/** The best that the browser takes. What it takes by half is not asked for: all of them take the one or the other wholly. */
export const encodingOf = (accepted: string | undefined): Encoding => {
  const names = (accepted ?? "").split(",").map((one) => one.trim().toLowerCase())
  return names.includes("br") ? "br" : names.includes("gzip") ? "gzip" : "identity"
}

const compress = (body: Buffer, encoding: Encoding): Promise<Buffer> =>
  encoding === "br"
    ? brotli(body, { params: { [Zlib.constants.BROTLI_PARAM_QUALITY]: 9 } })
    : encoding === "gzip"
      ? gzip(body)
      : Promise.resolve(body)

/** A file as it is answered with. */
class Wanted extends Data.Class<{ readonly address: string; readonly base: string; readonly encoding: Encoding }> {}

interface Answer {
  readonly body: Buffer
  readonly headers: { readonly [name: string]: string }
  readonly type: string
}

/** Reads a file, and puts the addresses of this base in place of those it was built for. */
const load = (site: Site.Site, { address, base, encoding }: Wanted): Effect.Effect<Answer, "missing"> =>
  Effect.gen(function* () {
    const file = site.get(address)
    if (file === undefined) return yield* Effect.fail("missing" as const)
    const read = yield* Effect.tryPromise({ try: () => Fs.readFile(file.path), catch: () => "missing" as const })
    const text = file.isText ? read.toString("utf8").replaceAll(Site.builtFor, base) : null
    const plain = text === null ? read : Buffer.from(text)
    const used = file.isText ? encoding : "identity"
    const body = yield* Effect.promise(() => compress(plain, used))
    const digest = createHash("sha256").update(plain).digest("base64url").slice(0, 22)
    return {
      body,
      type: file.type,
      headers: {
        etag: `"${digest}-${used}"`,
        "cache-control": file.isLasting ? "public, max-age=31536000, immutable" : "no-cache",
        ...(file.isText ? { vary: "accept-encoding" } : {}),
        ...(used === "identity" ? {} : { "content-encoding": used }),
        ...(text !== null && file.type.startsWith("text/html") ? { "content-security-policy": policyOf(text) } : {})
      }
    }
  })

/** How many answers are kept: whoever reads has these, and whoever asks for all of them does not fill the memory. */
const kept = 100

/** What is said where nobody has built the site. */
const notBuilt = HttpServerResponse.setStatus(
  page(
    frame(
      "Documentation",
      "<h1>This installation has no documentation site</h1><p>The image brings it along. In a clone of the repository " +
        "<code>npm run docs</code> builds it; restart the connector after it. The same pages are texts in the directory " +
        `<code>docs</code>. What the API can do is at <a href="${prefix}/v1/docs">${prefix}/v1/docs</a>.</p>`
    )
  ),
  404
)

const respond = ({ body, headers, type }: Answer, status: number, known: string | undefined) =>
  status === 200 && known?.split(",").some((one) => one.trim().replace(/^W\//, "") === headers.etag) === true
    ? HttpServerResponse.empty({ status: 304, headers: Headers.fromInput(headers) })
    : HttpServerResponse.uint8Array(body, { status, contentType: type, headers: Headers.fromInput(headers) })

export const layer = (site: Site.Site) =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function* () {
      const answers = yield* Cache.make({
        capacity: kept,
        timeToLive: Duration.infinity,
        lookup: (wanted: Wanted) => load(site, wanted)
      })
      const answer = (base: string) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          if (site.size === 0) return notBuilt
          const [path = ""] = request.url.split("?")
          if (path.length < base.length) return HttpServerResponse.redirect(base, { status: 307 })
          const address = Site.decode(path.slice(base.length))
          const encoding = encodingOf(request.headers["accept-encoding"])
          const found = address !== null && site.has(address)
          return yield* answers.get(new Wanted({ address: found ? address : "404.html", base, encoding })).pipe(
            Effect.map((answer) => respond(answer, found ? 200 : 404, request.headers["if-none-match"])),
            Effect.catchAll(() => Effect.succeed(notBuilt))
          )
        })
      for (const base of addresses) {
        // The router takes both for the same, with the slash at the end or without it.
        yield* router.add("GET", base.slice(0, -1) as `/${string}`, answer(base))
        yield* router.add("GET", `${base}*`, answer(base))
      }
    })
  )
