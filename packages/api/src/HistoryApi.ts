/** The provisioning log: who got what, when and why, and who did what. */
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { searchable } from "@id-connector/core/history/HistoryEntry"
import { Schema } from "effect"
import { FailedBody, NotFoundBody, RefusedBody } from "./ApiError.js"
import { Authentication } from "./Authentication.js"
import * as JsonLines from "./JsonLines.js"
import { Item, ItemDetails } from "./QueuesApi.js"
import { Reason } from "./Reason.js"

const ChangedValue = Schema.Struct({
  attribute: Schema.String.annotations({ description: "As the target has it; UDM properties as udm_properties.NAME." }),
  old: Schema.Unknown.annotations({ description: "What the target had before; null: nothing." }),
  new: Schema.Unknown
}).annotations({
  identifier: "ChangedValue",
  examples: [{ attribute: "firstname", old: "Ana", new: "Anna" }]
})

const anEntry = {
  id: 815,
  at: "2026-02-03T04:05:07.123Z",
  entry: "delivered",
  outcome: "modified",
  text: "delivered to Traeger1: modified (written: firstname, email; mapping users)",
  kind: "user",
  name: "anna",
  object_key: "user:0b8a5c5e-0000-4000-8000-000000000001",
  file: "2026-02-03-04-05-06-789012.json",
  school_authority: "Traeger1",
  item: 4711,
  recipients: [],
  ignored: [],
  changed: ["firstname", "email"],
  values: [{ attribute: "firstname", old: "Ana", new: "Anna" }],
  mapping: "users",
  reason: null,
  because: null,
  warnings: [],
  attempt: 1,
  milliseconds: 42,
  request_id: "0b8a5c5e-0000-4000-8000-000000000002",
  by: null
} as const

const anObject = { kind: "user", name: "anna", object_key: anEntry.object_key } as const

/** Kinds of entries, as the API names them. */
export const entries = ["decided", "delivered", "failed", "given_up", "held", "acted"] as const

export const Entry = Schema.Struct({
  id: Schema.Int,
  at: Schema.String,
  entry: Schema.Literal(...entries),
  outcome: Schema.Literal(...searchable).annotations({ description: "How it ended, in a word." }),
  text: Schema.String.annotations({ description: "All of it in a sentence." }),
  kind: Schema.Literal("user", "group"),
  name: Schema.String.annotations({ description: "User or group name at that time." }),
  object_key: Schema.String,
  file: Schema.String,
  school_authority: Schema.NullOr(Schema.String),
  item: Schema.NullOr(Schema.Int),
  recipients: Schema.Array(
    Schema.Struct({ school_authority: Schema.String, because: Schema.Array(Reason) })
  ).annotations({
    description: "Of a decision: who gets the change, and why."
  }),
  ignored: Schema.Array(Reason).annotations({ description: "Of a decision: who does not, and why." }),
  changed: Schema.NullOr(Schema.Array(Schema.String)).annotations({
    description: "Of a delivery: names of the attributes that were written; null: not known."
  }),
  values: Schema.NullOr(Schema.Array(ChangedValue)).annotations({
    description:
      "Of a delivery: old and new values of these, where the school authority keeps them (history_values), for 14 days at most; without secrets and what history_values_except names, and cut where they are long. null: they are not kept, or not any more."
  }),
  mapping: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String).annotations({ description: "Why it failed, was given up, or is held back." }),
  because: Schema.NullOr(Reason).annotations({ description: "The same, for programs." }),
  warnings: Schema.Array(Reason).annotations({
    description: "Of a delivery: what was strange and kept nothing from it."
  }),
  attempt: Schema.NullOr(Schema.Int),
  milliseconds: Schema.NullOr(Schema.Number),
  request_id: Schema.NullOr(Schema.String).annotations({
    description: "X-Request-ID of the last request, under which the target's log has it."
  }),
  by: Schema.NullOr(Schema.String).annotations({ description: "Who did it, when somebody did." })
}).annotations({ identifier: "HistoryEntry", examples: [anEntry] })

