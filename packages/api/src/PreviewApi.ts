/** What a change would lead to, without anything being sent. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { FailedBody, NotFoundBody, UnacceptableBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import { DistributionReason } from "./DistributionReason.js"

const kinds = ["object", "user", "group"] as const

/** Of names, in characters. */
const longestName = 1_000

/** Exactly one of `object`, `user` and `group`. */
export const PreviewRequest = Schema.Struct({
  object: Schema.optionalWith(Schema.Unknown.annotations({ description: "The content of a listener file." }), {
    exact: true
  }),
  user: Schema.optionalWith(
    Schema.String.pipe(Schema.maxLength(longestName)).annotations({
      description: "A user name: the user is taken as the source directory has it now.",
      examples: ["anna"]
    }),
    { exact: true }
  ),
  group: Schema.optionalWith(
    Schema.String.pipe(Schema.maxLength(longestName)).annotations({
      description: "The name of a class, with the school's prefix.",
      examples: ["DEMOSCHOOL-1a"]
    }),
    { exact: true }
  ),
  school_authority: Schema.optionalWith(
    Schema.NullOr(Schema.String.pipe(Schema.maxLength(longestName))).annotations({
      description: "Ask only the target of this one.",
      examples: ["Traeger1"]
    }),
    { exact: true }
  )
})
  .annotations({
    identifier: "PreviewRequest",
    description: 'Exactly one of "object", "user" and "group".',
    examples: [{ user: "anna", school_authority: "Traeger1" }]
  })
  .pipe(
    Schema.filter(
      (request) =>
        kinds.filter((kind) => request[kind] !== undefined).length === 1 ||
        'exactly one of "object", "user" and "group" is expected'
    )
  )

const AnyObject = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const PluginPreview = Schema.Struct({
  plugin: Schema.String,
  problem: Schema.NullOr(Schema.String).annotations({
    description: "Why the outcome can't be determined, or why the object can't be delivered; null otherwise."
  }),
  outcome: Schema.NullOr(
    Schema.Literal("created", "modified", "unchanged", "removed", "absent", "ignored")
  ).annotations({ description: "What would happen at the target." }),
  detail: Schema.NullOr(Schema.String),
  mapping: Schema.NullOr(Schema.Struct({ name: Schema.String, because: Schema.String })).annotations({
    description: "The mapping that is chosen, and why."
  }),
  attributes: AnyObject.annotations({ description: "What the target is to have. Secrets are masked." }),
  sources: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "The key of the mapping that each attribute or UDM property has its value from."
  }),
  differences: Schema.Array(
    Schema.Struct({ attribute: Schema.String, current: Schema.Unknown, wanted: Schema.Unknown })
  ).annotations({ description: "What differs at the target." }),
  requests: Schema.Array(
    Schema.Struct({ method: Schema.String, path: Schema.String, body: Schema.Unknown })
  ).annotations({
    description: "What would be sent, in that order. Secrets are masked."
  }),
  warnings: Schema.Array(Schema.String)
})

export const Preview = Schema.Struct({
  object: Schema.Struct({
    kind: Schema.Literal("user", "group"),
    name: Schema.String,
    id: Schema.String.annotations({ description: "entryUUID" }),
    dn: Schema.String,
    change: Schema.Literal("changed", "removed")
  }),
  problems: Schema.Array(Schema.String).annotations({ description: "What is not in order about the data." }),
  ignored: Schema.Array(Schema.String).annotations({
    description:
      "What would normally concern a school authority but does not, and why (a school that is not mapped, for instance)."
  }),
  ignored_reasons: Schema.Array(DistributionReason).annotations({ description: "The same, for programs." }),
  school_authorities: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      active: Schema.Boolean,
      concerned: Schema.Boolean,
      because: Schema.Array(Schema.String),
      reasons: Schema.Array(DistributionReason).annotations({ description: "The same, for programs." }),
      change_waiting: Schema.Boolean.annotations({
        description: "An undelivered change of the object waits there: the two would be delivered as one."
      }),
      plugins: Schema.Array(PluginPreview)
    })
  )
}).annotations({
  identifier: "Preview",
  examples: [
    {
      object: {
        kind: "user",
        name: "anna",
        id: "0b8a5c5e-0000-4000-8000-000000000001",
        dn: "uid=anna,cn=schueler,cn=users,ou=DEMOSCHOOL,dc=example,dc=com",
        change: "changed"
      },
      problems: [],
      ignored: [],
      ignored_reasons: [],
      school_authorities: [
        {
          name: "Traeger1",
          active: true,
          concerned: true,
          because: ["school DEMOSCHOOL"],
          reasons: [{ code: "current_school", values: { school: "DEMOSCHOOL" }, text: "school DEMOSCHOOL" }],
          change_waiting: false,
          plugins: [
            {
              plugin: "kelvin",
              problem: null,
              outcome: "modified",
              detail: null,
              mapping: { name: "users_student", because: "the user has the role student here" },
              attributes: { name: "anna", firstname: "Anna", lastname: "Meier" },
              sources: { name: "username", firstname: "firstname", lastname: "lastname" },
              differences: [{ attribute: "lastname", current: "Huber", wanted: "Meier" }],
              requests: [{ method: "PATCH", path: "/ucsschool/kelvin/v1/users/anna", body: { lastname: "Meier" } }],
              warnings: []
            }
          ]
        },
        {
          name: "Traeger2",
          active: true,
          concerned: false,
          because: [],
          reasons: [],
          change_waiting: false,
          plugins: []
        }
      ]
    }
  ]
})

export class PreviewApi extends HttpApiGroup.make("preview")
  .add(
    HttpApiEndpoint.post("preview", "/preview")
      .setPayload(PreviewRequest)
      .addSuccess(Preview)
      .addError(NotFoundBody)
      .addError(UnacceptableBody)
      .annotate(OpenApi.Summary, "See what a change would lead to")
      .annotate(
        OpenApi.Description,
        "For each school authority: why it is or is not concerned, which mapping is chosen and why, the attributes, what differs at the target, and the requests that would be sent. Reads from the targets, sends them nothing."
      )
  )
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "Preview") {}
