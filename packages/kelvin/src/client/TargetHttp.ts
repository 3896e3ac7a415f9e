/**
 * HTTP to a target: each has its own TLS rules, so each gets its own client with its own connections. Small on purpose, as
 * a million requests go through it; {@link fromHttpClient} makes one of any `HttpClient`.
 */
import { HttpBody, type HttpClient, HttpClientRequest } from "@effect/platform"
import { Context, Data, Effect, type Scope } from "effect"

/** How the target's certificate is checked. */
export interface TlsRules {
  /** False accepts every certificate. */
  readonly verifyCertificate: boolean
  /** False accepts a certificate that was made for another host. */
  readonly verifyHostname: boolean
  /** File with certificates (PEM) that are trusted here besides those that are trusted everywhere. */
  readonly caFile?: string
  /** Connections of an older version are refused. */
  readonly oldest?: TlsVersion
  /** And those of a newer one. */
  readonly newest?: TlsVersion
}

export type TlsVersion = "1.0" | "1.1" | "1.2" | "1.3"

export interface TargetRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
  /** After so many seconds the request is given up, wherever it stands. */
  readonly timeLimit: number
}

/** An answer, whole. */
export interface TargetAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly text: string
}

/** No connection, or it broke. */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly cause: unknown }> {}

/** No whole answer within the time limit. */
export class TimedOut extends Data.TaggedError("TimedOut") {}

/** Sends a request. It is cut off when it is interrupted. */
export type Send = (request: TargetRequest) => Effect.Effect<TargetAnswer, Unreachable | TimedOut>

export interface TargetHttpShape {
  /** A client for one target. It keeps connections open, up to `connections`, and closes them with the scope. */
  readonly client: (options: {
    readonly tls: TlsRules
    readonly connections: number
  }) => Effect.Effect<Send, never, Scope.Scope>
}

export class TargetHttp extends Context.Tag("@id-connector/kelvin/client/TargetHttp")<TargetHttp, TargetHttpShape>() {}

/** Sends with any `HttpClient`, whose TLS rules are its own business. */
export const fromHttpClient =
  (client: HttpClient.HttpClient): Send =>
  ({ body, headers, method, timeLimit, url }) =>
    client
      .execute(
        HttpClientRequest.make(method)(url, {
          headers,
          ...(body === null ? {} : { body: HttpBody.text(body, headers["content-type"]) })
        })
      )
      .pipe(
        Effect.flatMap((response) =>
          Effect.map(response.text, (text) => ({ status: response.status, headers: response.headers, text }))
        ),
        Effect.mapError((cause) => new Unreachable({ cause })),
        Effect.timeoutFail({ duration: `${timeLimit} seconds`, onTimeout: () => new TimedOut() })
      )