const ObjectAtAuthority = Schema.Struct({
  name: Schema.String,
  holds: Schema.Boolean.annotations({ description: "The object was delivered there, and not removed since." }),
  last_delivery: Schema.NullOr(Entry),
  waiting: Schema.NullOr(Item).annotations({ description: "Its change that waits there, and for what." })
}).annotations({ identifier: "ObjectAtAuthority" })

export const ObjectHistory = Schema.Struct({
  kind: Schema.Literal("user", "group"),
  name: Schema.String,
  object_key: Schema.String,
  exists: Schema.NullOr(Schema.Boolean).annotations({
    description: "Whether the source directory has it; null: that does not answer."
  }),
  school_authorities: Schema.Array(ObjectAtAuthority),
  history: Schema.Array(Entry).annotations({ description: "The newest twenty entries, the newest first." })
}).annotations({
  identifier: "ObjectHistory",
  examples: [
    {
      ...anObject,
      exists: true,
      school_authorities: [{ name: "Traeger1", holds: true, last_delivery: anEntry, waiting: null }],
      history: [anEntry]
    }
  ]
})

export const ObjectExport = Schema.Struct({
  kind: Schema.Literal("user", "group"),
  name: Schema.String,
  object_key: Schema.String,
  exported_at: Schema.String,
  previous_state: Schema.NullOr(Schema.Unknown).annotations({ description: "What is remembered between two changes." }),
  delivered_to: Schema.Array(Schema.String),
  items: Schema.Array(Schema.Struct({ school_authority: Schema.String, ...ItemDetails.fields })),
  history: Schema.Array(Entry)
}).annotations({
  identifier: "ObjectExport",
  description: "All that the connector keeps about a person or class.",
  examples: [
    {
      ...anObject,
      exported_at: "2026-02-04T08:00:00.000Z",
      previous_state: { record_uid: "anna", source_uid: "TESTID", schools: ["DEMOSCHOOL"] },
      delivered_to: ["Traeger1"],
      items: [],
      history: [anEntry]
    }
  ]
})

const anAudited = {
  id: 4711,
  at: "2026-02-03T04:05:06.789Z",
  by: "admin",
  address: "10.0.0.1",
  action: "queues.pause",
  subject: "Traeger1",
  status: 200,
  request_id: "0b8a5c5e-0000-4000-8000-000000000001"
} as const

export const AuditEntry = Schema.Struct({
  id: Schema.Int,
  at: Schema.String,
  by: Schema.String.annotations({
    description:
      "User name; file: a configuration file was changed by hand; id-connector COMMAND (USER): a command that works on the files, and the user of the operating system."
  }),
  address: Schema.NullOr(Schema.String).annotations({ description: "null: on the connector's own machine." }),
  action: Schema.String,
  subject: Schema.NullOr(Schema.String),
  status: Schema.NullOr(Schema.Int).annotations({ description: "HTTP status of the answer; null: it was no request." }),
  request_id: Schema.NullOr(Schema.String)
}).annotations({
  identifier: "AuditEntry",
  examples: [anAudited]
})

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const time = (description: string) =>
  optional(
    Schema.compose(
      Schema.String.annotations({ description, examples: ["2026-02-03T04:05:06Z"] }),
      Schema.DateFromString
    ).pipe(Schema.filter((date) => !Number.isNaN(date.getTime()) || "a time like 2026-02-03T04:05:06Z is expected"))
  )

const page = {
  since: time("Only what happened since then: 2026-02-03, or 2026-02-03T04:05:06Z."),
  until: time("Only what happened until then."),
  before: optional(
    Schema.NumberFromString.pipe(Schema.int()).annotations({ description: "Only those before this id: the next page." })
  ),
  limit: optional(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1_000)).annotations({
      description: "At most so many, 1 to 1000. Without it 50, and as JSON lines all."
    })
  )
}

const kind = Schema.Literal("user", "group").annotations({ description: "user or group" })

