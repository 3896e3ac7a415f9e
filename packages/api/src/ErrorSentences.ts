/** What the API says when a request fails, each with its code. The document lists them. */
import { endedSessionsSentences } from "@id-connector/core/access/EndedSessions"
import { configSentences } from "@id-connector/core/config/ConfigStore"
import { directorySentences } from "@id-connector/core/directory/Directory"
import { historySentences } from "@id-connector/core/history/HistoryStore"
import * as Sentence from "@id-connector/core/input/Sentence"
import { queueStoreSentences } from "@id-connector/core/queue/QueueStore"

const programs = "Programs send a token instead: Authorization: Bearer TOKEN."

const logIn = {
  not_authenticated: "Not authenticated",
  token_invalid: "Could not validate credentials",
  log_in_refused: "Incorrect username or password",
  too_many_log_ins: "Too many failed log-ins. Try again in {seconds} seconds.",
  session_ended: "The session has ended. Log in again.",
  sessions_unknown: "The storage does not answer, so nobody knows who has logged out. Try again in a moment.",
  rights_unknown: "The source directory does not answer, so nobody's rights can be checked. Try again in a moment.",
  directory_silent: "The source directory does not answer. Try again in a moment.",
  not_logged_out: "You are not logged out, try again: {reason}",
  token_without_id:
    "This token has no id (jti), so it can't be ended before its time. Tokens of POST /token and POST /v1/session have one.",
  reader:
    "{user} is a reader: members of {readers} may look at everything, preview and check, and change nothing. Ask a member of {administrators}.",
  foreign_page: `A page of another site made the browser send this (Sec-Fetch-Site: {site}): the session is not good for it. Open the connector's own page. ${programs}`,
  same_origin_missing: `The browser does not say that a page of the connector sends this: the header Sec-Fetch-Site: same-origin is missing. Use a browser that sends it, over HTTPS. ${programs}`,
  own_header_missing: `The header X-ID-Connector: {value} is missing, which only pages of the connector can send. ${programs}`,
  content_type_missing: `With a session, Content-Type: application/json is expected for what is not GET, also without a body. ${programs}`,
  https_needed:
    "Sessions need HTTPS: a password or cookie that comes over plain HTTP from another machine can be read on the way. Open the https:// address of the proxy in front and set IDC_PUBLIC_URL to it, or set IDC_HTTP_TLS_CERT and IDC_HTTP_TLS_KEY."
} as const

const notThere = {
  no_path: "Not Found",
  no_method: "Method Not Allowed",
  no_queue: 'There is no queue "{queue}". GET /queues lists those there are.',
  no_job: 'There is no job "{job}". The last hundred are remembered, until the connector is started anew.',
  no_item:
    "There is no item {item} in this queue, or its state does not allow this. Perhaps it has been delivered meanwhile.",
  no_entry: "There is no entry {entry}. Entries are removed when they are too old.",
  nothing_known:
    'Nothing is known of a {kind} "{name}": the source directory does not have it, nothing waits for it, and the history has no entry of that name.'
} as const

const refused = {
  existence_unknown:
    "The source directory does not answer, so nobody knows whether it has the {kind} {name}. Try again when it does.",
  still_there:
    "The source directory has the {kind} {name}. Only who is gone can be forgotten: without what is kept, the object could not be removed at the school authorities later.",
  still_held:
    "the {kind} {name} was delivered to {school_authorities}, or waits there. Remove it there first: without what is kept, it could not be removed any more.",
  more_items: "{items} items fit by now, {expected} were expected. Nothing was done: look at them again.",
  too_many_streams: "{streams} event streams are open, more are not served. Ask again every ten seconds instead."
} as const

const failed = {
  not_scheduled: "The trigger file could not be written: {detail}. Check IDC_LISTENER_TRIGGER_DIR and IDC_APP_DIR.",
  unexpected: "The connector failed to process this request. Its log says why."
} as const

/** Of what was sent. Where `detail` is a list, it says more than these. */
const ofBody = {
  invalid_request: "The request does not have the right shape.",
  unacceptable: "The request has the right shape, but can't be accepted.",
  body_not_json: "The body is not valid JSON.",
  body_too_large: "The body is too large: at most 1 MiB is taken.",
  body_too_deep: "The body is nested too deep.",
  json_expected: "The body has to be JSON: send it with Content-Type: application/json.",
  form_expected: "User name and password have to be sent as a form: Content-Type: application/x-www-form-urlencoded.",
  form_unreadable: "The form can't be read: it is not multipart/form-data, or breaks off."
} as const

const known = {
  ...logIn,
  ...notThere,
  ...refused,
  ...failed,
  ...ofBody,
  ...configSentences,
  ...directorySentences,
  ...endedSessionsSentences,
  ...historySentences,
  ...queueStoreSentences
} as const

/** What is said in words from elsewhere. */
const others = { not_acceptable: "{problems}", not_ready: "{reason}", other: "{text}" } as const

export const errorSentences = { ...known, ...others } as const

export type ErrorCode = keyof typeof errorSentences

export const errorCodes = Object.keys(errorSentences) as ReadonlyArray<ErrorCode>

/** What every error has beside its `detail`. */
export interface Said {
  readonly detail: string
  readonly code: ErrorCode
  readonly values: Sentence.Values
}

const of = ({ code, text, values }: Sentence.Sentence<ErrorCode>): Said => ({ detail: text, code, values })

const saying: Sentence.Saying<typeof errorSentences> = Sentence.saying(errorSentences)

/** An error by its code: `new NotFound(say("no_queue", { queue }))`. */
export const say = <Code extends ErrorCode>(
  code: Code,
  ...given: Sentence.Given<(typeof errorSentences)[Code]>
): Said => of(saying(code, ...given))

const read = Sentence.reader(known)

/** What something else has said, with its code: `new Failed(told(error.message))`. */
export const told = (text: string): Said => of(read(text) ?? { code: "other", values: { text }, text })
