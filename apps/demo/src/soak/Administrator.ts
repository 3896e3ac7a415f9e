// @effect-diagnostics globalFetch:off nodeBuiltinImport:off
// A browser's or a script's requests, nothing more.
/** Somebody who looks at everything again and again by the management API, and changes something now and then. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { adminGroup } from "@id-connector/core/directory/Directory"
import * as Builders from "@id-connector/testkit/data/Builders"
import { Clock, Effect } from "effect"

const login = { username: "admin", password: "s3cr3t" }

/** The source directory, as far as it matters here: the administrator, and the password hashes of people. */
export const directory = (people: ReadonlyArray<string>) => {
  const dn = `uid=${login.username},${Builders.base}`
  return {
    users: [
      { uid: login.username, dn, password: login.password },
      ...people.map((uid) => ({ uid, dn: Builders.userDn(uid), hashes: Builders.passwordHashes }))
    ],
    groups: [{ cn: adminGroup, uniqueMember: [dn] }]
  }
}

/** What the API tells of itself. */
export interface Figures {
  readonly delivered: number
  readonly items: number
  /** Milliseconds that `GET /queues` took. */
  readonly answer: number
}

export interface Administrator {
  readonly figures: Effect.Effect<Figures | null>
  /** One more look at something. */
  readonly look: Effect.Effect<void>
  /** One more change of the configuration, the `nth`. */
  readonly configure: (nth: number) => Effect.Effect<void>
  /** Lets everybody deliver again, with what was given up. */
  readonly tidyUp: Effect.Effect<void>
  readonly requests: () => number
  /** Answers that nobody expects of a connector that runs. */
  readonly unexpected: () => ReadonlyArray<string>
}

/** Longer than anything the connector answers, targets that hang included. */
const limit = 60_000

interface Answer {
  readonly status: number
  readonly text: string
}

