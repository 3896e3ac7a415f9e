import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.js"

/** Tests run on the sources, not on a build: the same condition that `npm start` uses. */
const conditions = ["@id-connector/source"]

/** Below these the run fails: what decides what a target gets is tested. A run of some tests (scripts/test.mjs) can't tell. */
const floors =
  process.env.ID_CONNECTOR_FLOORS === "false"
    ? {}
    : { "packages/core/src/**": { lines: 90 }, "packages/kelvin/src/**": { lines: 90 } }

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    // Many wait for processes and targets: one more than the default, which leaves a processor to nobody.
    ...(availableParallelism() === 2 ? { maxWorkers: 2, minWorkers: 2 } : {}),
    projects,
    // All that tests log, answer and leave behind is looked through for their secrets.
    globalSetup: fileURLToPath(new URL("scripts/secrets/verdict.mjs", import.meta.url)),
    setupFiles: fileURLToPath(new URL("scripts/secrets/setup.mjs", import.meta.url)),
    // Generated data and real processes: a busy machine takes several times as long, and only what hangs is to fail. Counting what is
    // covered takes several times as long again.
    testTimeout: process.argv.includes("--coverage") ? 120_000 : 30_000,
    coverage: {
      include: ["packages/*/src/**", "apps/*/src/**"],
      // They say only what a package shows.
      exclude: ["**/src/index.ts"],
      reporter: ["text", "html"],
      thresholds: floors
    }
  }
})
