// A second kind of target: each change is sent to a web server as JSON, signed with a secret that both know. The school authority
// that uses it has the server's address as its `url`, and the secret under plugin_configs.webhook.key (`key`, `password` and `token`
// are secrets: they are never shown).
import { createHmac } from "node:crypto"
import { DeliveryError, ListenerObject, Plugin } from "@id-connector/core"
import { Redacted } from "effect"

const bodyOf = (object) => ({
  kind: ListenerObject.isUser(object) ? "user" : "class",
  id: object.id,
  name: ListenerObject.label(object),
  removed: object._tag === "RemovedUser" || object._tag === "RemovedGroup",
  schools: object.schools ?? []
})

/** `fetch` is given by tests. */
export const make = ({ fetch = globalThis.fetch } = {}) =>
  Plugin.make({
    name: "webhook",
    timeLimits: { deliver: "30 seconds" },
    // Said before it is saved, in status and check.
    check: ({ plugin_configs }) =>
      plugin_configs.webhook?.key === undefined
        ? { errors: [], warnings: ["plugin_configs.webhook.key: is missing: the secret for signatures is expected"] }
        : {},
    handler: ({ plugin_configs, url }) => {
      const secret = plugin_configs.webhook?.key
      if (secret === undefined) {
        throw new DeliveryError.ConfigurationUnusable({ problems: ["plugin_configs.webhook.key: is missing"] })
      }
      const send = async (json) => {
        const body = JSON.stringify(json)
        const key = Redacted.isRedacted(secret) ? Redacted.value(secret) : secret
        const signature = createHmac("sha256", key).update(body).digest("hex")
        const headers = { "content-type": "application/json", "x-signature": `sha256=${signature}` }
        const answer = await fetch(url, { method: "POST", headers, body }).catch((cause) => {
          // The queue waits for the server, and no attempt is counted.
          throw new DeliveryError.TargetUnavailable({ detail: String(cause), retryAfter: null, answered: false })
        })
        if (answer.ok) return
        const evidence = {
          method: "POST",
          path: new URL(url).pathname,
          requestId: null,
          body: json,
          status: answer.status,
          response: (await answer.text()).slice(0, 500)
        }
        const detail = `the web server answers ${answer.status}`
        // A dead letter at once, or another try later.
        if (answer.status < 500) throw new DeliveryError.TargetRefused({ detail, evidence })
        throw new DeliveryError.TargetFailed({ detail, evidence })
      }
      return {
        ping: () => send({ kind: "ping" }),
        deliver: async ({ mayDelete: _, object }) => {
          await send(bodyOf(object))
          return { outcome: bodyOf(object).removed ? "removed" : "modified" }
        },
        preview: async ({ object }) => ({
          outcome: bodyOf(object).removed ? "removed" : "modified",
          requests: [{ method: "POST", path: new URL(url).pathname, body: bodyOf(object) }]
        })
      }
    }
  })

export default make()
