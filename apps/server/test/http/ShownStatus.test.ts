import { assert, describe, it } from "@effect/vitest"
import type { QueueStatus } from "@id-connector/core/Connector"
import type { OutQueueStatus } from "@id-connector/core/queue/out/OutQueueState"
import * as Reasons from "@id-connector/core/queue/Reasons"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import { TargetUnavailable } from "@id-connector/core/targets/DeliveryError"
import * as ShownStatus from "@id-connector/server/http/ShownStatus"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Either } from "effect"

const authority = Either.getOrThrow(SchoolAuthority.decode(Builders.authority("Berlin")))
const fine = { errors: [], warnings: [], findings: [] }
const at = Date.parse("2026-02-03T04:05:06.789Z")

const queue = (status: OutQueueStatus | null): QueueStatus => ({
  authority: authority.name,
  configured: true,
  waiting: 4,
  inFlight: 3,
  held: 2,
  dead: 1,
  due: 4,
  status,
  report:
    status === null
      ? null
      : {
          head: null,
          delivered: 12,
          failed: 3,
          deliveredLastMinute: 5,
          lastDeliveredAt: at,
          lastError: { at, reason: "no answer" }
        }
})

const shown = (status: OutQueueStatus | null) => ShownStatus.of(authority, queue(status), fine)

const other = (text: string) => ({ code: "other", values: { text } }) as const

describe("what the API shows of an authority", () => {
  it("is reachable while its queue runs", () => {
    assert.deepStrictEqual(shown({ _tag: "Running" }), {
      name: authority.name,
      active: true,
      not_configured: null,
      reachable: true,
      paused: null,
      last_error: { at: "2026-02-03T04:05:06.789Z", reason: "no answer", ...other("no answer") },
      last_delivery: "2026-02-03T04:05:06.789Z",
      delivered: 12,
      failed: 3,
      delivered_last_minute: 5,
      items: { waiting: 4, in_flight: 3, held: 2, dead: 1 },
      configuration: fine
    })
  })

  it("says why and until when its queue is paused", () => {
    assert.deepInclude(
      shown({ _tag: "Paused", code: "TargetUnavailable", reason: "no answer", since: at, until: at }),
      {
        reachable: false,
        paused: { reason: "no answer", ...other("no answer"), until: "2026-02-03T04:05:06.789Z" }
      }
    )
    assert.deepInclude(
      shown({ _tag: "Paused", code: "CredentialsRefused", reason: "wrong password", since: at, until: null }),
      {
        reachable: false,
        paused: { reason: "wrong password", ...other("wrong password"), until: null }
      }
    )
  })

  it("says the same for programs, with the number of objects at which the target failed", () => {
    const { message } = new TargetUnavailable({ detail: "status 503", retryAfter: null, answered: true })
    const reason = Reasons.ofSeries(5, message)
    const { paused } = shown({ _tag: "Paused", code: "TargetUnavailable", reason, since: at, until: null })
    assert.deepStrictEqual(paused, {
      reason,
      code: "target_unavailable",
      values: { detail: "status 503", objects: "5" },
      until: null
    })
  })

  it("does not say whether it is reachable when nobody asks", () => {
    assert.isNull(shown({ _tag: "PausedByHand", since: null }).reachable)
    assert.deepStrictEqual(shown({ _tag: "PausedByHand", since: null }).paused, {
      reason: `An administrator has paused the queue. It goes on with POST /queues/${authority.name}/resume.`,
      code: "paused_by_hand",
      values: { school_authority: authority.name },
      until: null
    })
    assert.deepInclude(shown(null), { reachable: null, paused: null, delivered: 0, last_delivery: null })
  })

  it("is empty before there is a queue", () => {
    assert.deepInclude(ShownStatus.of(authority, undefined, fine), {
      reachable: null,
      items: { waiting: 0, in_flight: 0, held: 0, dead: 0 }
    })
  })
})
