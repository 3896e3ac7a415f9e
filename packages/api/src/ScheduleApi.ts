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

const named = (description: string, example: string) =>
  Schema.Struct({ name: Schema.String.annotations({ description, examples: [example] }) })

export class ScheduleApi extends HttpApiGroup.make("schedule")
  .add(
    HttpApiEndpoint.post("user", "/schedule/users/:name")
      .setPath(named("A user name.", "anna"))
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule a user")
      .annotate(
        OpenApi.Description,
        "Writes a trigger file: the listener takes the user from the source directory anew, as if somebody had changed it. What can't be compared with what a target has (password hashes) is sent to it once more."
      )
  )
  .add(
    HttpApiEndpoint.post("group", "/schedule/groups/:name")
      .setPath(named("The name of a group, with the school's prefix.", "DEMOSCHOOL-1a"))
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule a group")
      .annotate(OpenApi.Description, "Like a user. The name has the school's prefix: DEMOSCHOOL-1a.")
  )
  .add(
    HttpApiEndpoint.post("school", "/schedule/schools/:name")
      .setPath(named("The name of a school.", "DEMOSCHOOL"))
      .addSuccess(Scheduled)
      .annotate(OpenApi.Summary, "Schedule a school")
      .annotate(OpenApi.Description, "Everybody of the school, then its classes and work groups.")
  )
  .addError(NotFoundBody)
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Scheduling") {}
