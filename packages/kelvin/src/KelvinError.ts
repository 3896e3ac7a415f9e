/**
 * What an answer of the Kelvin REST API means. The API has four shapes of error bodies (a text, a list of validation
 * errors, a list of UDM errors, a `message`), and a proxy before it answers in HTML: all become a few tagged errors.
 */
import {
  CredentialsRefused,
  type DeliveryError,
  Evidence,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/DeliveryError"
import { Schema } from "effect"
import { masked, short } from "./Masking.js"

/** 404: the object of the address does not exist. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  detail: Schema.String,
  evidence: Evidence
}) {}

/** 404 with a `message`: a URL in the body names something that does not exist. */
export class UnresolvedReference extends Schema.TaggedError<UnresolvedReference>()("UnresolvedReference", {
  detail: Schema.String,
  /** As in the answer, or "" when the text holds none. */
  url: Schema.String,
  evidence: Evidence
}) {}

/** 409: what is to be created exists. */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", {
  detail: Schema.String,
  evidence: Evidence
}) {}

/** 401 about the token: with another one it may go well. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", { detail: Schema.String }) {}

export type KelvinError = DeliveryError | NotFound | UnresolvedReference | AlreadyExists | TokenRefused

/** A request, as far as it is told to people. */
export interface Sent {
  readonly method: string
  /** With the query, without the host. */
  readonly path: string
  readonly requestId: string | null
  readonly body: unknown
}

/** An answer that is no success. `now` (milliseconds since 1970) is needed for a `Retry-After` that is a date. */
export const fromResponse = (
  sent: Sent,
  status: number,
  headers: { readonly [name: string]: string | undefined },
  text: string,
  now: number
): KelvinError => {
  const answer = read(text)
  const evidence: Evidence = {
    ...sent,
    body: masked(sent.body),
    status,
    response: answer.json === undefined ? short(text, 2_000) : masked(answer.json)
  }
  const detail = answer.detail === "" ? `status ${status}` : answer.detail
  switch (status) {
    case 401:
      // A list is not about the token: the server itself was refused by its own backend.
      return answer.isList ? new TargetFailed({ detail, evidence }) : new TokenRefused({ detail })
    case 403:
      return new CredentialsRefused({ detail })
    case 404: {
      if (answer.message === null) return new NotFound({ detail, evidence })
      const url = /'(https?:\/\/[^']*)'/.exec(answer.message)?.[1] ?? ""
      return new UnresolvedReference({ detail, url, evidence })
    }
    case 409:
      return new AlreadyExists({ detail, evidence })
    case 429:
    case 502:
    case 503:
    case 504:
      return new TargetUnavailable({
        detail: `status ${status}: ${detail}`,
        retryAfter: retryAfter(headers["retry-after"], now)
      })
    default:
      return status >= 500 ? new TargetFailed({ detail, evidence }) : new TargetRefused({ detail, evidence })
  }
}

interface Answer {
  readonly json: unknown
  readonly detail: string
  readonly isList: boolean
  /** The text of the shape that has a `message` and no `detail`. */
  readonly message: string | null
}

const read = (text: string): Answer => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { json: undefined, detail: short(withoutTags(text), 200), isList: false, message: null }
  }
  if (typeof json !== "object" || json === null)
    return { json, detail: short(String(json)), isList: false, message: null }
  if ("detail" in json) {
    const { detail } = json
    return Array.isArray(detail)
      ? { json, detail: short(detail.map(issue).join("; ")), isList: true, message: null }
      : {
          json,
          detail: short(typeof detail === "string" ? detail : JSON.stringify(detail)),
          isList: false,
          message: null
        }
  }
  if ("message" in json && typeof json.message === "string") {
    return { json, detail: short(json.message), isList: false, message: json.message }
  }
  return { json, detail: short(text), isList: false, message: null }
}

/** `body.firstname: field required` of `{"loc": ["body", "firstname"], "msg": "field required", ...}`. */
const issue = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return String(value)
  const loc = "loc" in value && Array.isArray(value.loc) ? value.loc.join(".") : ""
  const message = "msg" in value ? String(value.msg) : JSON.stringify(value)
  return loc === "" ? message : `${loc}: ${message}`
}

/** What a proxy says in HTML, without its mark-up. */
const withoutTags = (html: string): string =>
  html.replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")

/** Seconds or an HTTP date, as milliseconds from now. */
const retryAfter = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
