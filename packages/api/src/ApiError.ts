/**
 * How requests fail. Every body is `{"detail": text}`, or for a request that does not have the right shape (422) a list, as
 * clients of the Python connector expect, with `code` and `values` beside it.
 */
import { HttpApiError, HttpApiSchema, HttpServerError, HttpServerRequest } from "@effect/platform"
import * as CoreProblems from "@id-connector/core/input/Problems"
import * as Findings from "@id-connector/core/targets/Findings"
import { Effect, Option, ParseResult, Schema } from "effect"
import { errorCodes, type Said, say } from "./ErrorSentences.js"
import { Finding } from "./Finding.js"
import { Values } from "./Values.js"

/** What every error is made of: for people, and for programs. */
export const errorFields = {
  detail: Schema.String.annotations({ description: "What is wrong, and what to do." }),
  code: Schema.Literal(...errorCodes).annotations({ description: "The same in a word for programs." }),
  values: Values
}

const Detail = Schema.Struct(errorFields)

/** The schema of an error class whose body is its `detail`, with `code` and `values`. */
export const asDetail = <A extends Said>(
  identifier: string,
  status: number,
  { description, example }: { readonly description: string; readonly example: Said },
  type: Schema.Schema<A>,
  make: (said: Said) => A
) =>
  Schema.transform(Detail.annotations({ identifier, description, examples: [example] }), type, {
    strict: true,
    decode: make,
    encode: ({ code, detail, values }) => ({ detail, code, values })
  }).annotations({ description, ...HttpApiSchema.annotations({ status }) })

export class Refused extends Schema.TaggedClass<Refused>()("Refused", errorFields) {}
export class Unauthorized extends Schema.TaggedClass<Unauthorized>()("Unauthorized", errorFields) {}
export class Forbidden extends Schema.TaggedClass<Forbidden>()("Forbidden", errorFields) {}
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", errorFields) {}
export class TooManyRequests extends Schema.TaggedClass<TooManyRequests>()("TooManyRequests", errorFields) {}
export class Failed extends Schema.TaggedClass<Failed>()("Failed", errorFields) {}

/** 400: the request is understood and can't be carried out. */
export const RefusedBody = asDetail(
  "Refused",
  400,
  {
    description: "It can't be carried out.",
    example: say("school_authority_exists", { school_authority: "Traeger1" })
  },
  Schema.typeSchema(Refused),
  (said) => new Refused(said)
)
/** 401: no valid token, or the wrong user name or password. */
export const UnauthorizedBody = asDetail(
  "Unauthorized",
  401,
  { description: "Log in first.", example: say("token_invalid") },
  Schema.typeSchema(Unauthorized),
  (said) => new Unauthorized(said)
)
/** 403: it is known who asks, and they may not, or not this way. */
export const ForbiddenBody = asDetail(
  "Forbidden",
  403,
  {
    description: "Whoever asks may not do this, or not this way.",
    example: say("reader", {
      user: "anna",
      readers: "ucsschool-id-connector-readers",
      administrators: "ucsschool-id-connector-admins"
    })
  },
  Schema.typeSchema(Forbidden),
  (said) => new Forbidden(said)
)
/** 404 */
export const NotFoundBody = asDetail(
  "NotFound",
  404,
  { description: "There is no such thing.", example: say("no_school_authority", { school_authority: "Traeger9" }) },
  Schema.typeSchema(NotFound),
  (said) => new NotFound(said)
)
/** More fits by now than somebody has seen. */
export class Conflict extends Schema.TaggedClass<Conflict>()("Conflict", { ...errorFields, items: Schema.Int }) {}

/** 409: nothing was done, since more would have been done than somebody has seen. */
export const ConflictBody = Schema.transform(
  Schema.Struct({
    ...errorFields,
    items: Schema.Int.annotations({ description: "How many fit now." })
  }).annotations({
    identifier: "Conflict",
    description: "More fits by now than was expected; nothing was done.",
    examples: [{ ...say("more_items", { items: 315, expected: 312 }), items: 315 }]
  }),
  Schema.typeSchema(Conflict),
  {
    strict: true,
    decode: (conflict) => new Conflict(conflict),
    encode: ({ code, detail, items, values }) => ({ detail, code, values, items })
  }
).annotations({ ...HttpApiSchema.annotations({ status: 409 }) })