/** Which entries. */
export const HistoryParams = Schema.Struct({
  name: optional(
    Schema.String.annotations({
      description: "User or group name, without regard to case; with what else the same objects were called.",
      examples: ["anna"]
    })
  ),
  object: optional(Schema.String.annotations({ description: "The object_key of an object: user:<entryUUID>." })),
  kind: optional(kind),
  school_authority: optional(
    Schema.String.annotations({ description: "Only what this school authority got, or did not." })
  ),
  entry: optional(
    Schema.Literal(...entries).annotations({
      description:
        "decided: who gets a change; delivered; failed: will be tried again; given_up: a dead letter; held: a deletion to be confirmed; acted: somebody did something."
    })
  ),
  outcome: optional(Schema.Literal(...searchable).annotations({ description: "How it ended." })),
  ...page
})

/** Which entries of the audit log. */
export const AuditParams = Schema.Struct({
  by: optional(Schema.String.annotations({ description: "User name of who did it." })),
  about: optional(
    Schema.String.annotations({
      description: "What it was done to, without regard to case: a school authority (with its items), a user, a class.",
      examples: ["Traeger1"]
    })
  ),
  ...page
})

const ofObject = Schema.Struct({
  kind,
  name: Schema.String.annotations({ description: "A user or group name, or an entryUUID.", examples: ["anna"] })
})

const asLines =
  "With Accept: application/jsonl (or application/x-ndjson) all that fit come as they are read, one object per line. A connection that breaks off, without the last chunk of its answer, says that they are not all."

export class HistoryApi extends HttpApiGroup.make("history")
  .add(
    HttpApiEndpoint.get("list", "/history")
      .setUrlParams(HistoryParams)
      .addSuccess(Schema.Array(Entry))
      .annotate(OpenApi.Summary, "Who got what, when and why")
      .annotate(
        OpenApi.Description,
        `The newest first. The next page is that before the last id of this one (before=...). ${asLines}`
      )
      .annotate(OpenApi.Transform, JsonLines.alsoLines(anEntry))
  )
  .add(
    HttpApiEndpoint.get("get", "/history/:id")
      .setPath(
        Schema.Struct({
          id: Schema.compose(
            Schema.String.annotations({ description: "The id of an entry.", examples: ["815"] }),
            Schema.NumberFromString
          ).pipe(Schema.int())
        })
      )
      .addSuccess(Entry)
      .annotate(OpenApi.Summary, "One entry")
      .annotate(OpenApi.Description, "By the id that stands in the list.")
  )
  .add(
    HttpApiEndpoint.get("object", "/objects/:kind/:name")
      .setPath(ofObject)
      .addSuccess(ObjectHistory)
      .annotate(
        OpenApi.Summary,
        "One user or class: what every school authority holds, what waits and for what, and what happened"
      )
      .annotate(OpenApi.Description, "Who looks at this is written down: see GET /audit.")
  )
  .add(
    HttpApiEndpoint.get("export", "/objects/:kind/:name/export")
      .setPath(ofObject)
      .addSuccess(ObjectExport)
      .annotate(OpenApi.Summary, "All that is kept about a person or class")
      .annotate(OpenApi.Description, "For requests of the person (Art. 15 GDPR). Password hashes are not in it.")
  )
  .add(
    HttpApiEndpoint.del("erase", "/objects/:kind/:name")
      .setPath(ofObject)
      .addSuccess(
        Schema.Struct({ entries: Schema.Int }).annotations({ identifier: "Erased", examples: [{ entries: 12 }] })
      )
      .addError(RefusedBody)
      .annotate(OpenApi.Summary, "Forget a person who is gone")
      .annotate(
        OpenApi.Description,
        "Removes history and previous state (Art. 17 GDPR). Refused while the source directory has the person, a school authority holds it, or a change of it waits: it could not be removed there any more."
      )
  )
  .add(
    HttpApiEndpoint.get("audit", "/audit")
      .setUrlParams(AuditParams)
      .addSuccess(Schema.Array(AuditEntry))
      .annotate(OpenApi.Summary, "Who did what")
      .annotate(
        OpenApi.Description,
        `What was changed by API, command or file, and whose history was looked at; the newest first. ${asLines}`
      )
      .annotate(OpenApi.Transform, JsonLines.alsoLines(anAudited))
  )
  .addError(NotFoundBody)
  .addError(FailedBody)
  .middleware(Authentication)
  .prefix("/v1")
  .annotate(OpenApi.Title, "History") {}
