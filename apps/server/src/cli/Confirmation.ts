/** Asks before something is done that can't be undone. */
import { Options } from "@effect/cli"
import { Effect } from "effect"
import * as Prompt from "../process/Prompt.js"
import { CannotStart } from "./CannotStart.js"
import { WrongUse } from "./WrongUse.js"

export const yes = Options.boolean("yes").pipe(Options.withDescription("does it without asking"))

/** Goes on when it is wanted. Where there is nobody to ask, `--yes` has to say so. */
export const ask = (isWanted: boolean, question: string): Effect.Effect<void, CannotStart | WrongUse> =>
  Effect.gen(function* () {
    if (isWanted) return
    if (!Prompt.isPossible()) {
      return yield* new WrongUse({ lines: [question, "There is no terminal to ask at: --yes says that it is wanted."] })
    }
    const answer = yield* Prompt.line(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer)) return yield* new CannotStart({ lines: ["Nothing was done."] })
  })