/** 429: with `Retry-After`. */
export const TooManyRequestsBody = asDetail(
  "TooManyRequests",
  429,
  { description: "Too many failed log-ins.", example: say("too_many_log_ins", { seconds: 287 }) },
  Schema.typeSchema(TooManyRequests),
  (said) => new TooManyRequests(said)
)
/** 500: the connector could not do what it should. Nothing has changed. */
export const FailedBody = asDetail(
  "Failed",
  500,
  {
    description: "The connector could not do it; nothing has changed.",
    example: say("configuration_not_saved", { reason: "no space left on device" })
  },
  Schema.typeSchema(Failed),
  (said) => new Failed(said)
)

const Problem = Schema.Struct({
  loc: Schema.Array(Schema.Union(Schema.String, Schema.Number)).annotations({
    description: "Where: body, path or query, and the way from there."
  }),
  msg: Schema.String.annotations({ description: "What is wrong, and what is expected." }),
  type: Schema.String
})
type Problem = typeof Problem.Type

const ProblemList = Schema.Struct({
  detail: Schema.Array(Problem),
  code: Schema.Literal(...errorCodes).annotations({ description: "What all of it is, in a word for programs." }),
  values: Values,
  findings: Schema.Array(Finding).annotations({ description: "Each of the problems once more, for programs." })
})

/** 422: everything that is wrong with a request, as the document shows it. */
const problemsLike = (identifier: string, code: ListCode, description: string, example: Problem) =>
  ProblemList.annotations({ identifier, description, examples: [problemBody(code, [example])] })

/** The body of a 422: the problems, and the same for programs. */
export const problemBody = (code: ListCode, problems: ReadonlyArray<Problem>): typeof ProblemList.Type => ({
  detail: problems,
  code,
  values: {},
  findings: problems.map(({ loc, msg }) =>
    Findings.coded({ severity: "error", about: loc.slice(1).join(".") || "body", text: msg }, null)
  )
})

/** What says all of a body by itself. */
type ListCode =
  | "invalid_request"
  | "unacceptable"
  | "body_not_json"
  | "body_too_deep"
  | "json_expected"
  | "form_expected"

/** A problem as `place.in.the.body: what is wrong`. */
export const problemOf = (text: string): Problem => {
  const [, place = "", msg = text] = /^([\w.-]+): ([\s\S]*)$/.exec(text) ?? []
  return { loc: ["body", ...(place === "" ? [] : place.split("."))], msg, type: "value_error" }
}

/** The request has the right shape and can't be accepted: 422, too. */
export class Unacceptable extends Schema.TaggedClass<Unacceptable>()("Unacceptable", {
  problems: Schema.Array(Problem)
}) {}

export const UnacceptableBody = Schema.transform(
  problemsLike("Unacceptable", "unacceptable", "The request has the right shape, but can't be accepted.", {
    loc: ["body", "url"],
    msg: 'a URL like https://HOST/ucsschool/kelvin/v1/ is expected, actual "traeger1"',
    type: "value_error"
  }),
  Schema.typeSchema(Unacceptable),
  {
    strict: true,
    decode: ({ detail }) => new Unacceptable({ problems: detail }),
    encode: ({ problems }) => problemBody("unacceptable", problems)
  }
).annotations({ ...HttpApiSchema.annotations({ status: 422 }) })

/** Names in paths. */
const inPaths = ["id", "name"]

