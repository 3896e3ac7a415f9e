/** HTTP to a target. Each target has its own TLS rules, so each gets its own client with its own connections. */
import type { HttpClient } from "@effect/platform"
import { Context, type Effect, type Scope } from "effect"

/** How the target's certificate is checked. */
export interface TlsRules {
  /** False accepts every certificate. */
  readonly verifyCertificate: boolean
  /** False accepts a certificate that was made for another host. */
  readonly verifyHostname: boolean
}

export interface TargetHttpShape {
  /**
   * A client for one target. It keeps connections open, up to `connections`, and closes them with the scope. It sets no
   * time limit of its own beyond connecting.
   */
  readonly client: (options: {
    readonly tls: TlsRules
    readonly connections: number
  }) => Effect.Effect<HttpClient.HttpClient, never, Scope.Scope>
}

export class TargetHttp extends Context.Tag("@id-connector/kelvin/TargetHttp")<TargetHttp, TargetHttpShape>() {}
