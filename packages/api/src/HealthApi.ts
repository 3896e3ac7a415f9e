/** For whoever starts and watches the process. Needs no login and says nothing about anybody. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { asDetail } from "./ApiError.js"

const Health = Schema.Struct({ status: Schema.Literal("ok") }).annotations({
  identifier: "Health",
  examples: [{ status: "ok" }]
})

const Ready = Schema.Struct({
  status: Schema.Literal("ok"),
  missing: Schema.optionalWith(
    Schema.Array(Schema.String).annotations({
      description: "What has to be set before everything works. Missing: nothing."
    }),
    { exact: true }
  )
}).annotations({ identifier: "Ready", examples: [{ status: "ok" }] })

/** 503: the storage does not answer. */
export class NotReady extends Schema.TaggedClass<NotReady>()("NotReady", { detail: Schema.String }) {}

const NotReadyBody = asDetail(
  "NotReady",
  503,
  { description: "The storage does not answer.", example: 'The queue storage failed at "counts": database is locked' },
  Schema.typeSchema(NotReady),
  (detail) => new NotReady({ detail })
)

export class HealthApi extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/health/live")
      .addSuccess(Health)
      .annotate(OpenApi.Summary, "The process answers")
      .annotate(OpenApi.Description, "Needs no login. When it does not answer, start the process anew.")
  )
  .add(
    HttpApiEndpoint.get("ready", "/health/ready")
      .addSuccess(Ready)
      .addError(NotReadyBody)
      .annotate(OpenApi.Summary, "The queues and their storage work")
      .annotate(
        OpenApi.Description,
        "Needs no login. Asks the storage, and whether it can be written; targets that can't be reached do not count."
      )
  )
  .prefix("/v1")
  .annotate(OpenApi.Title, "Health") {}