/** Where in a request a key stands: what decodes it does not say. */
const partOf = (request: Option.Option<HttpServerRequest.HttpServerRequest>, key: string): string => {
  if (Option.isNone(request)) return "body"
  const { headers, method, url } = request.value
  if (new URLSearchParams(url.split("?")[1] ?? "").has(key)) return "query"
  const hasBody = (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined
  if (hasBody && method !== "GET" && method !== "DELETE") return "body"
  return inPaths.includes(key) ? "path" : "query"
}

/** Nobody reads more of them. */
const mostProblems = 50

/** What does not decode, in FastAPI's words. */
const InvalidRequest = Schema.transformOrFail(
  problemsLike("InvalidRequest", "invalid_request", "The request does not have the right shape.", {
    loc: ["body", "password"],
    msg: "field required",
    type: "value_error.missing"
  }),
  Schema.typeSchema(HttpApiError.HttpApiDecodeError),
  {
    strict: true,
    decode: ({ detail }) =>
      ParseResult.succeed(
        new HttpApiError.HttpApiDecodeError({
          message: detail.map(({ msg }) => msg).join("; "),
          issues: detail.map(({ loc, msg }) => ({ _tag: "Type" as const, path: loc, message: msg }))
        })
      ),
    encode: ({ issues }) =>
      Effect.map(Effect.serviceOption(HttpServerRequest.HttpServerRequest), (request) =>
        problemBody(
          "invalid_request",
          CoreProblems.merged(issues.slice(0, mostProblems)).map(({ _tag, message, path }) => ({
            loc: [
              partOf(request, String(path[0] ?? "")),
              ...path.map((key) => (typeof key === "number" ? key : String(key)))
            ],
            msg: _tag === "Missing" ? "field required" : withoutValue(message),
            type: _tag === "Missing" ? "value_error.missing" : "type_error"
          }))
        )
      )
  }
).annotations({ ...HttpApiSchema.annotations({ status: 422 }) })

/** A value may be a password in the wrong place: what is expected is said, what came is not. */
const withoutValue = (message: string): string => {
  const [, expected] = /^Expected ([\s\S]*?)(?:, actual [\s\S]*)?$/.exec(message) ?? []
  return expected === undefined
    ? message.replace(/, actual [\s\S]*$/, "").slice(0, 300)
    : `${CoreProblems.expectation(expected)} is expected`
}

const isUnreadable = (value: unknown): value is HttpServerError.RequestError =>
  value instanceof HttpServerError.RequestError && value.reason === "Decode"

/** Whether a body was not read to its end, since it is larger than is taken: the words are Effect's. */
const isTooLarge = (value: unknown): value is HttpServerError.RequestError =>
  isUnreadable(value) && describeCause(value.cause).includes("maxBytes exceeded")

const describeCause = (cause: unknown): string =>
  cause instanceof Error ? `${cause.message} ${describeCause(cause.cause)}` : String(cause ?? "")

const unreadable: Problem = {
  loc: ["body"],
  msg: say("body_not_json").detail,
  type: "value_error.jsondecode"
}

const tooLarge = say("body_too_large")

/** A body that is longer than it said, or did not say how long it is. */
export const TooLargeBody = Schema.transformOrFail(
  Detail.annotations({ identifier: "TooLargeBody", description: "The body is too large.", examples: [tooLarge] }),
  Schema.declare(isTooLarge),
  {
    strict: true,
    decode: (detail, _, ast) => ParseResult.fail(new ParseResult.Type(ast, detail, "never sent by a server")),
    encode: () => ParseResult.succeed(tooLarge)
  }
).annotations({ ...HttpApiSchema.annotations({ status: 413 }) })

/** A body that is no JSON. */
export const UnreadableBody = Schema.transformOrFail(
  problemsLike("UnreadableBody", "body_not_json", "The body is not JSON.", unreadable),
  Schema.declare((value: unknown): value is HttpServerError.RequestError => isUnreadable(value) && !isTooLarge(value)),
  {
    strict: true,
    decode: (problems, _, ast) => ParseResult.fail(new ParseResult.Type(ast, problems, "never sent by a server")),
    encode: () => ParseResult.succeed(problemBody("body_not_json", [unreadable]))
  }
).annotations({ ...HttpApiSchema.annotations({ status: 422 }) })

/** What every operation may end with. */
export const errorSchema = Schema.make<HttpApiError.HttpApiDecodeError | HttpServerError.RequestError, unknown>(
  Schema.Union(InvalidRequest, TooLargeBody, UnreadableBody).ast
)
