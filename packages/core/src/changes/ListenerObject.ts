/**
 * A change of a user or group of the source directory, as a listener file describes it:
 * `{"id": entryUUID, "dn", "udm_object_type", "object": {UDM properties} | null, "options": [...] | null}`.
 * `object: null` means removed, and so does `action: "delete"` without an object. Extra keys are ignored. A file that was preprocessed already (`*_ready.json`) carries
 * `old_data` and `user_passwords`; the queues store objects in that same form.
 */
import { Array as Arr, Either, Option, type ParseResult, Redacted, Schema } from "effect"
import { type PasswordHashes, PlainPasswordHashes } from "../directory/PasswordHashes.js"
import * as Problems from "../input/Problems.js"
import * as Dn from "../schools/Dn.js"
import * as SchoolName from "../schools/SchoolName.js"
import * as SchoolRole from "../schools/SchoolRole.js"
import * as FileLimits from "./FileLimits.js"
import { isPlainUser, type PlainUser } from "./PlainUser.js"
import { PreviousGroup, PreviousUser } from "./PreviousState.js"

/** UDM properties as the listener wrote them. */
export type UdmProperties = { readonly [property: string]: unknown }

interface Identified {
  /** The entryUUID: stays the same for the whole life of an object. */
  readonly id: string
  readonly dn: string
}

/** A user that was created or changed. */
export interface ChangedUser extends Identified {
  readonly _tag: "ChangedUser"
  readonly username: string
  /** At least one. */
  readonly schools: ReadonlyArray<string>
  readonly recordUid: string | null
  readonly sourceUid: string | null
  /** From the UDM options: what the user is. */
  readonly roles: ReadonlyArray<SchoolRole.Role>
  /** From `ucsschoolRole`: what the user is at which school. */
  readonly contextRoles: ReadonlyArray<SchoolRole.ContextRole>
  readonly options: ReadonlyArray<string>
  readonly properties: UdmProperties
  readonly previous: PreviousUser | null
  readonly hashes: PasswordHashes | null
}

/** A user that was removed. */
export interface RemovedUser extends Identified {
  readonly _tag: "RemovedUser"
  readonly previous: PreviousUser | null
  /**
   * Not null: the user is there, and has lost school options, roles and schools. If it ever was a school user (there is a
   * previous state), it is removed at the targets; if not, these are the reasons why it is not synchronised.
   */
  readonly former: Reasons | null
}

/** A group that was created or changed. */
export interface ChangedGroup extends Identified {
  readonly _tag: "ChangedGroup"
  readonly name: string
  /** DNs, those of exam accounts left out. */
  readonly members: ReadonlyArray<string>
  readonly options: ReadonlyArray<string>
  readonly properties: UdmProperties
  readonly previous: PreviousGroup | null
}

/** A group that was removed. */
export interface RemovedGroup extends Identified {
  readonly _tag: "RemovedGroup"
  readonly previous: PreviousGroup | null
}

/** A change of a user, whichever. */
export type UserObject = ChangedUser | RemovedUser
/** A change of a group, whichever. */
export type GroupObject = ChangedGroup | RemovedGroup
export type ListenerObject = UserObject | GroupObject

/** Whether the change is one of a user. */
export const isUser = (object: ListenerObject): object is UserObject =>
  object._tag === "ChangedUser" || object._tag === "RemovedUser"

/** What names the object in the queues, whatever becomes of its names: kind and entryUUID. */
export const objectKey = (object: ListenerObject): string =>
  `${isUser(object) ? "user" : "group"}:${object.id.toLowerCase()}`

/** A short name for people: user name or group name, from the DN where the object itself has gone. */
export const label = (object: ListenerObject): string => {
  if (object._tag === "ChangedUser") return object.username
  if (object._tag === "ChangedGroup") return object.name
  return Option.getOrElse(Dn.firstValue(object.dn), () => object.dn)
}

/**
 * The school in whose part of the directory the user lies, if it is one of the user's schools; else the alphabetically
 * first of them (`fromDn` is false then: the data is not in order).
 */
