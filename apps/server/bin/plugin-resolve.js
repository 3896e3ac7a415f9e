// Resolves what plugin files import, in the thread of Node.js that does so: `effect`, `@effect/*` and `@id-connector/*` are the
// copies of the running server, so that values of both are of the same classes; other bare names are looked for in
// `conf/plugins/packages/` first. Plain JavaScript, since that thread reads nothing else.
import { existsSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"

let settings = { plugins: "", packages: "", server: "" }

export const initialize = (data) => {
  settings = data
}

const isOfServer = (specifier) => /^(effect|@effect\/[^/]+|@id-connector\/[^/]+)(\/|$)/.test(specifier)

const isBare = (specifier) => !/^(\.{0,2}\/|[a-z][a-z\d+.-]*:)/i.test(specifier)

const isFile = (url) => {
  const path = fileURLToPath(url)
  return existsSync(path) && statSync(path).isFile()
}

const inPackages = (specifier) =>
  ["", ".js", ".mjs", "/index.js", "/index.mjs"]
    .map((ending) => new URL(`${specifier}${ending}`, settings.packages).href)
    .find((url) => url.startsWith(settings.packages) && isFile(url))

export const resolve = (specifier, context, next) => {
  if (!context.parentURL?.startsWith(settings.plugins) || !isBare(specifier)) return next(specifier, context)
  if (isOfServer(specifier)) return next(specifier, { ...context, parentURL: settings.server })
  const shared = inPackages(specifier)
  return shared === undefined ? next(specifier, context) : next(shared, context)
}
