/** What a browser sends and gets, header by header: a client that adds none of its own. */
import * as Http from "node:http"
import { prefix } from "@id-connector/api/Api"
import { Effect } from "effect"

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
  readonly body: { readonly [key: string]: unknown } | null
}

export interface Sending {
  readonly port: number
  readonly host?: string
  readonly method?: string
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly text?: string
}

/** Sends a request as it is. `path` is below the API's own. */
export const send = ({ headers = {}, host = "127.0.0.1", method = "GET", path, port, text }: Sending) =>
  Effect.async<Answer, Error>((resume) => {
    const request = Http.request(
      { agent: false, host, port, method, path: `${prefix}${path}`, headers },
      (response) => {
        const parts: Array<Buffer> = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("error", (error) => resume(Effect.fail(error)))
        response.on("end", () => {
          const text = Buffer.concat(parts).toString()
          const isJson = response.headers["content-type"]?.startsWith("application/json") === true
          resume(
            Effect.succeed({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              body: isJson && text !== "" ? JSON.parse(text) : null
            })
          )
        })
      }
    )
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end(text)
    return Effect.sync(() => request.destroy())
  })

/** What the connector's own page sends with everything. */
export const ofOwnPage = {
  "sec-fetch-site": "same-origin",
  "x-id-connector": "console",
  "content-type": "application/json"
} as const

/** The cookie that an answer sets, as a browser would send it back, or null. */
export const cookieOf = ({ headers }: Answer): string | null => headers["set-cookie"]?.[0]?.split(";")[0] ?? null

/** Logs in as the connector's own page does. */
export const logIn = (port: number, username: string, headers: Sending["headers"] = {}) =>
  send({
    port,
    method: "POST",
    path: "/v1/session",
    headers: { ...ofOwnPage, ...headers },
    text: JSON.stringify({ username, password: "s3cr3t" })
  })
