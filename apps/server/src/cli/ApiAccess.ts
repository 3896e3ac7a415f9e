/** How commands come to the API of a running connector: its address, who asks, and what it means when that does not work. */
import { Options } from "@effect/cli"
import { FetchHttpClient, FileSystem, type HttpClient } from "@effect/platform"
import { prefix } from "@id-connector/api/Api"
import type { NotFound } from "@id-connector/api/ApiError"
import * as Client from "@id-connector/api/Client"
import { Config, Effect, Layer, Option, Predicate, Redacted } from "effect"
import * as Prompt from "../process/Prompt.js"
import * as TrustedCertificates from "../process/TrustedCertificates.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import { WrongUse } from "./WrongUse.js"

const defaultUrl = `http://127.0.0.1:8911${prefix}/v1`

const text = (name: string, placeholder: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName(placeholder), Options.withDescription(description), Options.optional)

/** The options of every command that asks a running connector. */
export const options = {
  url: text("url", "URL", `address of the connector's API (default IDC_API_URL, else ${defaultUrl})`),
  tokenFile: text("token-file", "file", "file with a token (else IDC_API_TOKEN)"),
  user: text("user", "name", "who logs in (else IDC_API_USER, or asked for)"),
  passwordFile: text("password-file", "file", "file with the password (else IDC_API_PASSWORD, or asked for)")
}

export interface Given {
  readonly url: Option.Option<string>
  readonly tokenFile: Option.Option<string>
  readonly user: Option.Option<string>
  readonly passwordFile: Option.Option<string>
}

const variable = (name: string) =>
  Config.string(name).pipe(
    Config.withDefault(""),
    Config.map((value) => (value.trim() === "" ? Option.none<string>() : Option.some(value.trim())))
  )

const environment = Effect.orDie(
  Config.all({
    url: variable("IDC_API_URL"),
    token: variable("IDC_API_TOKEN"),
    user: variable("IDC_API_USER"),
    password: variable("IDC_API_PASSWORD")
  })
)

const secretIn = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const content = yield* Effect.mapError(
      fs.readFileString(file),
      (error) =>
        new CannotStart({
          lines: [
            `${file}: ${error._tag === "SystemError" && error.reason === "NotFound" ? "there is no such file." : `can't be read: ${error.message}`}`
          ]
        })
    )
    if (content.trim() === "")
      return yield* new CannotStart({ lines: [`${file}: is empty, a secret is expected in it.`] })
    return Redacted.make(content.replace(/\r?\n$/, ""))
  })

/** Who asks, in the order in which it may be said: options first, then the environment, then whoever sits at the terminal. */
const credentials = (given: Given) =>
  Effect.gen(function* () {
    const { password, token, user } = yield* environment
    if (Option.isSome(given.tokenFile)) return { token: yield* secretIn(given.tokenFile.value) }
    if (Option.isSome(token) && Option.isNone(given.user) && Option.isNone(given.passwordFile))
      return { token: Redacted.make(token.value) }
    const known = Option.orElse(given.user, () => user)
    const secret = Option.isSome(given.passwordFile)
      ? Option.some(yield* secretIn(given.passwordFile.value))
      : Option.map(password, Redacted.make)
    if ((Option.isNone(known) || Option.isNone(secret)) && !Prompt.isPossible())
      return yield* new WrongUse({ lines: nobody })
    const username = Option.isSome(known) ? known.value : yield* entered("user name", Prompt.line("User name: "))
    return {
      username,
      password: Option.isSome(secret)
        ? secret.value
        : Redacted.make(yield* entered("password", Prompt.hidden(`Password of ${username}: `)))
    }
  })

const entered = (what: string, prompt: Effect.Effect<string>) =>
  Effect.filterOrFail(
    prompt,
    (text) => text !== "",
    () => new CannotStart({ lines: [`No ${what} was entered.`] })
  )

const nobody = [
  "The connector wants to know who asks, and there is no terminal to ask at.",
  "Set IDC_API_TOKEN (or --token-file), or IDC_API_USER with IDC_API_PASSWORD (or --user with --password-file)."
]

/** Does something with the API. What goes wrong is said in words. */
export const withClient = <A, E, R>(given: Given, use: (client: Client.Client) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fromEnvironment = Option.getOrElse((yield* environment).url, () => defaultUrl)
    const baseUrl = Option.getOrElse(given.url, () => fromEnvironment)
    if (!/^https?:$/.test(URL.canParse(baseUrl) ? new URL(baseUrl).protocol : ""))
      return yield* new WrongUse({
        lines: [
          `${Option.isSome(given.url) ? "--url" : "IDC_API_URL"}: ${JSON.stringify(baseUrl)} is no address, one like ${defaultUrl} is expected.`
        ]
      })
    const asking = yield* credentials(given)
    const asked = Effect.gen(function* () {
      const client = yield* Client.make({ baseUrl, retries: 1, ...asking })
      return yield* Effect.mapError(use(client), (error) => explained(error, baseUrl, asking))
    })
    // @effect-diagnostics-next-line strictEffectProvide:off
    return yield* Effect.provide(asked, yield* httpFor(baseUrl))
  })

