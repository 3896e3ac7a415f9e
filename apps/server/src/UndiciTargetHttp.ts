/** HTTP to targets through undici: each target has its own connections and its own TLS rules. */
import { HttpClient } from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { TargetHttp } from "@id-connector/kelvin/TargetHttp"
import { Context, Effect, Layer } from "effect"

/** A server that does not even take the connection in this time is down (milliseconds). */
const connectTimeout = 5_000

export const layer: Layer.Layer<TargetHttp> = Layer.succeed(TargetHttp, {
  client: ({ connections, tls }) => {
    const agent = Effect.acquireRelease(
      Effect.sync(
        () =>
          new Undici.Agent({
            connections,
            connect: {
              timeout: connectTimeout,
              rejectUnauthorized: tls.verifyCertificate,
              ...(tls.verifyHostname ? {} : { checkServerIdentity: () => undefined })
            }
          })
      ),
      (agent) => Effect.promise(() => agent.destroy())
    )
    return NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
      Layer.provide(Layer.scoped(NodeHttpClient.Dispatcher, agent)),
      Layer.fresh,
      Layer.build,
      Effect.map(Context.get(HttpClient.HttpClient))
    )
  }
})
