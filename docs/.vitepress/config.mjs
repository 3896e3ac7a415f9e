// The documentation site. `npm run docs` lays its pages out in `pages/` (see scripts/site) and builds them into `dist/`, from where the
// connector serves them.
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitepress"
import { base } from "../../scripts/site/built.mjs"
import { slugger } from "../../scripts/site/headings.mjs"

/** A page may be missing: the reference takes a minute to make, and is not needed to look at a text. */
const items = (pages) =>
  Object.entries(pages)
    .filter(([link]) =>
      existsSync(fileURLToPath(new URL(`pages/${link.replace(/\/$/, "/index")}.md`, import.meta.url)))
    )
    .map(([link, text]) => ({ text, link: `/${link}` }))

const group = (text, pages) => ({ text, items: items(pages) })

export default defineConfig({
  base,
  title: "ID Connector",
  description: "Brings users and school classes of a state directory to the Kelvin REST API of each school authority",
  srcDir: ".vitepress/pages",
  outDir: ".vitepress/dist",
  cacheDir: ".vitepress/cache",
  cleanUrls: true,
  // A small file of its own instead of an inline script in each page.
  metaChunk: true,
  markdown: {
    anchor: { slugify: slugger() },
    // Code is code, also where it has braces that Vue would look into.
    config: (markdown) => {
      const inline = markdown.renderer.rules.code_inline
      markdown.renderer.rules.code_inline = (...args) => inline(...args).replace(/^<code(?! v-pre)/, "<code v-pre")
    }
  },
  vite: { build: { chunkSizeWarningLimit: 5_000 } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    externalLinkIcon: true,
    nav: [
      { text: "Troubleshooting", link: "/troubleshooting" },
      { text: "Configuration", link: "/configuration" },
      { text: "Changelog", link: "/changelog" }
    ],
    sidebar: [
      group("Installation", {
        readme: "Overview",
        "app-center": "App Center",
        container: "Container",
        "from-python": "From the Python connector",
        changelog: "Changelog"
      }),
      group("Administration", {
        configuration: "Configuration",
        monitoring: "Monitoring",
        troubleshooting: "Troubleshooting",
        logs: "Logs",
        commands: "Commands",
        questions: "Questions",
        api: "Management API",
        codes: "Codes of the API",
        files: "Files and directories",
        backup: "Backup and restore",
        "data-protection": "Data protection"
      }),
      group("Mappings", { mappings: "Mappings by example", "testing-mappings": "Testing a mapping" }),
      group("Extending", {
        plugins: "Plugins",
        embedding: "Embedding",
        "reference/": "API reference"
      }),
      {
        ...group(
          "Packages",
          Object.fromEntries(
            ["core", "kelvin", "sql", "ldap", "api", "testkit", "server"].map((name) => [`packages/${name}`, name])
          )
        ),
        collapsed: true
      },
      group("Development", {
        contributing: "Contributing",
        "integration-tests": "Tests with real servers",
        releasing: "Releasing",
        architecture: "Architecture",
        decisions: "Decisions",
        modules: "Modules",
        benchmarks: "Benchmarks",
        soak: "Soak run",
        license: "Licence"
      })
    ]
  }
})
