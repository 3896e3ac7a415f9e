/** Objects that are to be brought to the school authorities once more, with what the source directory says now. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { FailedBody, NotFoundBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"

const Scheduled = Schema.Struct({ users: Schema.Int, groups: Schema.Int }).annotations({
  identifier: "Scheduled",
  description: "How many objects were scheduled.",
  examples: [{ users: 1, groups: 0 }]
})

const name = Schema.Struct({ name: Schema.String })

export class ScheduleApi extends HttpApiGroup.make("schedule")
  .add(
    HttpApiEndpoint.post("user", "/schedule/users/:name")
      .setPath(name)
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule a user")
  )
  .add(
    HttpApiEndpoint.post("group", "/schedule/groups/:name")
      .setPath(name)
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule a group")
      .annotate(OpenApi.Description, "The name has the school's prefix: DEMOSCHOOL-1a.")
  )
  .add(
    HttpApiEndpoint.post("school", "/schedule/schools/:name")
      .setPath(name)
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule everybody of a school, then its classes and work groups")
  )
  .addError(NotFoundBody)
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Scheduling") {}
