/** Measures as a table in Markdown: each figure beside its limit, and their ratio beside the recorded one. */
import type { Verdict } from "./Baseline.js"
import { type Measure, percent } from "./Measure.js"

const columns = ["measure", "figure", "limit in the same run", "ratio", "recorded"]

export const render = (measures: ReadonlyArray<Measure>, verdicts: ReadonlyMap<string, Verdict>): string => {
  const rows = measures.map(({ figure, id, limit, name }) => [
    name,
    figure,
    limit?.name ?? "",
    limit === null ? "" : percent(limit.ratio),
    recorded(verdicts.get(id))
  ])
  const widths = columns.map((column, index) =>
    Math.max(...[columns, ...rows].map((row) => row[index]?.length ?? 0), column.length)
  )
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`
  return [columns, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n")
}

const recorded = (verdict: Verdict | undefined): string => {
  switch (verdict?._tag) {
    case undefined:
      return ""
    case "NotRecorded":
      return "not recorded"
    case "Kept":
      return percent(verdict.recorded)
    case "Missed":
      return `${percent(verdict.recorded)}, missed`
  }
}
