// Around all tests: a file for what is found, and at the end whether a secret was. See `watch.mjs`.
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export default () => {
  // Once for all projects.
  if (process.env.ID_CONNECTOR_SECRETS !== undefined) return
  const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-secrets-"))
  const report = join(directory, "report.jsonl")
  Fs.writeFileSync(report, "")
  process.env.ID_CONNECTOR_SECRETS = report
  return () => {
    const entries = Fs.readFileSync(report, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    Fs.rmSync(directory, { recursive: true, force: true })
    const sum = (what) => entries.reduce((total, { looked }) => total + (looked?.[what] ?? 0), 0)
    const found = entries.filter(({ where }) => where !== undefined)
    console.log(
      `Secrets: looked at ${sum("lines")} pieces of logs and output, ${sum("answers")} of answers and ${sum("files")} stored files, ${Math.round(sum("bytes") / 1e6)} MB; found ${found.length}.`
    )
    if (found.length > 0) {
      const shown = found.slice(0, 20).map(({ where, around }) => `  ${where}: ${JSON.stringify(around)}`)
      console.error(`The tests' secrets have come out where they must not:\n${shown.join("\n")}`)
      process.exitCode = 1
    }
  }
}
