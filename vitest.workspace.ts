import type { TestProjectInlineConfiguration } from "vitest/config"

const project = (root: string): TestProjectInlineConfiguration => ({ extends: true, test: { name: root, root } })

export default [
  "packages/core",
  "packages/api",
  "packages/kelvin",
  "packages/ldap",
  "packages/sql",
  "packages/testkit",
  "apps/server",
  "apps/demo"
]
  .map(project)
  // Tests stand beside the plugins they test, in the language of these.
  .concat({ extends: true, test: { name: "examples", root: "examples", include: ["**/*.test.mjs"] } })
  // The pages show these tests.
  .concat({ extends: true, test: { name: "docs", root: "docs/snippets", include: ["**/*.test.ts"] } })
