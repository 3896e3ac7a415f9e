/** Login and tokens of the Kelvin REST API 4.0. */
import { Encoding } from "effect"
import { type Issue, invalid, json, Refusal, type SimulatorResponse, text } from "./Answer.js"

export interface Account {
  readonly username: string
  password: string
  /** May read and write. */
  readonly admin?: boolean
  /** May read. */
  readonly reader?: boolean
}

interface Session {
  readonly account: Account
  /** Milliseconds since 1970. */
  readonly until: number
}

export interface Accounts {
  readonly logIn: (body: string | undefined, contentType: string) => SimulatorResponse
  /** Refuses a request that may not do this. */
  readonly authorize: (authorization: string | undefined, method: string) => void
  readonly revokeAll: () => void
  readonly setPassword: (username: string, password: string) => void
}

const unauthenticated = (detail: string) => new Refusal(401, { detail }, { "www-authenticate": "Bearer" })

/** `ttl` in seconds. */
export const make = (accounts: ReadonlyArray<Account>, ttl: number, now: () => number): Accounts => {
  const own = accounts.map((account) => ({ ...account }))
  const sessions = new Map<string, Session>()
  let count = 0

  const tokenFor = (account: Account): string => {
    const exp = Math.floor(now() / 1000) + ttl
    const sub = {
      username: account.username,
      kelvin_admin: account.admin === true,
      kelvin_reader: account.reader === true,
      schools: [],
      roles: []
    }
    const part = (value: unknown) => Encoding.encodeBase64Url(JSON.stringify(value))
    const token = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, exp })}.${Encoding.encodeBase64Url(`signature-${++count}`)}`
    sessions.set(token, { account, until: exp * 1000 })
    return token
  }

  return {
    logIn: (body, contentType) => {
      const form = contentType.includes("urlencoded") ? new URLSearchParams(body ?? "") : new URLSearchParams()
      const missing = ["username", "password"].filter((field) => !form.get(field))
      if (missing.length > 0) {
        throw invalid(
          missing.map((field): Issue => ({ loc: ["body", field], msg: "field required", type: "value_error.missing" }))
        )
      }
      const account = own.find((each) => each.username.toLowerCase() === form.get("username")?.toLowerCase())
      if (account === undefined || account.password !== form.get("password")) {
        throw text(401, "Incorrect username or password")
      }
      return json(200, { access_token: tokenFor(account), token_type: "bearer" })
    },
    authorize: (authorization, method) => {
      const [scheme = "", token = ""] = (authorization ?? "").split(" ")
      if (scheme.toLowerCase() !== "bearer" || token === "") throw unauthenticated("Not authenticated")
      const session = sessions.get(token)
      if (session === undefined || session.until <= now()) throw unauthenticated("Could not validate credentials")
      const { account } = session
      if (account.admin !== true && !(account.reader === true && (method === "GET" || method === "HEAD"))) {
        throw text(401, "Unauthorized")
      }
    },
    revokeAll: () => sessions.clear(),
    setPassword: (username, password) => {
      for (const account of own) if (account.username === username) account.password = password
    }
  }
}
