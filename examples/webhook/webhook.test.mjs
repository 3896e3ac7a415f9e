import { createHmac } from "node:crypto"
import { Builders, Harness } from "@id-connector/testkit"
import { expect, test } from "vitest"
import { make } from "./webhook.mjs"

const hook = {
  name: "Hook",
  url: "https://hook.example.com/changes",
  plugins: ["webhook"],
  plugin_configs: { webhook: { key: "known to both" } }
}

/** A web server that answers what it is told to, in that order, and 204 after that. */
const server = (...statuses) => {
  const received = []
  const fetch = async (_url, { body, headers }) => {
    const status = JSON.parse(body).kind === "ping" ? 204 : (statuses.shift() ?? 204)
    received.push({ json: JSON.parse(body), headers, body, status })
    return new Response(status === 204 ? null : "no", { status })
  }
  return { fetch, received }
}

const run = (fetch, more = {}) =>
  Harness.promise({
    authorities: [hook],
    mapping: { School1: "Hook" },
    plugins: [make({ fetch })],
    changes: [Builders.user("anna", { schools: ["School1"] })],
    ...more
  })

test("a change is sent, signed with the secret", async () => {
  const { fetch, received } = server()
  const { undelivered } = await run(fetch)
  const { body, headers, json } = received.at(-1)
  expect(json).toMatchObject({ kind: "user", name: "anna", removed: false, schools: ["School1"] })
  expect(headers["x-signature"]).toBe(`sha256=${createHmac("sha256", "known to both").update(body).digest("hex")}`)
  expect(undelivered).toEqual([])
})

test("what fails for the moment is tried again, what is refused is a dead letter", async () => {
  const ill = server(503)
  expect((await run(ill.fetch)).undelivered).toEqual([])
  expect(ill.received.filter(({ json }) => json.kind === "user").map(({ status }) => status)).toEqual([503, 204])
  const strict = server(422)
  const [letter] = (await run(strict.fetch)).undelivered
  expect(letter).toMatchObject({ object: "user anna", state: "dead", evidence: { status: 422 } })
})

test("without a secret the authority pauses, and says what is missing", async () => {
  const { paused } = await run(server().fetch, { authorities: [{ ...hook, plugin_configs: { webhook: {} } }] })
  expect(paused.Hook).toMatch(/plugin_configs\.webhook\.key: is missing/)
})
