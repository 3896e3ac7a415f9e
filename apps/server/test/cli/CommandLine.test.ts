import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { Args, Command, Options } from "@effect/cli"
import { assert, describe, it } from "@effect/vitest"
import * as CommandLine from "@id-connector/server/cli/CommandLine"
import * as CommandShape from "@id-connector/server/cli/CommandShape"
import * as Completions from "@id-connector/server/cli/Completions"
import * as Help from "@id-connector/server/cli/Help"
import { Effect } from "effect"

const items = Command.make(
  "items",
  {
    queue: Args.text({ name: "queue" }).pipe(Args.withDescription("name of a queue")),
    more: Args.text({ name: "object" }).pipe(Args.withDescription("an object"), Args.repeated),
    state: Options.choice("state", ["dead", "held"]).pipe(Options.optional, Options.withDescription("only these")),
    limit: Options.integer("limit").pipe(Options.withDefault(100), Options.withDescription("how many at most")),
    json: Options.boolean("json").pipe(Options.withDescription("prints JSON"))
  },
  () => Effect.void
).pipe(
  Command.withDescription(
    CommandShape.describe("Lists the items of a queue. The oldest first.", {
      details: ["A detail that matters."],
      example: "tool queue items North"
    })
  )
)
const one = Command.make("one", { file: Args.text({ name: "file" }) }, () => Effect.void)
const queue = Command.make("queue").pipe(Command.withDescription("Queues."), Command.withSubcommands([items, one]))
const tool = CommandShape.of(
  Command.make("tool").pipe(Command.withDescription("A tool of many words."), Command.withSubcommands([queue]))
)

const read = (line: string) => CommandLine.read(tool, line === "" ? [] : line.split(" "))
const wrong = (line: string) => {
  const meaning = read(line)
  return meaning._tag === "Wrong" ? (meaning.lines[0] ?? "") : meaning._tag
}

describe("A command line", () => {
  it("is run when all fits", () => {
    for (const line of [
      "queue items North",
      "queue items --state dead North a b",
      "queue items North --limit=5 --json",
      "queue items -- --odd"
    ])
      assert.strictEqual(wrong(line), "Run", line)
  })

  it("is refused with what is wrong and what may be meant", () => {
    assert.deepStrictEqual(
      [
        "que",
        "queue item",
        "queue items",
        "queue items North --lim 5",
        "queue items North --limit many",
        "queue items North --limit",
        "queue items North --state deaf",
        "queue items North --json --json",
        "queue one a b",
        "--log-level debug"
      ].map(wrong),
      [
        'tool: there is no command "que". Is queue meant?',
        'tool queue: there is no command "item". Is items meant?',
        "tool queue items: <queue> is missing: name of a queue.",
        "tool queue items: there is no option --lim. Is --limit meant?",
        'tool queue items: --limit: "many" is no whole number.',
        "tool queue items: --limit needs a value.",
        'tool queue items: --state: "deaf" is none of dead, held.',
        "tool queue items: --json is given twice.",
        'tool queue one: "b" is one argument too many.',
        'tool: there is no option "--log-level".'
      ]
    )
  })

  it("may ask for help, the version and completions, and alone is incomplete", () => {
    const help = read("queue items --nonsense -h")
    assert.deepStrictEqual(help._tag === "Help" && help.path, ["tool", "queue", "items"])
    assert.strictEqual(read("--version")._tag, "Version")
    assert.deepInclude(read("--completions zsh"), { _tag: "Completions", shell: "zsh" })
    assert.strictEqual(wrong("--completions tcsh"), '--completions: bash, zsh, fish are known, "tcsh" is not.')
    assert.strictEqual(wrong(""), "Incomplete")
    assert.strictEqual(wrong("queue"), "Incomplete")
  })
})

