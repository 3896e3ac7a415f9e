/** What takes longer than an answer may. */
import { Schema } from "effect"

export const Job = Schema.Struct({
  id: Schema.String,
  action: Schema.Literal("retry", "discard"),
  queue: Schema.String,
  state: Schema.Literal("running", "done", "failed"),
  total: Schema.Int.annotations({ description: "How many items fitted." }),
  done: Schema.Int.annotations({
    description: "Of these: how many were looked at. What has changed by itself meanwhile was left alone."
  }),
  items: Schema.Int.annotations({ description: "How many were retried or discarded." }),
  problem: Schema.NullOr(Schema.String).annotations({ description: "Why it failed. What is done stays done." }),
  started: Schema.String
}).annotations({
  identifier: "Job",
  examples: [
    {
      id: "0b8a5c5e-0000-4000-8000-000000000001",
      action: "retry",
      queue: "Traeger1",
      state: "running",
      total: 100_000,
      done: 12_500,
      items: 12_500,
      problem: null,
      started: "2026-02-03T04:05:06.789Z"
    }
  ]
})