/** Trusts what the service trusts. Most ask the connector beside them without TLS, and need not wait until more is loaded. */
const httpFor = (baseUrl: string): Effect.Effect<Layer.Layer<HttpClient.HttpClient>, CannotStart> =>
  /^http:/i.test(baseUrl)
    ? Effect.succeed(FetchHttpClient.layer)
    : Effect.gen(function* () {
        const { trust } = yield* Settings.withoutDirectory
        const NodeHttpClient = yield* Effect.promise(() => import("@effect/platform-node/NodeHttpClient"))
        const Undici = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
        const secureContext = yield* Effect.try({
          try: () => TrustedCertificates.make(trust).context(),
          catch: (problem) => new CannotStart({ lines: [problem instanceof Error ? problem.message : String(problem)] })
        })
        return NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
          Layer.provide(
            Layer.scoped(
              NodeHttpClient.Dispatcher,
              Effect.acquireRelease(
                Effect.sync(() => new Undici.Agent({ connect: { secureContext } })),
                (agent) => Effect.promise(() => agent.destroy())
              )
            )
          )
        )
      })

type Asking = Effect.Effect.Success<ReturnType<typeof credentials>>

const explained = (error: unknown, url: string, asking: Asking): CannotStart | WrongUse =>
  error instanceof CannotStart || error instanceof WrongUse
    ? error
    : new CannotStart({ lines: linesOf(error, url, asking) })

const linesOf = (error: unknown, url: string, asking: Asking): ReadonlyArray<string> => {
  const { _tag, detail: said = "" } = Object(error)
  const detail = String(said).replace(/\.$/, "")
  switch (_tag) {
    case "RequestError":
      return [`The connector does not answer at ${url}: ${connectionProblem(error)}`]
    case "ResponseError":
      return [
        `What answers at ${url} is no ID Connector: status ${Object(error).response?.status}. Is the address right (--url, IDC_API_URL)?`
      ]
    case "ParseError":
      return [
        `What answers at ${url} is no ID Connector, or one of another version. Is the address right (--url, IDC_API_URL)?`
      ]
    case "LogInFailed": {
      const who = "username" in asking ? ` as ${asking.username}` : ""
      const hint = Object(error).status === 401 ? ", or no member of ucsschool-id-connector-admins" : ""
      return [`Can't log in${who} at ${url}: ${detail}${hint}.`]
    }
    case "Unauthorized":
      return [
        `The token is not accepted at ${url}: ${detail}. Tokens end after a while: fetch a new one, or log in with --user.`
      ]
    case "BrokenOff":
      return [error instanceof Error ? `${error.message}.` : String(error)]
    case "NotFound":
      return [notFound(Object(error))]
    case "Unacceptable":
      return Object(error).problems.map(problemText)
    default:
      return [detail !== "" ? `${detail}.` : error instanceof Error ? error.message : String(error)]
  }
}

/** What the API says about something that is not there, with the command that shows what is. */
export const notFound = ({ code, detail }: Pick<NotFound, "code" | "detail">): string =>
  code === "no_school_authority"
    ? `${detail} id-connector authority list shows those there are.`
    : detail.replace("GET /queues lists", "id-connector queue list shows")

const problemText = ({ loc, msg }: { readonly loc: ReadonlyArray<string | number>; readonly msg: string }): string => {
  const place = loc.filter((part) => part !== "body").join(".")
  return place === "" ? msg : `${place}: ${msg}`
}

/** What is said by the innermost reason why a connection did not come about. */
const connectionProblem = (error: unknown): string => {
  const { code, message } = innermost(error)
  if (code === "ECONNREFUSED")
    return "nobody listens there. Does it run, and is the address right (--url, IDC_API_URL)?"
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "there is no such host. Is the address right (--url, IDC_API_URL)?"
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
    return `its certificate is not trusted (${code}). Name a file with the certificate of its CA in IDC_CA_FILE.`
  return `${message}. Does it run, and is the address right (--url, IDC_API_URL)?`
}

const innermost = (error: unknown): { readonly code: string; readonly message: string } => {
  const { cause, code = "", errors, message = "" } = Object(error)
  const inner = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  return Predicate.isObject(inner) ? innermost(inner) : { code: String(code), message: String(message) }
}
