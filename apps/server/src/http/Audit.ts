/** Who did what through the API: written down after each answer to what changes something, or shows a person. */
import type { HttpServerRequest } from "@effect/platform"
import * as Erasure from "@id-connector/core/history/Erasure"
import { HistoryOutbox } from "@id-connector/core/history/HistoryOutbox"
import { Clock, Context, Effect } from "effect"
import * as Operations from "./Operations.js"
import * as Site from "./Site.js"

/** Who asks, as far as it is known by now: filled in while a request is answered. */
export interface Asker {
  name: string | null
  address: string | null
  /** Whether a list of somebody's history had anything in it. */
  hasSeen: boolean
}

/** Of the request that is answered now. */
export class Asking extends Context.Reference<Asking>()("@id-connector/server/http/Audit/Asking", {
  defaultValue: (): Asker => ({ name: null, address: null, hasSeen: false })
}) {}

/** What looks at one person: that is written down, too. */
const looks: ReadonlySet<string> = new Set(["history.object", "history.export", "history.list", "history.get"])

/** The one who asks sees something of what was asked for. */
export const seen = Effect.map(Asking, (asker) => {
  asker.hasSeen = true
})

/** What asks only, whatever its method. */
const asks = /^(preview\.|token\.|authorities\.check$)/

const audited = Operations.all.filter(({ id, method }) => !asks.test(id) && (method !== "GET" || looks.has(id)))

/** `null`: nothing of it is written down. */
const actionOf = ({ method, url }: HttpServerRequest.HttpServerRequest) => {
  const [path = "/", query = ""] = url.split("?")
  for (const { id, method: expected, pattern } of audited) {
    const match = expected === method ? pattern.exec(path) : null
    if (match === null) continue
    if (id !== "history.list") return { action: id, subject: match.slice(1).map(decoded).join("/") || null }
    const subject = askedFor(query)
    return subject === null ? null : { action: id, subject }
  }
  return null
}

/** Whose history, where it is that of somebody. */
const askedFor = (query: string): string | null => {
  const params = new URLSearchParams(query)
  const [, id] = /^(?:user|group):(.*)$/s.exec(params.get("object") ?? "") ?? []
  return (params.get("name") ?? id ?? params.get("object"))?.slice(0, 200) ?? null
}

/** Who was forgotten is not to be found in who has done it. */
const withoutErased = (done: ReturnType<typeof actionOf>, status: number) =>
  done?.action === "history.erase" && status < 300 ? { ...done, subject: Erasure.erased } : done

const decoded = (text: string): string => (Site.decode(text) ?? text).slice(0, 200)

/** An answer is given whether this can be written down or not: the log has it, too. */
export const record = (
  request: HttpServerRequest.HttpServerRequest,
  { address, hasSeen, name }: Asker,
  status: number,
  requestId: string
): Effect.Effect<void, never, HistoryOutbox> =>
  Effect.gen(function* () {
    const done = name === null ? null : withoutErased(actionOf(request), status)
    if (done === null || name === null) return
    // Nothing was seen.
    if (looks.has(done.action) && (status >= 400 || (done.action === "history.list" && !hasSeen))) return
    const outbox = yield* HistoryOutbox
    const at = yield* Clock.currentTimeMillis
    yield* Effect.catchAll(
      outbox.record([{ _tag: "Audited", at, by: { name, address }, ...done, status, request: requestId }]),
      (error) =>
        Effect.logError("What an administrator did can't be written to the audit log.", { reason: error.message })
    )
  })
