// Packs what is published, looks at what is in it, installs it in empty projects by the lines of the documentation, type-checks the
// examples there, imports every entry with plain Node and runs three examples: what a user of the npm packages would meet.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { root } from "./installed.mjs"
import * as Consumer from "./packages/consumer.mjs"
import * as Packed from "./packages/packed.mjs"
import * as Registry from "./packages/registry.mjs"
import { forAll, run } from "./packages/run.mjs"

const directory = mkdtempSync(join(tmpdir(), "id-connector-packages-"))

const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`.padStart(8)

/** Each package by the line of its own page: it has to bring all that its example needs. */
const eachForItself = (packed, url) =>
  forAll(packed, async ({ folder, name }) => {
    const project = join(directory, basename(folder))
    await Consumer.install(project, Consumer.lineOf(`${folder}/README.md`), url)
    Consumer.copyExamples(project, `packages/${basename(folder)}.ts`)
    await Consumer.compile(project)
    console.log(`${name}: the install line of its README brings what the example there needs.`)
  })

/** All together by the line of README.md. */
const together = async (packed, url) => {
  const project = join(directory, "all")
  await Consumer.install(project, Consumer.lineOf("README.md"), url)
  Consumer.copyExamples(project, ".")
  // A suite of tests can only be imported by a test runner, and what is named like a program begins to run.
  const entries = packed.flatMap(({ folder, name }) =>
    Packed.modulesOf(folder).map((module) => (module === "index" ? name : `${name}/${module}`))
  )
  const importable = entries.filter((entry) => !/\/contract\/|\/server\/bin$|\/Thread$/.test(entry))
  writeFileSync(
    join(project, "types.ts"),
    entries.map((entry, index) => `export type * as M${index} from "${entry}"`).join("\n")
  )
  await Consumer.compile(project, ["snippets", "types.ts"])
  console.log(`${entries.length} entries and the examples type-check, with every declaration that they reach.`)
  writeFileSync(join(project, "imports.mjs"), importable.map((entry) => `await import("${entry}")`).join("\n"))
  await run(process.execPath, ["imports.mjs"], project)
  console.log(`${importable.length} entries import.`)
  const said = await run(process.execPath, ["out/snippets/examples.js"], project)
  console.log(said.trim())
  if (said !== expected) throw new Error(`The examples should say\n${expected}`)
  await run("npx", ["--no-install", "id-connector", "version"], project)
}

/** What docs/snippets/examples.ts prints. */
const expected = [{ decision: ["North: school DemoSchool"] }, { scenario: ["anna"] }, { connector: ["anna"] }].reduce(
  (text, line) => `${text}${JSON.stringify(line)}\n`,
  ""
)

let registry
try {
  await run("npm", ["run", "build"], root)
  const packed = await forAll(Packed.folders, (folder) => Packed.pack(folder, directory))
  for (const { info, name } of packed) {
    const { entryCount, size, unpackedSize } = info
    console.log(`${name.padEnd(22)}${kib(size)} packed${kib(unpackedSize)} unpacked, ${entryCount} files`)
  }
  const problems = packed.flatMap(Packed.problems)
  if (problems.length > 0) throw new Error(problems.join("\n"))
  await forAll(packed, Packed.lint)
  console.log("publint and arethetypeswrong have nothing to say.")
  registry = await Registry.serve(packed)
  await together(packed, registry.url)
  await eachForItself(packed, registry.url)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  registry?.stop()
  rmSync(directory, { recursive: true, force: true })
}
