import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { prefix } from "@id-connector/api/Api"
import * as OtelSettings from "@id-connector/server/monitoring/OtelSettings"
import { quietly } from "@id-connector/testkit/Quietly"
import { Effect } from "effect"
import { authority, world } from "../http/ApiWorld.js"
import * as Promtool from "./Promtool.js"

const page = Fs.readFileSync(fileURLToPath(new URL("../../../../docs/monitoring.md", import.meta.url)), "utf8")
const alerts = Fs.readFileSync(Promtool.rulesFile, "utf8")

/** What stands in front of the rows of the table in a section. */
const firstColumn = (heading: string): ReadonlyArray<string> => {
  const [, section = ""] = page.split(`\n## ${heading}\n`)
  return [...(section.split("\n## ")[0] ?? "").matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
  )
}

describe("The page about monitoring", () => {
  it.scopedLive("explains every figure that there is, with all its labels, and no other", () =>
    Effect.gen(function* () {
      const { as, http, send, token } = yield* world()
      yield* send("POST", "/v1/school_authorities", as(authority("North", { active: true })))
      const response = yield* http.get(`${prefix}/v1/metrics`, { headers: { authorization: `Bearer ${token}` } })
      const text = yield* response.text
      const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name)
      assert.deepStrictEqual([...firstColumn("Figures")].sort(), families.sort())
      for (const [series] of Promtool.parse(text)) {
        const [name = "", labels = ""] = series.split("{")
        const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? ""
        for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
          assert.include(row, `\`${label}\``)
          if (!["school_authority", "version"].includes(label)) assert.include(row, `\`${value}\``)
        }
      }
    }).pipe(quietly)
  )

  it("has a section for every alert, which the alert names, and none for others", () => {
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name)
    assert.deepStrictEqual(
      [...page.matchAll(/^### (IdConnector\w+)$/gm)].map(([, name = ""]) => name).sort(),
      [...names].sort()
    )
    assert.deepStrictEqual(
      [...alerts.matchAll(/runbook: docs\/monitoring\.md#(\w+)/g)].map(([, anchor]) => anchor),
      names.map((name) => name.toLowerCase())
    )
  })

  it("explains every variable of OpenTelemetry that is read", () => {
    assert.deepStrictEqual(
      firstColumn("OpenTelemetry")
        .filter((name) => name.startsWith("OTEL_"))
        .sort(),
      [...OtelSettings.names].sort()
    )
  })

  it("links to its own sections only where they are", () => {
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"))
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.include(anchors, anchor)
  })
})
