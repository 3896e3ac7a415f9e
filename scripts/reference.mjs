// npm run reference: writes docs/reference, a page per module that programs import, from signatures and docstrings. It fails when a
// {@link} leads nowhere, or an export that embedders meet first has no docstring; `--check` only looks for that.
import { readFileSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { Application, Comment, ReflectionKind } from "typedoc"
import { root } from "./installed.mjs"

const out = join(root, "docs", "reference")

/** What is imported, and the module of the sources that is it. The server has no main entry: these are what embedders import. */
const entries = {
  "@id-connector/core": "packages/core/src/index.ts",
  "@id-connector/kelvin": "packages/kelvin/src/index.ts",
  "@id-connector/sql": "packages/sql/src/index.ts",
  "@id-connector/ldap": "packages/ldap/src/index.ts",
  "@id-connector/api": "packages/api/src/index.ts",
  "@id-connector/testkit": "packages/testkit/src/index.ts",
  "@id-connector/server/Embedded": "apps/server/src/Embedded.ts",
  "@id-connector/server/Main": "apps/server/src/Main.ts",
  "@id-connector/server/Settings": "apps/server/src/Settings.ts"
}

const app = await Application.bootstrapWithPlugins({
  plugin: ["typedoc-plugin-markdown"],
  entryPoints: Object.values(entries).map((path) => join(root, path)),
  tsconfig: join(root, "tsconfig.src.json"),
  name: "API reference",
  out,
  outputs: [{ name: "markdown", path: out }],
  readme: "none",
  sort: ["source-order"],
  // npm run typecheck has said what is wrong with types.
  skipErrorChecking: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  outputFileStrategy: "modules",
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeDeclarationFormat: "table"
})
const project = await app.convert()
if (project === undefined) process.exit(1)

const importedAs = new Map(Object.entries(entries).map(([name, path]) => [path.replace(/(\/index)?\.ts$/, ""), name]))
const order = Object.keys(entries)
for (const module of project.children) {
  const name = importedAs.get(module.name)
  if (name === undefined) throw new Error(`${module.name} is none of the entries: mend scripts/reference.mjs`)
  module.name = name
}
project.children.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))

/** What whoever embeds the connector, writes a plugin or tests a mapping meets first: every export of these has a docstring. */
const complete = new Set(
  (
    "Connector Preview ListenerObject Submissions ConfigValues Distribution DeliveryError Hook Plugin KelvinPlugin LdapDirectory " +
    "Client Harness Matchers Builders Scenario @id-connector/server/Embedded @id-connector/server/Main @id-connector/server/Settings"
  ).split(" ")
)

/** The docstring of a module is that of the thing which the module is named after. */
const explained = (reflection, module) =>
  [basename(module.name), `${basename(module.name)}Shape`].includes(reflection.name) ||
  reflection.isReference() ||
  reflection.hasComment() ||
  reflection.signatures?.some((signature) => signature.hasComment())

/** The first docstring of each module that an index exports by name. */
const modules = (path) =>
  [...readFileSync(join(root, path), "utf8").matchAll(/export \* as (\w+) from "(.+)\.js"/g)].map(([, name, from]) => {
    const text = readFileSync(join(root, dirname(path), `${from}.ts`), "utf8")
    const doc = /\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ""
    const plain = doc.replace(/^\s*\* ?/gm, "").replace(/\{@link (\S+)\}/g, "`$1`")
    return [name, plain.trim()]
  })

// What every class of effect has says nothing about this one.
for (const reflection of project.getReflectionsByKind(ReflectionKind.All)) {
  if (reflection.inheritedFrom !== undefined || reflection.signatures?.some((one) => one.inheritedFrom !== undefined)) {
    project.removeReflection(reflection)
  }
}

app.validate(project)
let missing = 0
const found = new Set()
for (const entry of project.children) {
  const docs = new Map(modules(entries[entry.name]))
  for (const module of [entry, ...entry.children.filter((child) => docs.has(child.name))]) {
    if (module !== entry) module.comment ??= new Comment([{ kind: "text", text: docs.get(module.name) }])
    const bare = module.children?.filter((child) => !explained(child, module)) ?? []
    if (complete.has(module.name)) {
      found.add(module.name)
      for (const child of bare) app.logger.validationWarning(`${child.getFullName()} has no docstring`)
    } else if (module !== entry) missing += bare.length
  }
}
for (const name of complete) if (!found.has(name)) throw new Error(`There is no ${name}: mend scripts/reference.mjs`)
const wrong = app.logger.errorCount + app.logger.validationWarningCount
if (wrong > 0) {
  console.error(`${wrong} findings: mend the docstrings.`)
  process.exit(1)
}
if (!process.argv.includes("--check")) {
  rmSync(out, { recursive: true, force: true })
  await app.generateOutputs(project)
  console.log(`Open docs/reference/README.md. (${missing} exports of inner modules have no docstring yet.)`)
}
