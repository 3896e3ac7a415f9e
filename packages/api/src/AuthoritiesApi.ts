/** School authorities, and which of them runs which school. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import * as Reasons from "@id-connector/core/queue/Reasons"
import { mask, SchoolAuthority } from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import { say } from "@id-connector/core/targets/Findings"
import { Schema } from "effect"
import { FailedBody, NotFoundBody, RefusedBody, UnacceptableBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import { Finding } from "./Finding.js"
import * as Parameters from "./Parameters.js"
import { reasonFields } from "./Reason.js"

const mappedUsers = {
  username: "name",
  firstname: "firstname",
  lastname: "lastname",
  school: "school",
  schools: "schools",
  school_classes: "school_classes",
  roles: "roles",
  ucsschoolRecordUID: "record_uid",
  ucsschoolSourceUID: "source_uid"
}

const anAuthority = {
  name: "Traeger1",
  active: true,
  url: "https://kelvin.traeger1.example.com/ucsschool/kelvin/v1/",
  plugins: ["kelvin"],
  plugin_configs: {
    kelvin: {
      username: "Administrator",
      password: mask,
      mapping: { users: mappedUsers, school_classes: { name: "name", school: "school", users: "users" } },
      sync_password_hashes: true
    }
  }
}

/** As it is shown: secrets are `**********`. */
export const ShownAuthority = Schema.encodedSchema(SchoolAuthority).annotations({
  identifier: "SchoolAuthority",
  description: "A school authority. Secrets are shown as **********.",
  examples: [anAuthority]
})

/** As it is saved: what keeps it from delivering, or is strange about it, is said with it. */
const SavedAuthority = Schema.extend(
  ShownAuthority,
  Schema.Struct({
    warnings: Schema.optional(Schema.Array(Schema.String)).annotations({
      description: "What keeps it from delivering, or is strange about it, each with its path. Missing: nothing."
    }),
    findings: Schema.optional(Schema.Array(Finding)).annotations({
      description: "The warnings once more, for programs."
    })
  })
).annotations({
  identifier: "SavedSchoolAuthority",
  examples: [
    {
      ...anAuthority,
      warnings: ["plugin_configs.kelvin.mapping.school_classes: is missing: school classes are not synchronised"],
      findings: [
        {
          severity: "warning",
          about: "plugin_configs.kelvin.mapping.school_classes",
          ...say("classes_not_mapped"),
          plugin: null
        }
      ]
    }
  ]
})

const AnyObject = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const NewAuthority = AnyObject.annotations({
  identifier: "NewSchoolAuthority",
  description:
    'name, url and plugin_configs are required; active is false and plugins is [] by default. What the history keeps of the authority: history_values (false), history_values_except (["birthday", "email"]), history_unchanged (true).',
  examples: [
    {
      ...anAuthority,
      plugin_configs: { kelvin: { ...anAuthority.plugin_configs.kelvin, password: "the password of the account" } }
    }
  ]
})

const Patch = AnyObject.annotations({
  identifier: "SchoolAuthorityPatch",
  description:
    "What is to change. Objects are merged deep, lists are replaced; what is missing or null stays. A secret sent as ********** stays. When scheme, host or port of the URL change, secrets have to be given again.",
  examples: [{ active: false }]
})

export const Mapping = Schema.Struct({
  mapping: Schema.Record({ key: Schema.String, value: Schema.String }).pipe(
    Schema.filter((mapping) => SchoolMapping.tooLarge(mapping) ?? true)
  )
}).annotations({
  identifier: "SchoolMapping",
  examples: [{ mapping: { DEMOSCHOOL: "Traeger1" } }]
})

const notConfigured = say("mapped_not_configured", { school_authority: "Traeger1" })

const SavedMapping = Schema.extend(
  Mapping,
  Schema.Struct({
    warnings: Schema.optional(Schema.Array(Schema.String)).annotations({ description: "Missing: nothing is strange." }),
    findings: Schema.optional(Schema.Array(Finding)).annotations({
      description: "The warnings once more, for programs."
    })
  })
).annotations({
  identifier: "SavedSchoolMapping",
  examples: [
    {
      mapping: { DEMOSCHOOL: "Traeger1" },
      warnings: [notConfigured.text],
      findings: [{ severity: "warning", about: "mapping", ...notConfigured, plugin: null }]
    }
  ]
})

const { text: reason, ...unavailable } = Reasons.say("target_unavailable", { detail: "connect ECONNREFUSED" })
const unreachable = { reason, ...unavailable }

