/** For whoever starts and watches the process. Needs no log in and says nothing about anybody. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"

const Health = Schema.Struct({ status: Schema.Literal("ok") }).annotations({ identifier: "Health" })

/** 503: the storage does not answer. */
export class NotReady extends Schema.TaggedClass<NotReady>()("NotReady", { detail: Schema.String }) {}

const NotReadyBody = Schema.transform(Schema.Struct({ detail: Schema.String }), Schema.typeSchema(NotReady), {
  strict: true,
  decode: ({ detail }) => new NotReady({ detail }),
  encode: ({ detail }) => ({ detail })
}).annotations({ identifier: "NotReady", ...HttpApiSchema.annotations({ status: 503 }) })

export class HealthApi extends HttpApiGroup.make("health")
  .add(HttpApiEndpoint.get("live", "/health/live").addSuccess(Health).annotate(OpenApi.Summary, "The process answers"))
  .add(
    HttpApiEndpoint.get("ready", "/health/ready")
      .addSuccess(Health)
      .addError(NotReadyBody)
      .annotate(OpenApi.Summary, "The queues and their storage work")
  )
  .prefix("/v1")
  .annotate(OpenApi.Title, "Health") {}