export const primarySchool = (user: ChangedUser): { readonly school: string; readonly fromDn: boolean } => {
  const ou = Option.getOrUndefined(Option.map(Dn.school(user.dn), SchoolName.key))
  const inDn = user.schools.find((school) => SchoolName.key(school) === ou)
  if (inDn !== undefined) return { school: inDn, fromDn: true }
  return { school: [...user.schools].sort(SchoolName.byCodePoint)[0] ?? "", fromDn: false }
}

/** Identity and schools of a user as they are to be remembered until the next change. */
export const userState = (user: ChangedUser): PreviousUser => {
  const state = {
    schools: user.schools,
    record_uid: user.recordUid,
    source_uid: user.sourceUid,
    username: user.username
  }
  const emails = emailsOf(user)
  return emails.length === 0 ? state : { ...state, emails }
}

/** The addresses that a mapping may send as the user's e-mail address: a target gives an address to one account only. */
export const emailsOf = ({ properties }: Pick<ChangedUser, "properties">): ReadonlyArray<string> => {
  const contact = properties["e-mail"]
  const all = [properties.mailPrimaryAddress, Array.isArray(contact) ? contact[0] : contact]
  return all.filter((one, index): one is string => typeof one === "string" && one !== "" && all.indexOf(one) === index)
}

/** Copies of pupils for an hour, sometimes with the pupil's record UID: they are not synchronised. */
export const isExamAccount = (user: UserObject): boolean => {
  if (isExamDn(user.dn)) return true
  if (user._tag === "RemovedUser") return false
  const roles = user.properties.ucsschoolRole
  const all = Array.isArray(roles) ? roles : [roles]
  return all.length > 0 && all.every((role) => typeof role === "string" && /^exam_user:/i.test(role))
}

/** A place of the directory that only exam accounts are in. */
const isExamDn = (dn: string): boolean => /(^|,)\s*cn\s*=\s*examusers\s*(,|$)/i.test(dn)

/** The user as one that was removed: for who must not have it any more. */
export const asRemoved = (user: ChangedUser): RemovedUser => ({
  _tag: "RemovedUser",
  id: user.id,
  dn: user.dn,
  previous: user.previous ?? userState(user),
  former: null
})

/** What is remembered of a group for its next change. */
export const groupState = (group: ChangedGroup): PreviousGroup => ({ users: group.members, dns: [group.dn] })

// --- decoding: every reason, not only the first ---------------------------------------------------------------------

const Text = Schema.NonEmptyString
const OptionalText = Schema.optional(Schema.NullOr(Schema.String))
const Strings = Schema.Array(Schema.String)

// Without a message of its own a failed refinement would print the hashes.
const StoredHashes = Schema.optional(
  Schema.NullOr(PlainPasswordHashes).annotations({
    message: () => ({ message: "is not the five password hashes (value not shown)", override: true })
  })
)

const UserOptions = Strings.pipe(
  Schema.filter((options) => options.includes("default") || 'must contain "default"'),
  Schema.filter(
    (options) =>
      SchoolRole.userOptions.some((option) => options.includes(option)) ||
      `must contain at least one of ${SchoolRole.userOptions.join(", ")} (unknown role)`
  )
)

const Head = { id: Text, dn: Text }

// Of the UDM properties only these are checked; all of them are kept (see `changedUser`).
const ChangedUserFile = Schema.Struct({
  ...Head,
  options: UserOptions,
  object: Schema.Struct({
    username: Text,
    school: Schema.NonEmptyArray(Text),
    ucsschoolRecordUID: OptionalText,
    ucsschoolSourceUID: OptionalText,
    ucsschoolRole: Schema.optional(Schema.NullOr(Schema.Union(Schema.String, Strings)))
  }),
  old_data: Schema.optional(Schema.NullOr(PreviousUser)),
  user_passwords: StoredHashes
})

const ChangedGroupFile = Schema.Struct({
  ...Head,
  options: Schema.optional(Schema.NullOr(Strings)),
  object: Schema.Struct({ name: Text, users: Strings }),
  old_data: Schema.optional(Schema.NullOr(PreviousGroup))
})

