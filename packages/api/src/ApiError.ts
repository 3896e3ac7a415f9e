/**
 * How requests fail. Every body is `{"detail": text}`, or for a request that does not have the right shape (422) a list, as
 * clients of the Python connector expect.
 */
import { HttpApiError, HttpApiSchema, HttpServerError, HttpServerRequest } from "@effect/platform"
import * as CoreProblems from "@id-connector/core/input/Problems"
import { Effect, Option, ParseResult, Schema } from "effect"

const Detail = Schema.Struct({
  detail: Schema.String.annotations({ description: "What is wrong, and what to do." })
})

/** The schema of an error class whose body is its `detail`. */
export const asDetail = <A extends { readonly detail: string }>(
  identifier: string,
  status: number,
  { description, example }: { readonly description: string; readonly example: string },
  type: Schema.Schema<A>,
  make: (detail: string) => A
) =>
  Schema.transform(Detail.annotations({ identifier, description, examples: [{ detail: example }] }), type, {
    strict: true,
    decode: ({ detail }) => make(detail),
    encode: ({ detail }) => ({ detail })
  }).annotations({ description, ...HttpApiSchema.annotations({ status }) })

export class Refused extends Schema.TaggedClass<Refused>()("Refused", { detail: Schema.String }) {}
export class Unauthorized extends Schema.TaggedClass<Unauthorized>()("Unauthorized", { detail: Schema.String }) {}
export class Forbidden extends Schema.TaggedClass<Forbidden>()("Forbidden", { detail: Schema.String }) {}
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", { detail: Schema.String }) {}
export class TooManyRequests extends Schema.TaggedClass<TooManyRequests>()("TooManyRequests", {
  detail: Schema.String
}) {}
export class Failed extends Schema.TaggedClass<Failed>()("Failed", { detail: Schema.String }) {}

/** 400: the request is understood and can't be carried out. */
export const RefusedBody = asDetail(
  "Refused",
  400,
  {
    description: "It can't be carried out.",
    example: 'There is a school authority "Traeger1" already. Choose another name, or change that one.'
  },
  Schema.typeSchema(Refused),
  (detail) => new Refused({ detail })
)
/** 401: no valid token, or the wrong user name or password. */
export const UnauthorizedBody = asDetail(
  "Unauthorized",
  401,
  { description: "Log in first.", example: "Could not validate credentials" },
  Schema.typeSchema(Unauthorized),
  (detail) => new Unauthorized({ detail })
)
/** 403: it is known who asks, and they may not, or not this way. */
export const ForbiddenBody = asDetail(
  "Forbidden",
  403,
  {
    description: "Whoever asks may not do this, or not this way.",
    example:
      "anna may look at everything and change nothing: members of ucsschool-id-connector-readers may send GET, preview and check. Ask a member of ucsschool-id-connector-admins."
  },
  Schema.typeSchema(Forbidden),
  (detail) => new Forbidden({ detail })
)
/** 404 */
export const NotFoundBody = asDetail(
  "NotFound",
  404,
  { description: "There is no such thing.", example: 'There is no school authority "Traeger9".' },
  Schema.typeSchema(NotFound),
  (detail) => new NotFound({ detail })
)
/** More fits by now than somebody has seen. */
export class Conflict extends Schema.TaggedClass<Conflict>()("Conflict", {
  detail: Schema.String,
  items: Schema.Int
}) {}

/** 409: nothing was done, since more would have been done than somebody has seen. */
export const ConflictBody = Schema.transform(
  Schema.Struct({
    detail: Schema.String,
    items: Schema.Int.annotations({ description: "How many fit now." })
  }).annotations({
    identifier: "Conflict",
    description: "More fits by now than was expected; nothing was done.",
    examples: [{ detail: "315 items fit by now, 312 were expected. Nothing was done: look at them again.", items: 315 }]
  }),
  Schema.typeSchema(Conflict),
  {
    strict: true,
    decode: ({ detail, items }) => new Conflict({ detail, items }),
    encode: ({ detail, items }) => ({ detail, items })
  }
).annotations({ ...HttpApiSchema.annotations({ status: 409 }) })

/** 429: with `Retry-After`. */
export const TooManyRequestsBody = asDetail(
  "TooManyRequests",
  429,
  { description: "Too many failed log-ins.", example: "Too many failed log-ins. Try again in 287 seconds." },
  Schema.typeSchema(TooManyRequests),
  (detail) => new TooManyRequests({ detail })
)
/** 500: the connector could not do what it should. Nothing has changed. */
export const FailedBody = asDetail(
  "Failed",
  500,
  {
    description: "The connector could not do it; nothing has changed.",
    example: "The configuration could not be saved, nothing has changed: no space left on device"
  },
  Schema.typeSchema(Failed),
  (detail) => new Failed({ detail })
)

const Problem = Schema.Struct({
  loc: Schema.Array(Schema.Union(Schema.String, Schema.Number)).annotations({
    description: "Where: body, path or query, and the way from there."
  }),
  msg: Schema.String.annotations({ description: "What is wrong, and what is expected." }),
  type: Schema.String
})
type Problem = typeof Problem.Type

const ProblemList = Schema.Struct({ detail: Schema.Array(Problem) })

/** 422: everything that is wrong with a request, as the document shows it. */
const problemsLike = (identifier: string, description: string, example: Problem) =>
  ProblemList.annotations({ identifier, description, examples: [{ detail: [example] }] })

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
  problemsLike("Unacceptable", "The request has the right shape, but can't be accepted.", {
    loc: ["body", "url"],
    msg: 'a URL like https://HOST/ucsschool/kelvin/v1/ is expected, actual "traeger1"',
    type: "value_error"
  }),
  Schema.typeSchema(Unacceptable),
  {
    strict: true,
    decode: ({ detail }) => new Unacceptable({ problems: detail }),
    encode: ({ problems }) => ({ detail: problems })
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
  problemsLike("InvalidRequest", "The request does not have the right shape.", {
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
      Effect.map(Effect.serviceOption(HttpServerRequest.HttpServerRequest), (request) => ({
        detail: CoreProblems.merged(issues.slice(0, mostProblems)).map(({ _tag, message, path }) => ({
          loc: [
            partOf(request, String(path[0] ?? "")),
            ...path.map((key) => (typeof key === "number" ? key : String(key)))
          ],
          msg: _tag === "Missing" ? "field required" : withoutValue(message),
          type: _tag === "Missing" ? "value_error.missing" : "type_error"
        }))
      }))
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
  msg: "The body is not valid JSON.",
  type: "value_error.jsondecode"
}

const tooLarge = { detail: "The body is too large: at most 1 MiB is taken." }

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
  problemsLike("UnreadableBody", "The body is not JSON.", unreadable),
  Schema.declare((value: unknown): value is HttpServerError.RequestError => isUnreadable(value) && !isTooLarge(value)),
  {
    strict: true,
    decode: (problems, _, ast) => ParseResult.fail(new ParseResult.Type(ast, problems, "never sent by a server")),
    encode: () => ParseResult.succeed({ detail: [unreadable] })
  }
).annotations({ ...HttpApiSchema.annotations({ status: 422 }) })

/** What every operation may end with. */
export const errorSchema = Schema.make<HttpApiError.HttpApiDecodeError | HttpServerError.RequestError, unknown>(
  Schema.Union(InvalidRequest, TooLargeBody, UnreadableBody).ast
)
