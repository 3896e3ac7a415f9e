/** For whoever starts and watches the process. Needs no login and says nothing about anybody. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { asDetail, errorFields } from "./ApiError.js"
import { say } from "./ErrorSentences.js"

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

/** 503: changes can't be accepted or stored. */
export class NotReady extends Schema.TaggedClass<NotReady>()("NotReady", errorFields) {}

const NotReadyBody = asDetail(
  "NotReady",
  503,
  {
    description: "Changes can't be accepted or stored; the reason says why. They wait as files.",
    example: say("not_ready", {
      reason:
        "/var/lib/id-connector/data: the disk is full. Make room. The connector goes on by itself, and nothing is lost."
    })
  },
  Schema.typeSchema(NotReady),
  (said) => new NotReady(said)
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
      .annotate(OpenApi.Summary, "Changes can be accepted and stored")
      .annotate(
        OpenApi.Description,
        "Needs no login. 503 with the reason when the disk is full, the in queue can't be used or the storage does not answer, and 200 again by itself; targets that can't be reached do not count."
      )
  )
  .prefix("/v1")
  .annotate(OpenApi.Title, "Health") {}
