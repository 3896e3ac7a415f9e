/** Figures for monitoring, in Prometheus' text format. Needs a token like everything that names school authorities. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { FailedBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"

export class MetricsApi extends HttpApiGroup.make("metrics")
  .add(
    HttpApiEndpoint.get("get", "/metrics")
      .addSuccess(
        HttpApiSchema.Text({ contentType: "text/plain; version=0.0.4; charset=utf-8" }).annotations({
          examples: ['id_connector_items{school_authority="Traeger1",state="waiting"} 12\n']
        })
      )
      .addError(FailedBody)
      .annotate(OpenApi.Summary, "Figures of all queues")
      .annotate(
        OpenApi.Description,
        "In Prometheus' text format. Needs a token like everything that names school authorities. Tokens run out: for Prometheus the connector serves the same without one at an address of its own, IDC_METRICS_ADDRESS."
      )
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Metrics") {}
