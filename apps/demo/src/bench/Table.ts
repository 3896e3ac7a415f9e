/** The figures of a benchmark, each beside its baseline. */

export interface Row {
  readonly measure: string
  readonly figure: string
  readonly baseline: string
  readonly ratio: string
}

export const perSecond = (count: number, millis: number): string =>
  `${Math.round((count / millis) * 1000).toLocaleString("en")}/s`

export const percent = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(1)} %`

/** As a table in Markdown. */
export const render = (rows: ReadonlyArray<Row>): string => {
  const columns = ["measure", "figure", "baseline", "ratio"] as const
  const head: Row = { measure: "measure", figure: "figure", baseline: "baseline in the same run", ratio: "ratio" }
  const widths = columns.map((column) => Math.max(...[head, ...rows].map((row) => row[column].length)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`
  return [
    line(columns.map((column) => head[column])),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map((row) => line(columns.map((column) => row[column])))
  ].join("\n")
}
