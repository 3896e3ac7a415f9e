/** What commands print: tables and facts for people, JSON for programs. */
import { Options } from "@effect/cli"
import { Console, Stream } from "effect"
import * as StandardLines from "../process/StandardLines.js"
import * as Terminal from "../process/Terminal.js"

export const json = Options.boolean("json").pipe(Options.withDescription("prints JSON, for programs"))

/** Prints a value as JSON, or text about it. */
export const print = (isJson: boolean, value: unknown, text: () => ReadonlyArray<string>) =>
  Console.log(isJson ? JSON.stringify(value, null, 2) : text().map(harmless).join("\n"))

/** Prints values as JSON, one a line, as they come and are read. */
export const jsonLines = <A, E, R>(values: Stream.Stream<A, E, R>) =>
  StandardLines.print(Stream.map(values, (value) => JSON.stringify(value)))

/** What others have written may hold codes that a terminal obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const harmless = (line: string): string => line.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd")

/** Texts in columns under their titles; where nothing is, `none` stands. A terminal cuts what is too wide. */
export const table = (
  titles: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  none: string
): ReadonlyArray<string> => {
  if (rows.length === 0) return [none]
  const cells = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\s+/g, " ")))
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)))
  const { isTerminal, width } = Terminal.output()
  return cells.map((row) => {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
    return isTerminal && line.length > width ? `${line.slice(0, width - 1)}…` : line
  })
}

/** Names with what they are, under each other. What is null is left out. */
export const facts = (entries: ReadonlyArray<readonly [name: string, text: string | null]>): ReadonlyArray<string> => {
  const shown = entries.filter(([, text]) => text !== null)
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(
    ([name, text]) => `${`${name}:`.padEnd(width + 2)}${(text ?? "").replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`
  )
}

/** Says how the next page is asked for, when a page is full: `There may be more: --after 4711`. */
export const nextPage = (
  found: ReadonlyArray<{ readonly id: number }>,
  limit: number,
  option: "--after" | "--before"
): ReadonlyArray<string> => {
  const last = found.at(-1)
  return last !== undefined && found.length === limit ? [`There may be more: ${option} ${last.id}`] : []
}

/** `1 item`, `12 items` */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`
