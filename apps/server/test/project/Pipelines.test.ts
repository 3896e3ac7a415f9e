import * as Fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { parse } from "yaml"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const read = (path: string) => Fs.readFileSync(join(root, path), "utf8")
const { scripts } = JSON.parse(read("package.json"))

interface GitLabJob {
  readonly stage?: string
  readonly needs?: ReadonlyArray<string>
  readonly script?: ReadonlyArray<string>
}

interface GitHubJob {
  readonly needs?: string | ReadonlyArray<string>
  readonly steps: ReadonlyArray<{ readonly run?: string; readonly uses?: string }>
}

interface Rule {
  readonly description?: string
  readonly matchDepTypes?: ReadonlyArray<string>
  readonly enabled?: boolean
}

const keywords = ["workflow", "variables", "default"]
const { stages, ...gitlab }: { readonly stages: ReadonlyArray<string> } & Record<string, unknown> = parse(
  read(".gitlab-ci.yml")
)
const github: { readonly jobs: Record<string, GitHubJob> } = parse(read(".github/workflows/ci.yml"))

const gitlabJobs = Object.entries(gitlab).flatMap(
  ([name, job]): ReadonlyArray<readonly [string, GitLabJob]> =>
    keywords.includes(name) || typeof job !== "object" || job === null ? [] : [[name, job]]
)

/** What each job runs, and what it waits for. */
const pipelines = {
  GitLab: gitlabJobs.map(([name, job]) => ({ name, runs: job.script ?? [], needs: job.needs ?? [] })),
  GitHub: Object.entries(github.jobs).map(([name, job]) => ({
    name,
    runs: job.steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
    needs: job.needs === undefined ? [] : [job.needs].flat()
  }))
}

describe.each(Object.entries(pipelines))("The pipeline of %s", (_, jobs) => {
  it("has a job for each thing that a change must pass", () => {
    const names = jobs.map(({ name }) => name)
    assert.includeMembers(names, ["lint", "types", "tests", "coverage", "docs", "image", "packages", "pages"])
  })

  it("runs npm scripts that are there, and hardly anything else", () => {
    for (const { name, runs } of jobs) {
      for (const line of runs) {
        const script = /^npm (?:run )?([a-z-]+)(?: -- .+)?$/.exec(line)?.[1]
        if (line === "npm ci" || line === "mv docs/.vitepress/dist public") continue
        assert.isDefined(script, `${name}: ${line}`)
        assert.property(scripts, script ?? "", `${name}: ${line}`)
      }
    }
  })

  it("waits for jobs that are there, which wait for none that waits for them", () => {
    const needs = new Map(jobs.map(({ name, needs }) => [name, needs]))
    const behind = (name: string, path: ReadonlyArray<string>): void => {
      assert.notInclude(path, name)
      for (const other of needs.get(name) ?? assert.fail(`${path.at(-1)} needs ${name}`)) behind(other, [...path, name])
    }
    for (const name of needs.keys()) behind(name, [])
  })
})

describe("Both pipelines", () => {
  it("run all of what npm run check runs", () => {
    const checked = [...scripts.check.matchAll(/npm run ([a-z]+)/g)].map(([, script]) => script)
    for (const jobs of Object.values(pipelines)) {
      const run = jobs.flatMap(({ runs }) => runs.map((line) => line.split(" ")[2]))
      assert.includeMembers(run, checked)
    }
  })

  it("have stages for their jobs, and actions of a version", () => {
    for (const [name, { stage }] of gitlabJobs) assert.include(stages, stage, name)
    for (const { steps } of Object.values(github.jobs)) {
      for (const { uses } of steps) if (uses !== undefined) assert.match(uses, /^actions\/[a-z-]+@v\d+$/)
    }
  })
})

describe("renovate.json", () => {
  it("leaves alone what package.json overrides, and says of each rule why", () => {
    const { packageRules }: { readonly packageRules: ReadonlyArray<Rule> } = JSON.parse(read("renovate.json"))
    const overrides = packageRules.find(({ matchDepTypes }) => matchDepTypes?.includes("overrides"))
    assert.isFalse(overrides?.enabled)
    for (const name of Object.keys(JSON.parse(read("package.json")).overrides)) {
      assert.include(overrides?.description, name)
    }
    for (const rule of packageRules) assert.isString(rule.description)
  })
})
