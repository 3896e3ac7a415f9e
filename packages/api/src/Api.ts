/**
 * The management API as a value: what the server serves, what the OpenAPI document says, and what the client does come from
 * it. `HttpApiClient.make(Api)` is the client.
 */
import { HttpApi, OpenApi } from "@effect/platform"
import { errorSchema, TooLargeBody, UnreadableBody } from "./ApiError.js"
import { sessionCookie } from "./Authentication.js"
import { AuthoritiesApi } from "./AuthoritiesApi.js"
import { EventsApi } from "./EventsApi.js"
import { HealthApi } from "./HealthApi.js"
import { HistoryApi } from "./HistoryApi.js"
import { MetricsApi } from "./MetricsApi.js"
import { OverviewApi } from "./OverviewApi.js"
import { PreviewApi } from "./PreviewApi.js"
import { QueuesApi } from "./QueuesApi.js"
import { ScheduleApi } from "./ScheduleApi.js"
import { SessionApi } from "./SessionApi.js"
import { TokenApi } from "./TokenApi.js"

/** Where the API begins: clients of the Python connector know it. */
export const prefix = "/ucsschool-id-connector/api"

/** Pages made of the document can log in with user name and password by themselves. What takes a token takes the cookie, too. */
const withLogIn = (document: Record<string, unknown>): Record<string, unknown> => ({
  ...document,
  paths: Object.fromEntries(
    Object.entries<object>(Object(document.paths)).map(([path, item]) => [
      path,
      Object.fromEntries(Object.entries(item).map(([method, operation]) => [method, withCookie(operation)]))
    ])
  ),
  components: {
    ...Object(document.components),
    securitySchemes: {
      bearer: { type: "oauth2", flows: { password: { tokenUrl: `${prefix}/token`, scopes: {} } } },
      session: {
        type: "apiKey",
        in: "cookie",
        name: sessionCookie,
        description: "Browsers add it by themselves after POST /v1/session."
      }
    }
  }
})

const withCookie = (operation: object): object =>
  "security" in operation && Array.isArray(operation.security) && operation.security.length > 0
    ? { ...operation, security: [...operation.security, { session: [] }] }
    : operation

export class Api extends HttpApi.make("id-connector")
  .add(TokenApi)
  .add(OverviewApi)
  .add(SessionApi)
  .add(QueuesApi)
  .add(AuthoritiesApi)
  .add(PreviewApi)
  .add(ScheduleApi)
  .add(HistoryApi)
  .add(EventsApi)
  .add(MetricsApi)
  .add(HealthApi)
  .addError(TooLargeBody)
  .addError(UnreadableBody)
  .prefix(prefix)
  .annotate(OpenApi.Title, "ID Connector")
  .annotate(OpenApi.Version, "1")
  .annotate(
    OpenApi.Description,
    "Configures and watches the connector, which brings users and school classes of the state's directory to the school authorities."
  )
  .annotate(OpenApi.Transform, withLogIn) {
  static override readonly errorSchema = errorSchema
}
