/** Options that are whole numbers within limits. */
import { Options } from "@effect/cli"
import { Schema } from "effect"

/** `--<name>`, from `least` to `most`. */
export const option = (name: string, least: number, most: number): Options.Options<number> =>
  Options.integer(name).pipe(
    Options.withSchema(
      Schema.Int.pipe(Schema.between(least, most)).annotations({
        message: () => ({ message: `--${name}: a whole number from ${least} to ${most} is expected.`, override: true })
      })
    )
  )