const RemovedUserFile = Schema.Struct({ ...Head, old_data: Schema.optional(Schema.NullOr(PreviousUser)) })
const RemovedGroupFile = Schema.Struct({ ...Head, old_data: Schema.optional(Schema.NullOr(PreviousGroup)) })
const AnyFile = Schema.Struct(Head)

const all = { errors: "all" } as const
const decodeChangedUser = Schema.decodeUnknownEither(ChangedUserFile, all)
const decodeChangedGroup = Schema.decodeUnknownEither(ChangedGroupFile, all)
const decodeRemovedUser = Schema.decodeUnknownEither(RemovedUserFile, all)
const decodeRemovedGroup = Schema.decodeUnknownEither(RemovedGroupFile, all)
const decodeAny = Schema.decodeUnknownEither(AnyFile, all)

/** The types of objects the connector understands. */
export const objectTypes = ["users/user", "groups/group"] as const

/** Why a text or value is no listener object, each reason with the place it is about. */
export type Reasons = Arr.NonEmptyReadonlyArray<string>

/** Reads parsed JSON. Total: whatever the value is, the answer is an object or all reasons why it is none. */
export const decode = (json: unknown): Either.Either<ListenerObject, Reasons> =>
  decodeSized(json, Number.POSITIVE_INFINITY)

/** Parsed from a text of this length. */
const decodeSized = (json: unknown, length: number): Either.Either<ListenerObject, Reasons> => {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return Either.left(["the content is not a JSON object"])
  }
  const record = json as { readonly [key: string]: unknown }
  const tooDeep = FileLimits.tooDeep(record, length)
  const tooLarge = tooDeep === null ? FileLimits.tooLong(record) : [tooDeep]
  if (Arr.isNonEmptyReadonlyArray(tooLarge)) return Either.left(tooLarge)
  return decodeObject(isNothing(record.old_data) || isNothing(record.user_passwords) ? withoutNothing(record) : record)
}

/** Preprocessed files say "nothing known" with null or with an empty object. */
const withoutNothing = ({ old_data, user_passwords, ...json }: { readonly [key: string]: unknown }) => ({
  old_data: isNothing(old_data) ? null : old_data,
  user_passwords: isNothing(user_passwords) ? null : user_passwords,
  ...json
})

const isNothing = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0

const decodeObject = (json: { readonly [key: string]: unknown }): Either.Either<ListenerObject, Reasons> => {
  const type = json.udm_object_type
  // A removal that the Python connector has preprocessed lost the key.
  const object = json.object === undefined && json.action === "delete" ? null : json.object
  if (type !== "users/user" && type !== "groups/group") {
    const others = Either.match(decodeAny(json), { onLeft: reasons, onRight: (): ReadonlyArray<string> => [] })
    return Either.left([
      type === undefined
        ? `udm_object_type: is missing (understood are ${objectTypes.join(" and ")})`
        : `udm_object_type: ${Problems.cut(JSON.stringify(type))} is not understood (understood are ${objectTypes.join(" and ")})`,
      ...others
    ])
  }
  if (type === "users/user") {
    if (isPlainUser(json)) return Either.right(changedUser(json, propertiesOf(object)))
    return object === null
      ? Either.mapBoth(decodeRemovedUser(json), { onLeft: reasons, onRight: (file) => removedUser(file, null) })
      : Either.orElse(
          Either.mapBoth(decodeChangedUser(json), {
            onLeft: reasons,
            onRight: (file) => changedUser(file, propertiesOf(object))
          }),
          (unfit) =>
            isFormer(json)
              ? Either.mapBoth(decodeRemovedUser(json), {
                  onLeft: () => unfit,
                  onRight: (file) => removedUser(file, unfit)
                })
              : Either.left(unfit)
        )
  }
  return object === null
    ? Either.mapBoth(decodeRemovedGroup(json), { onLeft: reasons, onRight: removedGroup })
    : Either.mapBoth(decodeChangedGroup(json), {
        onLeft: reasons,
        onRight: (file) => changedGroup(file, propertiesOf(object))
      })
}

