/**
 * Who gets a change: decides which school authorities are concerned, and says why. A total function of the object, the
 * mapping and the names of the authorities.
 *
 * - A changed user goes to every authority that a current school maps to, and to every authority that a previous school
 *   maps to, so that an authority the user has left can remove it there. A removed user: the previous schools.
 * - A group goes to the authority of its school if it is a school class, and to those of the schools that it has left; other
 *   groups go nowhere.
 * - What was removed goes to every authority that has it, or is to get it still, whatever the mapping says by now.
 * - Exam accounts go nowhere.
 * - Inactive authorities get their items, too: these wait. So do those of authorities that are not configured: somebody may have
 *   moved a file away, or written the mapping first.
 */
import { Option, Schema } from "effect"
import {
  type GroupObject,
  isExamAccount,
  isUser,
  type ListenerObject,
  type UserObject
} from "../changes/ListenerObject.js"
import { AuthorityName, type SchoolAuthority } from "../schools/SchoolAuthority.js"
import * as SchoolClass from "../schools/SchoolClass.js"
import type { SchoolMapping } from "../schools/SchoolMapping.js"
import * as SchoolName from "../schools/SchoolName.js"
import type { DirectoryLayout } from "../schools/SourceDomain.js"

/** Why an authority is concerned. */
export const Because = Schema.Union(
  Schema.TaggedStruct("CurrentSchool", { school: Schema.String }),
  Schema.TaggedStruct("PreviousSchool", { school: Schema.String }),
  Schema.TaggedStruct("SchoolOfClass", { school: Schema.String }),
  Schema.TaggedStruct("AddedByPlugin", { plugin: Schema.String }),
  /** It was removed, and the authority has it, or is to get it, whatever the mapping says by now. */
  Schema.TaggedStruct("DeliveredBefore", {})
)
export type Because = typeof Because.Type

/** Something that would have made an authority concerned, and does not, or not now. */
export const Ignored = Schema.Union(
  Schema.TaggedStruct("SchoolNotMapped", { school: Schema.String }),
  Schema.TaggedStruct("UnknownAuthority", { authority: Schema.String, named: Schema.String }),
  Schema.TaggedStruct("NotASchoolClass", { dn: Schema.String }),
  Schema.TaggedStruct("NoPreviousState", { dn: Schema.String, id: Schema.String }),
  Schema.TaggedStruct("ExamAccount", {})
)
export type Ignored = typeof Ignored.Type

/** A school authority that gets the change, and why. */
export interface Recipient {
  readonly authority: AuthorityName
  /** At least one reason. */
  readonly because: ReadonlyArray<Because>
}

export interface Distribution {
  /** In the order of the reasons, each authority once. */
  readonly recipients: ReadonlyArray<Recipient>
  readonly ignored: ReadonlyArray<Ignored>
}

/** What an authority's name is taken from: a school by the mapping, or a plugin. */
interface Claim {
  readonly authority: string
  readonly because: Because
}

/** What the decision is made from, besides the change itself. */
export interface Facts {
  readonly mapping: SchoolMapping
  /** All that are configured, active or not, see {@link byName}. */
  readonly authorities: ReadonlyMap<string, AuthorityName>
  readonly layout: DirectoryLayout
  /** Authorities that plugins add. */
  readonly added: ReadonlyArray<{ readonly plugin: string; readonly authority: string }>
  /** Of what was removed: the authorities that have it, or have an item of it. */
  readonly concerned: ReadonlyArray<AuthorityName>
}

const isAuthorityName = Schema.is(AuthorityName)

/** For many objects once: there may be hundreds of authorities. */
export const byName = (authorities: ReadonlyArray<SchoolAuthority>): Facts["authorities"] =>
  new Map(authorities.map(({ name }) => [name, name]))

