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
].map(project)