export const Status = Schema.Struct({
  name: Schema.String,
  active: Schema.Boolean,
  not_configured: Schema.NullOr(
    Schema.Struct({
      since: Schema.NullOr(Schema.String).annotations({ description: "null: it never was, as far as is known." }),
      text: Schema.String,
      ...reasonFields
    })
  ).annotations({
    description: "It has no configuration: its file was moved away, or the mapping names it. Its items wait. Else null."
  }),
  reachable: Schema.NullOr(Schema.Boolean).annotations({
    description:
      "Whether the target answered when it was asked last; null when nobody asks, since the queue does not run."
  }),
  paused: Schema.NullOr(
    Schema.Struct({
      reason: Schema.String,
      until: Schema.NullOr(Schema.String).annotations({
        description: "null: until the configuration is corrected, or somebody resumes it."
      }),
      ...reasonFields
    })
  ),
  last_error: Schema.NullOr(Schema.Struct({ at: Schema.String, reason: Schema.String, ...reasonFields })),
  last_delivery: Schema.NullOr(Schema.String),
  delivered: Schema.Int.annotations({ description: "Since the queue started." }),
  failed: Schema.Int.annotations({ description: "Since the queue started." }),
  delivered_last_minute: Schema.Int,
  items: Schema.Struct({ waiting: Schema.Int, in_flight: Schema.Int, held: Schema.Int, dead: Schema.Int }),
  configuration: Schema.Struct({
    errors: Schema.Array(Schema.String).annotations({
      description:
        "What would be refused if it were saved now, and what can't be used in the files (the last good state stays in effect)."
    }),
    warnings: Schema.Array(Schema.String),
    findings: Schema.Array(Finding).annotations({ description: "Errors and warnings once more, for programs." })
  }).annotations({ description: "What is wrong with the configuration, each with its path." })
}).annotations({
  identifier: "SchoolAuthorityStatus",
  examples: [
    {
      name: "Traeger1",
      active: true,
      not_configured: null,
      reachable: false,
      paused: { ...unreachable, until: "2026-02-03T04:15:06.789Z" },
      last_error: { at: "2026-02-03T04:05:06.789Z", ...unreachable },
      last_delivery: "2026-02-03T04:05:01.123Z",
      delivered: 1234,
      failed: 3,
      delivered_last_minute: 56,
      items: { waiting: 78, in_flight: 0, held: 0, dead: 1 },
      configuration: { errors: [], warnings: [], findings: [] }
    }
  ]
})

export const Check = Schema.Struct({
  ok: Schema.Boolean.annotations({ description: "Nothing that was found keeps deliveries from working." }),
  findings: Schema.Array(Finding)
}).annotations({
  identifier: "SchoolAuthorityCheck",
  examples: [
    {
      ok: true,
      findings: [
        { severity: "ok", about: "login", ...say("account_known"), plugin: "kelvin" },
        { severity: "warning", about: "schools", ...say("schools_missing", { schools: "SCHOOL7" }), plugin: "kelvin" }
      ]
    }
  ]
})

export class AuthoritiesApi extends HttpApiGroup.make("authorities")
  .add(
    HttpApiEndpoint.get("list", "/school_authorities")
      .addSuccess(Schema.Array(ShownAuthority))
      .annotate(OpenApi.Summary, "All school authorities")
      .annotate(OpenApi.Description, "By name, active or not. Secrets are shown as **********.")
  )
  .add(
    HttpApiEndpoint.post("create", "/school_authorities")
      .setPayload(NewAuthority)
      .addSuccess(SavedAuthority, { status: 201 })
      .addError(RefusedBody)
      .addError(UnacceptableBody)
      .annotate(OpenApi.Summary, "Create a school authority")
      .annotate(OpenApi.Description, "Its queue starts at once when it is active.")
  )
  .add(
    HttpApiEndpoint.get("get", "/school_authorities/:name")
      .setPath(Parameters.authority)
      .addSuccess(ShownAuthority)
      .addError(NotFoundBody)
      .annotate(OpenApi.Summary, "One school authority")
      .annotate(OpenApi.Description, "As it is configured. Secrets are shown as **********.")
  )
  .add(
    HttpApiEndpoint.patch("patch", "/school_authorities/:name")
      .setPath(Parameters.authority)
      .setPayload(Patch)
      .addSuccess(SavedAuthority)
      .addError(RefusedBody)
      .addError(UnacceptableBody)
      .annotate(OpenApi.Summary, "Change a school authority")
      .annotate(OpenApi.Description, "Takes effect at once; other authorities do not notice.")
  )
  .add(
    HttpApiEndpoint.del("remove", "/school_authorities/:name")
      .setPath(Parameters.authority)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(NotFoundBody)
      .annotate(OpenApi.Summary, "Remove a school authority")
      .annotate(
        OpenApi.Description,
        "Works also for one that is no longer configured but still has items. Its queue stops after the items at work. What still waits is moved to data/out_queues_trash, and comes back with the command out_queue_restore. An authority that is made anew under its name inherits nothing."
      )
  )
  .add(
    HttpApiEndpoint.get("status", "/school_authorities/:name/status")
      .setPath(Parameters.authority)
      .addSuccess(Status)
      .addError(NotFoundBody)
      .annotate(OpenApi.Summary, "How a school authority is doing")
      .annotate(
        OpenApi.Description,
        "Whether its target is reachable, why and until when it is paused, what was delivered, and what is wrong with its configuration."
      )
  )
  .add(
    HttpApiEndpoint.post("check", "/school_authorities/:name/check")
      .setPath(Parameters.authority)
      .addSuccess(Check)
      .addError(NotFoundBody)
      .annotate(OpenApi.Summary, "Check a school authority")
      .annotate(
        OpenApi.Description,
        "Looks at its configuration, logs in at its target, and compares roles, schools and mapped UDM properties with what the target knows. Changes nothing, also works for an inactive authority, and may take as long as the target."
      )
  )
  .add(
    HttpApiEndpoint.get("mapping", "/school_to_authority_mapping")
      .addSuccess(Mapping)
      .annotate(OpenApi.Summary, "Which school authority runs which school")
      .annotate(OpenApi.Description, "School names are compared without case.")
  )
  .add(
    HttpApiEndpoint.put("setMapping", "/school_to_authority_mapping")
      .setPayload(Mapping)
      .addSuccess(SavedMapping)
      .addError(UnacceptableBody)
      .annotate(OpenApi.Summary, "Replace the whole mapping")
      .annotate(
        OpenApi.Description,
        "Takes effect at once, for changes that come from now on. Names of school authorities that are not configured are accepted, with a warning: their changes wait."
      )
  )
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "School authorities") {}
