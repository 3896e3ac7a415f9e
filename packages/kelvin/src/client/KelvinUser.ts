/** A user as a target has it. Schools, roles, guardians and wards are bare names here, URLs in the API. */
import { Schema } from "effect"
import { nameFromUrl } from "./KelvinUrl.js"

/** A URL (or a name already) that stands for a name. */
export const NameFromUrl = Schema.transform(Schema.String, Schema.String, {
  strict: true,
  decode: nameFromUrl,
  encode: (name) => name
})

const Names = Schema.Array(NameFromUrl)
const Memberships = Schema.Record({ key: Schema.String, value: Schema.Array(Schema.String) })
const Text = Schema.NullOr(Schema.String)
const missing = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Schema.optionalWith(schema, { default: () => value, nullable: true })

/** Undefined where the server has none, or null. */
const unknownHere = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** Older servers lack some fields, newer ones have more: only what identifies a user has to be there. */
export const KelvinUser = Schema.Struct({
  name: Schema.String,
  firstname: missing(Text, null),
  lastname: missing(Text, null),
  school: NameFromUrl,
  schools: Names,
  roles: Names,
  school_classes: missing(Memberships, {}),
  /** Undefined: the server does not know work groups of users (before 1.7.0), so none may be sent. */
  workgroups: unknownHere(Memberships),
  birthday: missing(Text, null),
  expiration_date: missing(Text, null),
  disabled: missing(Schema.Boolean, false),
  email: missing(Text, null),
  record_uid: missing(Text, null),
  source_uid: missing(Text, null),
  ucsschool_roles: missing(Schema.Array(Schema.String), []),
  udm_properties: missing(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {}),
  /** Undefined: the server does not know them (before 3.0.0) and would ignore them. */
  legal_guardians: unknownHere(Names),
  legal_wards: unknownHere(Names)
})
export type KelvinUser = typeof KelvinUser.Type
