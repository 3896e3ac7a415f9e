/** Options of the commands that look into the history. */
import { Options } from "@effect/cli"
import { DateTime, Effect, Option } from "effect"
import * as WholeNumber from "./WholeNumber.js"
import { WrongUse } from "./WrongUse.js"

const time = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("time"), Options.optional, Options.withDescription(description))

export const page = {
  since: time("since", "only what happened since then: 2026-02-03, 2026-02-03T04:05, or 12h or 2d for so long ago"),
  until: time("until", "only what happened until then"),
  before: WholeNumber.option("before", 1, Number.MAX_SAFE_INTEGER).pipe(
    Options.optional,
    Options.withDescription("only those before this one: the next page")
  ),
  limit: WholeNumber.option("limit", 1, 1_000).pipe(
    Options.optional,
    Options.withDescription("how many at most, 1 to 1000 (default 50)")
  ),
  all: Options.boolean("all").pipe(Options.withDescription("all that fit, as JSON, one object per line: for programs"))
}

/** Unless somebody says how many. */
const defaultLimit = 50

export interface Page {
  readonly since: Option.Option<string>
  readonly until: Option.Option<string>
  readonly before: Option.Option<number>
  readonly limit: Option.Option<number>
  readonly all: boolean
}

/** What the API is asked for; of all, how many is not said. */
export const pageOf = ({ all, before, limit, since, until }: Page) =>
  Effect.gen(function* () {
    if (all && Option.isSome(limit)) {
      return yield* new WrongUse({ lines: ["--all and --limit are given, one of the two is expected."] })
    }
    return {
      ...(all ? {} : { limit: Option.getOrElse(limit, () => defaultLimit) }),
      ...(Option.isSome(before) ? { before: before.value } : {}),
      ...(Option.isSome(since) ? { since: yield* dateOf("--since", since.value) } : {}),
      ...(Option.isSome(until) ? { until: yield* dateOf("--until", until.value) } : {})
    }
  })

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time without a zone is of this machine. */
const dateOf = (option: string, text: string) =>
  Effect.gen(function* () {
    const ago = /^(\d{1,5})(m|h|d)$/.exec(text)
    const unit = ago?.[2]
    if (ago !== null && (unit === "m" || unit === "h" || unit === "d")) {
      return DateTime.toDateUtc(DateTime.subtract(yield* DateTime.now, { millis: Number(ago[1]) * units[unit] }))
    }
    // A date alone is midnight here, not in Greenwich.
    const found = DateTime.make(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
    return Option.isSome(found)
      ? DateTime.toDateUtc(found.value)
      : yield* new WrongUse({
          lines: [
            `${option}: ${JSON.stringify(text)} is no time; 2026-02-03, 2026-02-03T04:05, or 12h or 2d for so long ago is expected.`
          ]
        })
  })