/** Nothing of the school is left: neither options, nor roles, nor schools. */
const isFormer = ({ object, options }: { readonly [key: string]: unknown }): boolean => {
  if (!isRecord(object) || !Array.isArray(options)) return false
  return (
    !SchoolRole.userOptions.some((option) => options.includes(option)) &&
    isEmpty(object.school) &&
    isEmpty(object.ucsschoolRole)
  )
}

const isRecord = (value: unknown): value is UdmProperties =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)

/** Why a file's text is no listener object. */
export interface Unreadable {
  readonly reasons: Reasons
  /** The JSON breaks off at the end of the text: somebody may still be writing it. */
  readonly breaksOff: boolean
}

/** {@link decode} of a text. */
export const decodeText = (text: string): Either.Either<ListenerObject, Unreadable> =>
  Either.flatMap(Either.try({ try: (): unknown => JSON.parse(text), catch: (cause) => notJson(text, cause) }), (json) =>
    Either.mapLeft(decodeSized(json, text.length), (reasons) => ({ reasons, breaksOff: false }))
  )

/** V8 says at which position it stopped, or that the input ended: the only sign that tells "not yet" from "never". */
const notJson = (text: string, cause: unknown): Unreadable => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const position = /at position (\d+)/.exec(message)?.[1]
  return {
    reasons: [`the content is not JSON: ${Problems.cut(message)}`],
    breaksOff:
      message.startsWith("Unexpected end") || (position !== undefined && Number(position) >= text.trimEnd().length)
  }
}

/**
 * The object in the form of a preprocessed listener file. It holds the password hashes in clear: it is for the storage
 * only.
 */
export const encode = (object: ListenerObject): unknown => {
  const head = {
    id: object.id,
    dn: object.dn,
    udm_object_type: isUser(object) ? "users/user" : "groups/group",
    old_data: object.previous
  }
  switch (object._tag) {
    case "ChangedUser":
      return {
        object: object.properties,
        options: object.options,
        user_passwords: object.hashes === null ? null : Redacted.value(object.hashes),
        ...head
      }
    case "ChangedGroup":
      return { object: object.properties, options: object.options, ...head }
    case "RemovedUser":
    case "RemovedGroup":
      return { object: null, options: null, ...head }
  }
}

/** The object was checked to be a record before. */
const propertiesOf = (object: unknown): UdmProperties => object as UdmProperties

const changedUser = (file: PlainUser | typeof ChangedUserFile.Type, properties: UdmProperties): ChangedUser => ({
  _tag: "ChangedUser",
  id: file.id,
  dn: file.dn,
  username: file.object.username,
  schools: file.object.school,
  recordUid: file.object.ucsschoolRecordUID ?? null,
  sourceUid: file.object.ucsschoolSourceUID ?? null,
  roles: SchoolRole.fromOptions(file.options),
  contextRoles: SchoolRole.parseAll(file.object.ucsschoolRole),
  options: file.options,
  properties,
  previous: file.old_data ?? null,
  hashes: file.user_passwords === null || file.user_passwords === undefined ? null : Redacted.make(file.user_passwords)
})

const changedGroup = (file: typeof ChangedGroupFile.Type, properties: UdmProperties): ChangedGroup => ({
  _tag: "ChangedGroup",
  id: file.id,
  dn: file.dn,
  name: file.object.name,
  members: file.object.users.filter((dn) => !isExamDn(dn)),
  options: file.options ?? [],
  properties,
  previous: file.old_data ?? null
})

const removedUser = (file: typeof RemovedUserFile.Type, former: Reasons | null): RemovedUser => ({
  _tag: "RemovedUser",
  id: file.id,
  dn: file.dn,
  previous: file.old_data ?? null,
  former
})

const removedGroup = (file: typeof RemovedGroupFile.Type): RemovedGroup => ({
  _tag: "RemovedGroup",
  id: file.id,
  dn: file.dn,
  previous: file.old_data ?? null
})

const reasons = (error: ParseResult.ParseError): Reasons => {
  const found = Problems.describe(error)
  return Arr.isNonEmptyReadonlyArray(found) ? found : ["the content does not fit"]
}
