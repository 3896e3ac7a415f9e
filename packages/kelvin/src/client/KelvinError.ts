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
} from "@id-connector/core/targets/DeliveryError"
import { Schema } from "effect"
import { nameFromUrl } from "./KelvinUrl.js"
import * as Masking from "./Masking.js"
import { masked, short } from "./Masking.js"

/** 404 in the API's own words: the object of the address, or its school, does not exist. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  detail: Schema.String,
  evidence: Evidence
}) {}

/** 404 with a `message`: a URL in the body names something that does not exist. */
export class UnresolvedReference extends Schema.TaggedError<UnresolvedReference>()("UnresolvedReference", {
  detail: Schema.String,
  /** As in the answer, or "" when the text holds none. */
  url: Schema.String,
  /** The name at the end of the URL. */
  name: Schema.String,
  /** `user`, `school`, `role`, ..., or "" when the text does not say. */
  type: Schema.String,
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
  /** What else was sent and is not for people: token, password. Secrets in the body are found. */
  readonly secrets?: ReadonlyArray<string>
}

/** Hides what a target repeats of a request's secrets, wherever it repeats them. */
export const hiding = (sent: Sent): ((text: string) => string) => {
  const byValue = Masking.hiding([...Masking.secretsIn(sent.body), ...(sent.secrets ?? [])])
  return (text) => Masking.maskedText(byValue(text))
}

/** A request and its answer for people. The answer holds no secrets any more. */
export const evidenceOf = (sent: Sent, status: number, response: unknown): Evidence => ({
  method: sent.method,
  path: sent.path,
  requestId: sent.requestId,
  body: masked(sent.body),
  status,
  response
})

/** An answer that is no success. `now` (milliseconds since 1970) is needed for a `Retry-After` that is a date. */
export const fromResponse = (
  sent: Sent,
  status: number,
  headers: { readonly [name: string]: string | undefined },
  text: string,
  now: number
): KelvinError => {
  const hide = hiding(sent)
  const answer = read(text, hide)
  const evidence = evidenceOf(
    sent,
    status,
    answer.json === undefined ? short(hide(text.slice(0, longestPage)), longestResponse) : fitting(answer.json)
  )
  const detail = answer.detail === "" ? `status ${status}` : answer.detail
  const isPage = answer.json === undefined
  switch (status) {
    case 401:
      // A list is not about the token: the server itself was refused by its own backend.
      return answer.isList ? new TargetFailed({ detail, evidence }) : new TokenRefused({ detail })
    case 403:
      return new CredentialsRefused({ detail })
    case 404:
      if (answer.message !== null) return unresolved(answer.message, detail, evidence)
      // A proxy's page, or the API about an address it does not have, must not be taken for "that object is gone".
      return answer.isText && detail !== "Not Found"
        ? new NotFound({ detail, evidence })
        : new TargetFailed({
            detail: `the Kelvin REST API does not answer at this address: ${detail}`,
            evidence,
            isForeign: true
          })
    case 409:
      return isPage
        ? new TargetFailed({ detail: foreign(status, detail), evidence, isForeign: true })
        : new AlreadyExists({ detail, evidence })
    case 429:
    case 502:
    case 503:
    case 504:
      return new TargetUnavailable({
        detail: `status ${status}: ${detail}`,
        retryAfter: retryAfter(headers["retry-after"], now),
        answered: true
      })
    case 400:
    case 422:
      return isPage
        ? new TargetFailed({ detail: foreign(status, detail), evidence, isForeign: true })
        : new TargetRefused({ detail, evidence, isConflict: isConflict(detail) })
    case 500:
      return new TargetFailed({ detail, evidence, isForeign: isPage && text.trim() !== "Internal Server Error" })
    default:
      // A redirection, 405, 408, 413, 423: none of them is an answer of the API about an object.
      return new TargetFailed({ detail: foreign(status, detail), evidence, isForeign: status !== 413 })
  }
}

const foreign = (status: number, detail: string): string =>
  `something in front of the Kelvin REST API (such as a proxy) answers with status ${status}${detail === `status ${status}` ? "" : `: ${detail}`}`

/** What is to be is there already, or belongs to another account. */
const isConflict = (detail: string): boolean =>
  /already (taken|exists?|in use|used)|exists already|is (taken|in use)|must be unique|used by another/i.test(detail)

/** Of an answer, in characters: dead letters are kept, and shown. */
const longestResponse = 2_000

/** The value, or the beginning of its text when that is long. */
const fitting = (value: unknown): unknown => {
  const text = JSON.stringify(value)
  return text.length <= longestResponse ? value : short(text, longestResponse)
}

/** `Could not find object of type 'user' with URL 'http://HOST/ucsschool/kelvin/v1/users/x'.`, in Python's quotes. */
const unresolved = (text: string, detail: string, evidence: Evidence): UnresolvedReference => {
  const message = text.slice(0, longestMessage)
  const url = /(['"])(https?:\/\/.*)\1/.exec(message)?.[2] ?? ""
  const type = /\btype '(\w+)'/.exec(message)?.[1] ?? ""
  return new UnresolvedReference({ detail, url, name: nameFromUrl(url), type, evidence })
}

/** A sentence with a URL. */
const longestMessage = 4_000

interface Answer {
  /** Without secrets. Undefined: the text is no JSON. */
  readonly json: unknown
  readonly detail: string
  /** `detail` is a text: the words of a handler of the API, or of its framework. */
  readonly isText: boolean
  readonly isList: boolean
  /** The text of the shape that has a `message` and no `detail`. */
  readonly message: string | null
}

const plain = { isText: false, isList: false, message: null }

const read = (text: string, hide: (text: string) => string): Answer => {
  const raw = parsed(text)
  if (raw === undefined) {
    return { ...plain, json: undefined, detail: short(withoutTags(hide(text.slice(0, longestPage))), 200) }
  }
  const json = masked(raw, hide)
  if (typeof json !== "object" || json === null) return { ...plain, json, detail: short(String(json)) }
  if ("detail" in json) {
    const { detail } = json
    if (Array.isArray(detail)) {
      return { ...plain, json, detail: short(detail.slice(0, mostIssues).map(issue).join("; ")), isList: true }
    }
    return typeof detail === "string"
      ? { ...plain, json, detail: short(detail), isText: true }
      : { ...plain, json, detail: short(JSON.stringify(detail)) }
  }
  if ("message" in json && typeof json.message === "string") {
    return { ...plain, json, detail: short(json.message), message: json.message }
  }
  return { ...plain, json, detail: short(JSON.stringify(json)) }
}

/** The JSON in a text; undefined: it is none, or too long for the error of an API. */
const parsed = (text: string): unknown => {
  if (text.length > longestError) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In characters. */
const longestError = 200_000

/** A page's first characters say what it is about. */
const longestPage = 10_000

/** The first few say enough. */
const mostIssues = 50

/** `body.firstname: field required` of `{"loc": ["body", "firstname"], "msg": "field required", ...}`. */
const issue = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return String(value)
  const loc = "loc" in value && Array.isArray(value.loc) ? value.loc.join(".") : ""
  const message = "msg" in value && typeof value.msg === "string" ? value.msg : JSON.stringify(value)
  return loc === "" ? message : `${loc}: ${message}`
}

/** What a proxy says in HTML, without its mark-up. */
export const withoutTags = (html: string): string =>
  html.replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ").replace(/<[^<>]*>/g, " ")

/** Seconds or an HTTP date, as milliseconds from now. */
const retryAfter = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000
  // Without the name of a month, as in "1.5", it is no date, but would be read as one.
  const date = /[a-z]{3}/i.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