describe("The help", () => {
  const page = { width: 60, hasColour: false }
  const helpOf = (line: string, more = page) => {
    const meaning = read(line)
    return meaning._tag === "Help" ? Help.render(meaning.shape, meaning.path, more) : meaning._tag
  }

  it("says what a command is for, how it is used, each option with its default, and an example", () => {
    assert.strictEqual(
      helpOf("queue items --help"),
      `Lists the items of a queue. The oldest first.

Usage: tool queue items [options] <queue> [<object>...]

Arguments:
  <queue>   name of a queue
  <object>  an object (may be given several times)

Options:
  --state <dead|held>  only these
  --limit <number>     how many at most (default 100)
  --json               prints JSON
  -h, --help           prints this

A detail that matters.

Example:
  tool queue items North`
    )
  })

  it("lists every command that does something, with a sentence", () => {
    assert.include(helpOf("--help"), "  queue items  Lists the items of a queue.\n  queue one")
  })

  it("is no wider than the terminal, and has escape codes only where they are wanted", () => {
    const narrow = helpOf("queue items --help", { width: 40, hasColour: false }).split("\n")
    assert.isAtMost(Math.max(...narrow.filter((line) => !line.startsWith("Usage")).map(({ length }) => length)), 42)
    assert.notInclude(helpOf("--help"), "\u001b")
    assert.include(helpOf("--help", { width: 60, hasColour: true }), "\u001b[1mUsage:\u001b[0m")
  })
})

describe("The completions", () => {
  /** What a bash offers for the last word. */
  const offered = (...words: ReadonlyArray<string>): ReadonlyArray<string> =>
    execFileSync("bash", [
      "--norc",
      "-c",
      `${Completions.script(tool, "bash")}
COMP_WORDS=(${["tool", ...words].map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_tool; printf '%s\n' "\${COMPREPLY[@]}"`
    ])
      .toString()
      .trim()
      .split("\n")

  it.runIf(existsSync("/bin/bash"))("of bash offer commands, options and values where they fit", () => {
    assert.deepStrictEqual(offered(""), ["queue", "--help", "--version", "--completions"])
    assert.deepStrictEqual(offered("queue", ""), ["items", "one", "--help"])
    assert.deepStrictEqual(offered("queue", "items", "--s"), ["--state"])
    assert.deepStrictEqual(offered("queue", "items", "North", "--state", ""), ["dead", "held"])
  })

  const has = (shell: string) =>
    ["/usr/bin", "/bin", "/usr/local/bin"].some((folder) => existsSync(`${folder}/${shell}`))

  it.runIf(has("fish"))("of fish offer commands, options and values where they fit", () => {
    const offered = (line: string) =>
      execFileSync("fish", [
        "--no-config",
        "-c",
        `${Completions.script(tool, "fish")}\ncomplete -C '${line}'`
      ]).toString()
    assert.match(offered("tool "), /^queue\t/m)
    assert.match(offered("tool queue i"), /^items\tLists the items of a queue\.$/m)
    assert.match(offered("tool queue items --s"), /^--state\tonly these$/m)
    assert.strictEqual(offered("tool queue items North --state "), "dead\tonly these\nheld\tonly these\n")
  })

  it.runIf(has("zsh"))("of zsh offer commands, options and values where they fit", () => {
    const offered = (...words: ReadonlyArray<string>) =>
      execFileSync("zsh", [
        "-f",
        "-c",
        `compdef() { }; _describe() { print -l -- "\${(@P)2}" }
${Completions.script(tool, "zsh")}
words=(${["tool", ...words].map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length + 1}; _tool`
      ])
        .toString()
        .trim()
        .split("\n")
    assert.deepStrictEqual(offered(""), ["queue:Queues.", "--help:prints what it is for"])
    assert.strictEqual(offered("queue", "")[0], "items:Lists the items of a queue.")
    assert.strictEqual(offered("queue", "items", "")[0], "--state:only these")
    assert.deepStrictEqual(offered("queue", "items", "North", "--state", ""), ["dead", "held"])
  })
})
