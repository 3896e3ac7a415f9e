// @effect-diagnostics nodeBuiltinImport:off
// Files of the installation are found and looked through once, before anybody asks.
/**
 * The documentation site as it was built: which file answers to which address. All addresses are known from the start, so that no path
 * of a request ever becomes one of the file system.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

/** What the pages of the build begin their addresses with, see `scripts/site/built.mjs` in the repository. */
export const builtFor = "/ucsschool-id-connector/docs/"

/** Where `npm run docs` builds it, seen from the sources as from what they are compiled to. */
export const directory: string = fileURLToPath(new URL("../../../../docs/.vitepress/dist", import.meta.url))

/** A file of the site. */
export interface File {
  readonly path: string
  readonly type: string
  /** Compressing helps, and addresses in it may be those of the build. */
  readonly isText: boolean
  /** Its name has a digest of its content: it never changes. */
  readonly isLasting: boolean
}

/** Files by their addresses below that of the site: `""`, `configuration`, `assets/style.css`. */
export type Site = ReadonlyMap<string, File>

const types: { readonly [extension: string]: string } = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2"
}

const fileOf = (path: string, name: string): File => {
  const type = types[Path.extname(name)] ?? "application/octet-stream"
  return { path, type, isText: /^text\/|json$|svg/.test(type), isLasting: name.startsWith("assets/") }
}

/** The addresses of a file: pages have no ending, and that of a directory is its index. */
const addresses = (name: string): ReadonlyArray<string> => {
  if (!name.endsWith(".html")) return [name]
  const page = name.slice(0, -".html".length)
  return [name, page.replace(/(^|\/)index$/, "$1")]
}

/** Looks a directory through. Without a build there is nothing in it. */
export const read = (from: string): Site => {
  if (!Fs.existsSync(Path.join(from, "index.html"))) return new Map()
  return new Map(
    Fs.readdirSync(from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => {
        const path = Path.join(entry.parentPath, entry.name)
        const name = Path.relative(from, path).split(Path.sep).join("/")
        return addresses(name).map((address): [string, File] => [address, fileOf(path, name)])
      })
  )
}

/** What an address says with its escapes; null when these are broken. */
export const decode = (address: string): string | null => {
  try {
    return decodeURIComponent(address)
  } catch {
    return null
  }
}

/**
 * The address of what a text at the top of the repository links to, for example `api#log-in` for `docs/api.md#log-in`. Null when the site does not
 * have it.
 */
export const pageOf = (site: Site, link: string): string | null => {
  const [path = "", anchor] = link.split("#")
  const inDocs = /^docs\/(.+)\.md$/.exec(path)?.[1]
  const atTop = /^([A-Z]+)(\.md)?$/.exec(path)?.[1]?.toLowerCase()
  const address = inDocs ?? atTop
  if (address === undefined || !site.has(address)) return null
  return anchor === undefined ? address : `${address}#${anchor}`
}
