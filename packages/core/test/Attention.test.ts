import { assert, describe, it } from "@effect/vitest"
import * as Attention from "@id-connector/core/Attention"
import type { QueueStatus } from "@id-connector/core/Connector"
import { noCounts } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"

const queue = (name: string, more: Partial<QueueStatus> = {}): QueueStatus => ({
  ...noCounts,
  authority: AuthorityName.make(name),
  configured: true,
  status: { _tag: "Running" },
  report: null,
  ...more
})

const paused = (code: "TargetUnavailable" | "CredentialsRefused" | "ConfigurationUnusable" | "TargetFailed") =>
  ({ _tag: "Paused", code, reason: "because", since: 1_000, until: 2_000 }) as const

const fine: Attention.Circumstances = {
  notReady: null,
  inQueue: { waiting: 3, heldUp: null, heldBack: null },
  configured: 1,
  problems: [],
  queues: [queue("North", { waiting: 12 })]
}

const codes = (circumstances: Partial<Attention.Circumstances>) =>
  Attention.of({ ...fine, ...circumstances }).map(({ authority, code }) => `${code} ${authority ?? "-"}`)

describe("What needs somebody", () => {
  it("is nothing while all run, however much waits, and while an authority is inactive", () => {
    assert.deepStrictEqual(codes({ queues: [queue("A", { waiting: 9_000 }), queue("B", { status: null })] }), [])
  })

  it("is told with the most urgent first, of one kind the greatest number first", () => {
    assert.deepStrictEqual(
      codes({
        notReady: "the disk is full",
        inQueue: { waiting: 3, heldUp: "broken", heldBack: { files: 2, reason: "plugin" } },
        problems: [{ authority: AuthorityName.make("A"), problem: "no JSON" }],
        queues: [
          queue("A", { status: { _tag: "PausedByHand", since: null } }),
          queue("B", { status: paused("TargetUnavailable"), dead: 2 }),
          queue("C", { status: paused("TargetFailed"), dead: 30 }),
          queue("D", { status: paused("CredentialsRefused"), held: 1 }),
          queue("E", { status: paused("ConfigurationUnusable") }),
          queue("F", { status: null, configured: { since: 1_000 }, waiting: 4 }),
          queue("G", { status: null, configured: { since: null } })
        ]
      }),
      [
        "not_ready -",
        "in_queue_stands_still -",
        "deletions_held_back D",
        "credentials_refused D",
        "configuration_unusable E",
        "configuration_problem A",
        "not_configured F",
        "dead_letters C",
        "dead_letters B",
        "files_held_back -",
        "target_fails C",
        "target_unavailable B",
        "paused_by_hand A"
      ]
    )
  })

  it("is said with its values, and with commands that a shell takes as they are", () => {
    const [held, ...more] = Attention.of({ ...fine, queues: [queue("Nord Ost", { held: 2 })] })
    assert.deepStrictEqual(more, [])
    assert.deepInclude(held, { values: { items: 2 }, authority: "Nord Ost" })
    assert.strictEqual(held?.commands[1], "id-connector queue retry 'Nord Ost' --all held")
    const [away] = Attention.of({
      ...fine,
      queues: [queue("North", { waiting: 1, status: paused("TargetUnavailable") })]
    })
    assert.deepStrictEqual(away?.values, { items: 1, reason: "because", since: 1_000, next_try: 2_000 })
    assert.strictEqual(away?.text, "North is paused, 1 change waiting: because")
  })

  it("is said when no school authority is configured at all", () => {
    assert.deepStrictEqual(codes({ configured: 0, queues: [] }), ["nothing_configured -"])
  })
})