/** Which school authorities get the change, and why. */
export const distribute = (object: ListenerObject, facts: Facts): Distribution => {
  if (isUser(object) && isExamAccount(object)) return { recipients: [], ignored: [{ _tag: "ExamAccount" }] }
  const ignored: Array<Ignored> = []
  const claims: Array<Claim> = []
  for (const because of reasonsFor(object, facts.layout, ignored)) {
    const authority = facts.mapping.authorityOf(because.school)
    if (authority === undefined) ignored.push({ _tag: "SchoolNotMapped", school: because.school })
    else claims.push({ authority, because })
  }
  for (const { authority, plugin } of facts.added) {
    claims.push({ authority, because: { _tag: "AddedByPlugin", plugin } })
  }
  if (object._tag === "RemovedGroup" || (object._tag === "RemovedUser" && object.previous !== null)) {
    for (const authority of facts.concerned) {
      if (!claims.some((claim) => claim.authority === authority)) {
        claims.push({ authority, because: { _tag: "DeliveredBefore" } })
      }
    }
  }
  const recipients = new Map<AuthorityName, Array<Because>>()
  for (const { authority, because } of claims) {
    const configured = facts.authorities.get(authority)
    if (configured === undefined) {
      ignored.push({ _tag: "UnknownAuthority", authority, named: describeBecause(because) })
    }
    const name = configured ?? (isAuthorityName(authority) ? authority : undefined)
    if (name !== undefined) {
      const reasons = recipients.get(name)
      if (reasons === undefined) recipients.set(name, [because])
      else reasons.push(because)
    }
  }
  return { recipients: [...recipients].map(([authority, because]) => ({ authority, because })), ignored }
}

/** A school that makes its authority concerned. */
type SchoolReason = Extract<Because, { readonly school: string }>

const reasonsFor = (
  object: ListenerObject,
  layout: DirectoryLayout,
  ignored: Array<Ignored>
): ReadonlyArray<SchoolReason> => {
  switch (object._tag) {
    case "ChangedUser":
    case "RemovedUser":
      return reasonsForUser(object, ignored)
    case "ChangedGroup":
    case "RemovedGroup":
      return reasonsForGroup(object, layout, ignored)
  }
}

const reasonsForUser = (user: UserObject, ignored: Array<Ignored>): ReadonlyArray<SchoolReason> => {
  const reasons: Array<SchoolReason> = []
  const current = SchoolName.makeSet(user._tag === "ChangedUser" ? user.schools : [])
  for (const school of current.names) reasons.push({ _tag: "CurrentSchool", school })
  if (user.previous !== null) {
    for (const school of SchoolName.makeSet(user.previous.schools).names) {
      if (!current.has(school)) reasons.push({ _tag: "PreviousSchool", school })
    }
  } else if (user._tag === "RemovedUser") {
    ignored.push({ _tag: "NoPreviousState", dn: user.dn, id: user.id })
  }
  return reasons
}

const reasonsForGroup = (
  group: GroupObject,
  layout: DirectoryLayout,
  ignored: Array<Ignored>
): ReadonlyArray<SchoolReason> => {
  const now = Option.getOrNull(SchoolClass.fromDn(group.dn, layout))
  const before = (group.previous?.dns ?? []).flatMap((dn) => Option.toArray(SchoolClass.fromDn(dn, layout)))
  if (now === null && before.length === 0) ignored.push({ _tag: "NotASchoolClass", dn: group.dn })
  const current = SchoolName.makeSet(now === null ? [] : [now.school])
  const left = SchoolName.makeSet(before.map(({ school }) => school)).names.filter((school) => !current.has(school))
  return [
    ...current.names.map((school) => ({ _tag: "SchoolOfClass", school }) as const),
    ...left.map((school) => ({ _tag: "PreviousSchool", school }) as const)
  ]
}

/** Why a school authority gets the change, in words. */
export const describeBecause = (because: Because): string => {
  switch (because._tag) {
    case "CurrentSchool":
      return `school ${because.school}`
    case "PreviousSchool":
      return `former school ${because.school}`
    case "SchoolOfClass":
      return `class of school ${because.school}`
    case "AddedByPlugin":
      return `plugin ${because.plugin}`
    case "DeliveredBefore":
      return "delivered before"
  }
}

/** What was left out of account and why, in words. */
export const describeIgnored = (ignored: Ignored): string => {
  switch (ignored._tag) {
    case "SchoolNotMapped":
      return `school ${ignored.school} is mapped to no school authority`
    case "UnknownAuthority":
      return `school authority ${ignored.authority} (${ignored.named}) is not configured: the change waits until it is`
    case "NotASchoolClass":
      return "the group is no school class"
    case "NoPreviousState":
      return "no previous state is known, so the user cannot be removed at the school authorities"
    case "ExamAccount":
      return "exam accounts are not synchronised"
  }
}
