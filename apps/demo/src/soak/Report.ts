/** What a soak run has found, for people and for programs. Pure. */
import type * as Quantity from "./Quantity.js"
import type * as SoakRun from "./SoakRun.js"

export interface Report {
  readonly minutes: number
  readonly judgements: ReadonlyArray<Quantity.Judgement>
  readonly seen: SoakRun.Seen
  /** Somebody has ended it: what the targets hold was not compared. */
  readonly isEarly: boolean
}

/** Nothing grows, nothing is lost. */
export const isGood = ({ judgements, seen }: Report): boolean =>
  seen.wrong.length === 0 && judgements.every(({ verdict }) => verdict !== "grows")

const columns = ["quantity", "start", "end", "most", "slope per hour (99 %)", "grown by", "bound", "verdict"]

/** A table in Markdown, and what there is to say besides. */
export const render = (report: Report): string => {
  const { isEarly, judgements, minutes, seen } = report
  const rows = judgements.map(({ end, most, quantity, start, trend, verdict }) => [
    quantity.unit === "" ? quantity.name : `${quantity.name}, ${quantity.unit}`,
    figure(start),
    figure(end),
    figure(most),
    trend === null ? "" : `${signed(trend.slope)} (${signed(trend.low)} to ${signed(trend.high)})`,
    trend === null ? "" : signed(trend.growth),
    boundOf(quantity.bound),
    verdict === "grows" ? "**grows**" : verdict
  ])
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`
  const grown = judgements.filter(({ verdict }) => verdict === "grows").map(({ quantity }) => quantity.name)
  return [
    [columns, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n"),
    `${minutes.toFixed(1)} minutes, ${seen.files} listener files, ${seen.requests} requests of the administrator, ${seen.restarts} restarts, ${seen.samples.length} samples.`,
    list(
      "Errors in the log, which failing targets may well cause",
      [...seen.errors].map(([said, times]) => `${times} times: ${said}`)
    ),
    list("What went wrong", seen.wrong),
    [
      grown.length === 0 ? "Nothing grows beyond its bound." : `Beyond its bound grows: ${grown.join(", ")}.`,
      isEarly
        ? "Ended early: it was not compared what the targets hold."
        : seen.wrong.length === 0
          ? "The targets hold what the source says."
          : "See above what went wrong."
    ].join(" ")
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

const boundOf = (bound: Quantity.Bound | null): string => {
  switch (bound?._tag) {
    case undefined:
      return ""
    case "Ceiling":
      return `${figure(bound.most)} at most`
    case "Slope":
      return `${figure(bound.perHour)}/h and ${figure(bound.inAll)} in all`
  }
}

const mostLines = 50

const list = (title: string, lines: ReadonlyArray<string>): string =>
  lines.length === 0
    ? ""
    : [
        `${title} (${lines.length}):`,
        ...lines.slice(0, mostLines).map((each) => `  ${each}`),
        ...(lines.length > mostLines ? ["  ..."] : [])
      ].join("\n")

/** All samples included, for whoever wants to draw them. Infinite limits are null. */
export const toJson = (report: Report): string =>
  JSON.stringify({
    ok: isGood(report),
    endedEarly: report.isEarly,
    minutes: report.minutes,
    quantities: report.judgements.map(({ quantity, ...judgement }) => ({ ...quantity, ...judgement })),
    files: report.seen.files,
    requests: report.seen.requests,
    restarts: report.seen.restarts,
    errors: Object.fromEntries(report.seen.errors),
    wrong: report.seen.wrong,
    samples: report.seen.samples
  })

/** Three digits. */
const figure = (value: number | null): string => {
  if (value === null) return ""
  if (!Number.isFinite(value)) return "∞"
  const size = Math.abs(value)
  return size >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(size >= 10 ? 1 : 2)
}

const signed = (value: number): string => {
  const text = value < 0 ? `−${figure(-value)}` : `+${figure(value)}`
  return /[1-9∞]/.test(text) ? text : "0"
}
