/** Which bodies are read at all: small ones, JSON where JSON is due, and a form for the login. */
import { Headers, type HttpServerRequest, HttpServerResponse, Multipart } from "@effect/platform"
import { prefix } from "@id-connector/api/Api"
import { problemBody } from "@id-connector/api/ApiError"
import { say } from "@id-connector/api/ErrorSentences"
import { Effect, Stream } from "effect"

/** A larger body is none of an administrator's, in bytes. */
export const largest = 1024 * 1024

/** Up to this size, a body that is refused is read off, in bytes. */
export const readOff = 64 * largest

const form = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i
const json = /^application\/([\w.+-]+\+)?json\b/i

/** The answer to a request whose body is not to be read, or null. */
export const refusal = ({
  headers,
  url
}: Pick<HttpServerRequest.HttpServerRequest, "headers" | "url">): HttpServerResponse.HttpServerResponse | null => {
  const length = Number(headers["content-length"] ?? "0")
  if (length > largest) return tooLarge
  const hasBody = length > 0 || headers["transfer-encoding"] !== undefined
  const kind = headers["content-type"]
  if (!hasBody) return null
  if (url.split("?")[0] === `${prefix}/token`) return kind !== undefined && form.test(kind) ? null : notAForm
  // Who does not say what it is gets the benefit of the doubt, as with the Python connector.
  return kind === undefined || json.test(kind) ? null : notJson
}

/** Refuses when the client has written all: one that still writes when the connection closes may never see the answer. */
export const refuse = (
  { headers, stream }: Pick<HttpServerRequest.HttpServerRequest, "headers" | "stream">,
  refusal: HttpServerResponse.HttpServerResponse
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const length = Number(headers["content-length"] ?? "0")
  const isReadOff = length > 0 && length <= readOff
  return Effect.as(isReadOff ? Effect.ignore(Stream.runDrain(stream)) : Effect.void, refusal)
}

/** The answer to a form in parts that could not be read, or null: it was another defect. */
export const unreadableForm = (defect: unknown): HttpServerResponse.HttpServerResponse | null => {
  return defect instanceof Multipart.MultipartError ? brokenForm : null
}

const brokenForm = HttpServerResponse.unsafeJson(say("form_unreadable"), { status: 400 })

/** The answer to a body that is larger than that. */
export const tooLarge = HttpServerResponse.unsafeJson(say("body_too_large"), {
  status: 413,
  headers: Headers.fromInput({ connection: "close" })
})

const wrongKind = (code: "json_expected" | "form_expected") =>
  HttpServerResponse.unsafeJson(problemBody(code, [{ loc: ["body"], msg: say(code).detail, type: "type_error" }]), {
    status: 422
  })

const notJson = wrongKind("json_expected")
const notAForm = wrongKind("form_expected")
