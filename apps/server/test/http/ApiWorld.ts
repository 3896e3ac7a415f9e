/** The whole connector behind its API, on a directory of its own, for tests. */
import { join } from "node:path"
import { FileSystem, HttpClient, HttpClientRequest, HttpLayerRouter, HttpServer } from "@effect/platform"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { prefix } from "@id-connector/api/Api"
import { HistoryStore, type HistoryStoreShape } from "@id-connector/core/history/HistoryStore"
import { QueueStore } from "@id-connector/core/queue/QueueStore"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as HttpApp from "@id-connector/server/http/HttpApp"
import type * as Transport from "@id-connector/server/http/Transport"
import * as Main from "@id-connector/server/Main"
import * as SecureRandom from "@id-connector/server/process/SecureRandom"
import * as Builders from "@id-connector/testkit/data/Builders"
import { quietly } from "@id-connector/testkit/Quietly"
import { Context, Effect, Layer } from "effect"
import * as Codes from "./Codes.js"

export const people = {
  users: [
    { dn: "uid=admin,dc=x", uid: "admin", password: "s3cr3t" },
    { dn: "uid=pupil,dc=x", uid: "pupil", password: "s3cr3t" },
    { dn: "uid=off,dc=x", uid: "off", password: "s3cr3t", disabled: true }
  ],
  groups: [{ cn: "ucsschool-id-connector-admins", uniqueMember: ["uid=admin,dc=x", "uid=off,dc=x"] }]
}

/**
 * Requests go to a port of this machine. `site`: the documentation site, if it is to be another one than that of the repository.
 * `at`: the directory of a connector that ran before, if it is to be that one again. `history`: what the API has for a history, from
 * the one that is there.
 */
export const world = (
  directory: object = people,
  site?: string,
  {
    at,
    history = (store) => store,
    transport
  }: {
    readonly at?: string
    readonly history?: (store: HistoryStoreShape) => HistoryStoreShape
    readonly transport?: Transport.Transport
  } = {}
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const appDir = at ?? (yield* fs.makeTempDirectoryScoped())
    const directoryFile = join(appDir, "directory.json")
    yield* fs.writeFileString(directoryFile, JSON.stringify(directory))
    const settings = {
      appDir,
      listenerDirectory: join(appDir, "data", "listener"),
      databaseFile: join(appDir, "data", "id-connector.db"),
      directory: { _tag: "File", path: directoryFile } as const,
      ucrFile: join(appDir, "base.conf"),
      logDirectory: join(appDir, "log"),
      http: { host: "127.0.0.1", port: 0, tls: null },
      triggerDirectory: join(appDir, "triggers"),
      layout: { base: Builders.base, classes: "klassen", pupils: "schueler" }
    }
    const secretFile = join(appDir, "conf", "tokens.secret")
    const context = yield* Layer.build(
      HttpLayerRouter.serve(HttpApp.routes(secretFile, undefined, site, transport), {
        disableLogger: true,
        disableListenLog: true
      }).pipe(
        Layer.provide(Layer.effect(HistoryStore, Effect.map(HistoryStore, history))),
        Layer.provideMerge(Main.layer(settings, { threads: false })),
        Layer.provideMerge(NodeHttpServer.layerTest),
        Layer.provide([SecureRandom.layer, Ucr.layer(settings.ucrFile)])
      )
    )
    const http = Context.get(context, HttpClient.HttpClient)
    const { address } = Context.get(context, HttpServer.HttpServer)
    const port = address._tag === "TcpAddress" ? address.port : 0
    const send = (
      method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE" | "HEAD" | "OPTIONS",
      path: string,
      options: {
        readonly token?: string
        readonly json?: unknown
        readonly text?: string
        readonly type?: string
        readonly form?: object
      } = {}
    ) =>
      Effect.gen(function* () {
        const base = HttpClientRequest.make(method)(`${prefix}${path}`, {
          headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
        })
        const body =
          options.form !== undefined
            ? HttpClientRequest.bodyUrlParams(base, options.form as Record<string, string>)
            : options.text !== undefined
              ? HttpClientRequest.bodyText(base, options.text, options.type ?? "application/json")
              : options.json !== undefined
                ? HttpClientRequest.bodyText(base, JSON.stringify(options.json), "application/json")
                : base
        const response = yield* http.execute(body)
        const text = yield* response.text
        const answer: unknown = text === "" ? null : JSON.parse(text)
        Codes.look(answer)
        return {
          status: response.status,
          headers: response.headers,
          body: answer as never as { readonly [key: string]: unknown } | null
        }
      })
    const logIn = (username: string, password = "s3cr3t") =>
      send("POST", "/token", { form: { username, password, grant_type: "password" } })
    const token = String((yield* logIn("admin")).body?.access_token)
    const as = (json?: unknown) => ({ token, ...(json === undefined ? {} : { json }) })
    const store = Context.get(context, QueueStore)
    return { appDir, as, directoryFile, http, logIn, port, secretFile, send, settings, store, token }
  }).pipe(Effect.provide(NodeContext.layer), quietly)

export const url = "https://localhost:1/ucsschool/kelvin/v1/"
export const authority = (name: string, more: object = {}) => ({
  ...Builders.authority(name, { url, active: false }),
  ...more
})