/** `api` is where the API is just now, without version; null while it is not. */
export const make = (base: string, authorities: ReadonlyArray<string>, api: () => string | null): Administrator => {
  let requests = 0
  let looks = 0
  let token: { readonly api: string; readonly header: string; uses: number } | null = null
  const unexpected: Array<string> = []

  /** Null when there was no answer: the connector is being restarted. */
  const ask = (
    method: string,
    path: string,
    allowed: ReadonlyArray<number>,
    body?: URLSearchParams | object
  ): Effect.Effect<Answer | null> =>
    Effect.promise(async (signal) => {
      const at = api()
      if (at === null) return null
      const isForm = body instanceof URLSearchParams
      const headers: Record<string, string> = isForm || body === undefined ? {} : { "content-type": "application/json" }
      if (path !== "/token" && token?.api === at) headers.authorization = token.header
      try {
        const answer = await fetch(`${at}${path}`, {
          method,
          headers,
          signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
          ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) })
        })
        const text = await answer.text()
        requests++
        if (!allowed.includes(answer.status) && unexpected.length < 100) {
          unexpected.push(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 200)}`)
        }
        return { status: answer.status, text }
      } catch (failure) {
        if (failure instanceof Error && failure.name === "TimeoutError") {
          unexpected.push(`${method} ${path} was not answered within ${limit / 1000} s`)
        }
        return null
      }
    })

  const logIn = Effect.gen(function* () {
    const at = api()
    const answer = yield* ask("POST", "/token", [200], new URLSearchParams(login))
    if (at === null || answer?.status !== 200) return
    token = { api: at, header: `Bearer ${JSON.parse(answer.text).access_token}`, uses: 0 }
  })
  /** Logs in anew after a restart, and every fifty requests. */
  const asked = (method: string, path: string, allowed: ReadonlyArray<number>, body?: URLSearchParams | object) =>
    Effect.gen(function* () {
      if (token === null || token.api !== api() || token.uses++ > 50) yield* logIn
      return token === null ? null : yield* ask(method, path, allowed, body)
    })

  const of = (list: ReadonlyArray<string>, nth: number) => encodeURIComponent(list[nth % list.length] ?? "")
  const pupil = (nth: number) => Builders.user(`p${nth % 100}`, { id: `p${nth % 100}-account-1`, schools: ["Nord1"] })

  const looking: ReadonlyArray<(nth: number) => Effect.Effect<unknown>> = [
    () => asked("GET", "/v1/queues", [200]),
    (nth) => asked("GET", `/v1/queues/${of(authorities, nth)}/items?limit=100`, [200]),
    (nth) => asked("GET", `/v1/queues/${of(authorities, nth)}/items?state=dead`, [200]),
    (nth) =>
      Effect.gen(function* () {
        const name = of(authorities, nth)
        const found = yield* asked("GET", `/v1/queues/${name}/items?limit=1`, [200])
        const id = /"id":\s*"?([\w-]+)/.exec(found?.text ?? "")?.[1]
        // It may be delivered by now.
        if (id !== undefined) yield* asked("GET", `/v1/queues/${name}/items/${id}`, [200, 404])
      }),
    () => asked("GET", "/v1/school_authorities", [200]),
    (nth) => asked("GET", `/v1/school_authorities/${of(authorities, nth)}/status`, [200]),
    (nth) => asked("POST", `/v1/school_authorities/${of(authorities, nth)}/check`, [200]),
    (nth) => asked("POST", "/v1/preview", [200], { object: pupil(nth) }),
    () => asked("GET", "/v1/metrics", [200]),
    () => ask("GET", "/v1/health/ready", [200]),
    () => ask("GET", "/v1/openapi.json", [200]),
    // Somebody who mistypes, from time to time: more often, and nobody may log in any more.
    (nth) =>
      nth % 8 === 0
        ? ask(
            "POST",
            "/token",
            [400, 401, 429],
            new URLSearchParams({ username: `guest${nth % 1000}`, password: "wr0ng" })
          )
        : ask("GET", "/v1/nowhere", [404]),
    (nth) =>
      nth % 4 === 0
        ? Effect.all([
            asked("POST", `/v1/queues/${of(authorities, nth)}/pause`, [200]),
            Effect.sleep("1 second"),
            asked("POST", `/v1/queues/${of(authorities, nth)}/resume`, [200])
          ])
        : asked("POST", `/v1/queues/${of(authorities, nth)}/retry?state=dead`, [200])
  ]

  const changing: ReadonlyArray<(nth: number) => Effect.Effect<unknown>> = [
    (nth) =>
      asked("PATCH", `/v1/school_authorities/${of(authorities, nth)}`, [200], {
        plugin_configs: { kelvin: { concurrency: 2 + (nth % 4) } }
      }),
    // A school that nobody has comes and goes.
    (nth) =>
      Effect.gen(function* () {
        const found = yield* asked("GET", "/v1/school_to_authority_mapping", [200])
        if (found?.status !== 200) return
        const { mapping } = JSON.parse(found.text)
        const { Neu: _, ...others } = mapping
        const next = "Neu" in mapping ? others : { ...mapping, Neu: authorities[nth % authorities.length] }
        yield* asked("PUT", "/v1/school_to_authority_mapping", [200], { mapping: next })
      }),
    // By hand, in the file: found by the connector within two seconds.
    (nth) =>
      Effect.sync(() => {
        const file = Path.join(base, "conf", "school_authorities", `${authorities[nth % authorities.length]}.json`)
        const content = JSON.parse(Fs.readFileSync(file, "utf8"))
        content.plugin_configs.kelvin.concurrency = 2 + (nth % 4)
        Fs.writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 })
        Fs.renameSync(`${file}.new`, file)
      }),
    // An authority without schools comes, and goes. Either may be done already where a restart has cut an answer off.
    () =>
      Effect.zipRight(
        asked("POST", "/v1/school_authorities", [201, 400], Builders.authority("Gast")),
        Effect.zipRight(Effect.sleep("2 seconds"), asked("DELETE", "/v1/school_authorities/Gast", [204, 404]))
      )
  ]

  return {
    figures: Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const queues = yield* asked("GET", "/v1/queues", [200])
      const answer = (yield* Clock.currentTimeMillis) - start
      const metrics = yield* asked("GET", "/v1/metrics", [200])
      if (queues?.status !== 200 || metrics?.status !== 200) return null
      return {
        answer,
        items: sum(metrics.text, /^id_connector_items\{.*\} (\d+)/gm),
        delivered: sum(metrics.text, /^id_connector_deliveries_total\{.*result="delivered".*\} (\d+)/gm)
      }
    }),
    look: Effect.suspend(() => {
      const nth = looks++
      return Effect.asVoid(looking[nth % looking.length]?.(Math.floor(nth / looking.length)) ?? Effect.void)
    }),
    configure: (nth) =>
      Effect.asVoid(changing[nth % changing.length]?.(Math.floor(nth / changing.length)) ?? Effect.void),
    tidyUp: Effect.forEach(
      authorities,
      (name) =>
        Effect.zipRight(
          asked("POST", `/v1/queues/${encodeURIComponent(name)}/resume`, [200]),
          asked("POST", `/v1/queues/${encodeURIComponent(name)}/retry?state=dead`, [200])
        ),
      { discard: true }
    ),
    requests: () => requests,
    unexpected: () => unexpected
  }
}

const sum = (text: string, pattern: RegExp): number =>
  [...text.matchAll(pattern)].reduce((all, [, value]) => all + Number(value), 0)
