/** Prometheus' own judgement of scraped figures: what it reads in them, and which alert rules fire. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = (process.env.PATH ?? "")
  .split(":")
  .map((directory) => join(directory, "promtool"))
  .find((path) => Fs.existsSync(path))

export const isThere = program !== undefined

const monitoring = fileURLToPath(new URL("../../monitoring/", import.meta.url))
export const rulesFile = join(monitoring, "alerts.yml")
export const dashboardFile = join(monitoring, "dashboard.json")

const promtool = (args: ReadonlyArray<string>, input = "") => {
  const { output, status } = spawnSync(program ?? "promtool", args, { input, encoding: "utf8" })
  return { isGood: status === 0, said: output.join("") }
}

/** Looks a scrape through as `promtool check metrics` does. */
export const checkMetrics = (text: string) => promtool(["check", "metrics"], text)

const inFile = <A>(name: string, content: string, use: (file: string) => A): A => {
  const directory = Fs.mkdtempSync(join(tmpdir(), "id-connector-promtool-"))
  try {
    Fs.writeFileSync(join(directory, name), content)
    return use(join(directory, name))
  } finally {
    Fs.rmSync(directory, { recursive: true, force: true })
  }
}

/** Whether queries can be parsed: each as a rule of its own. */
export const checkQueries = (queries: ReadonlyArray<string>) =>
  inFile(
    "rules.yml",
    // JSON is YAML, too.
    JSON.stringify({
      groups: [{ name: "queries", rules: queries.map((expr, index) => ({ record: `query_${index}`, expr })) }]
    }),
    (file) => promtool(["check", "rules", file])
  )

export const checkRules = () => promtool(["check", "rules", rulesFile])

/** Figures as they were scraped, and for how many minutes they are to stand so. */
export interface Held {
  readonly minutes: number
  /** Null: nothing could be scraped. */
  readonly text: string | null
}

/** `name{labels}` with its value. */
export const parse = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").flatMap((line): Array<[string, string]> => {
      const [, series, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? []
      return series === undefined || value === undefined ? [] : [[series, value]]
    })
  )

/** What Prometheus adds. */
const scraped = (series: string): string => {
  const target = 'instance="idc:9464",job="id-connector"'
  return series.includes("{") ? series.replace("{", `{${target},`) : `${series}{${target}}`
}

/**
 * Lets Prometheus evaluate the alert rules over these figures, a minute for each sample, and answers with those that fire at the end,
 * as `alertname` or `alertname label`, and whatever else it had to say.
 */
export const firing = (history: ReadonlyArray<Held>): ReadonlyArray<string> => {
  const parsed = history.map(({ minutes, text }) => ({ minutes, values: parse(text ?? "") }))
  const series = [...new Set(parsed.flatMap(({ values }) => [...values.keys()]))]
  const end = history.reduce((sum, { minutes }) => sum + minutes, 0) - 1
  const test = {
    rule_files: [rulesFile],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: series.map((one) => ({
          series: scraped(one),
          values: parsed
            .flatMap(({ minutes, values }) => Array.from({ length: minutes }, () => values.get(one) ?? "_"))
            .join(" ")
        })),
        promql_expr_test: [
          {
            expr: 'count by (alertname, school_authority, trash) (ALERTS{alertstate="firing"})',
            eval_time: `${end}m`,
            // Nothing is expected: what fires is said to be wrong.
            exp_samples: []
          }
        ]
      }
    ]
  }
  const { isGood, said } = inFile("test.yml", JSON.stringify(test), (file) => promtool(["test", "rules", file]))
  if (isGood) return []
  const [, got = ""] = /got:\s*(.*)/.exec(said) ?? []
  const alerts = [...got.matchAll(/\{([^}]*)\}/g)].map(([, labels = ""]) =>
    ["alertname", "school_authority", "trash"]
      .flatMap((name) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1] ?? [])
      .join(" ")
  )
  if (alerts.length === 0) throw new Error(said)
  return alerts.sort()
}
