// @effect-diagnostics nodeBuiltinImport:off
// Whether it runs from src or from dist, the manifest is one directory up.
/** The version of this connector: that of its package. */
import { createRequire } from "node:module"

const manifest: { readonly version: string } = createRequire(import.meta.url)("../package.json")

export const version = manifest.version
