/**
 * Objects that exchange what can belong to one only (user names, record UIDs, e-mail addresses, names of classes) can't be
 * delivered one after the other: each waits for another one. One of them steps aside: at the target it gets a temporary name,
 * the others go on, and then it does.
 */
import { Option } from "effect"
import * as Dn from "../schools/Dn.js"
import * as Belonging from "./Belonging.js"
import type { ChangedGroup } from "./ListenerObject.js"
import type { PreviousUser } from "./PreviousState.js"

/** What an object has at the target while it makes place for others. */
export interface Aside {
  /** Null: keeps the one it has. */
  readonly username: string | null
  readonly recordUid: string | null
  readonly hasNoEmail: boolean
  /** Of a class, without school. */
  readonly className: string | null
}

/**
 * What the object gives up to make place: everything that it has and does not need any more. Null: nothing, or it has stepped
 * aside before.
 */
export const aside = (desired: Belonging.Undelivered): Aside | null => {
  const { object } = desired
  if (object._tag === "RemovedUser" || object._tag === "RemovedGroup") return null
  const temporary = temporaryName(object.id)
  const given = Belonging.without(Belonging.before(desired), [
    ...Belonging.needs(object),
    { kind: "name", value: temporary },
    { kind: "record", value: temporaryRecordUid(object.id) },
    ...(object._tag === "ChangedGroup" ? [Belonging.ofClass(temporaryDn(object))] : [])
  ])
  if (given.length === 0) return null
  const gives = (kind: Belonging.Belonging["kind"]) => given.some((one) => one.kind === kind)
  return {
    username: gives("name") ? temporary : null,
    recordUid: gives("record") ? temporaryRecordUid(object.id) : null,
    hasNoEmail: gives("email"),
    className: gives("class") ? temporary : null
  }
}

/** What is to be delivered once the object has stepped aside. */
export const stepAside = <D extends Belonging.Undelivered>(desired: D): D => {
  const { aliases, object } = desired
  const made = aside(desired)
  if (made === null) return desired
  if (object._tag === "ChangedGroup") {
    const users = object.previous?.users ?? []
    return { ...desired, object: { ...object, previous: { users, dns: [temporaryDn(object)] } } }
  }
  if (object._tag !== "ChangedUser") return desired
  const [oldest, ...others] = Belonging.states(object.previous, aliases)
  if (oldest === undefined) return desired
  const moved = (state: PreviousUser): PreviousUser => {
    const { emails, username, ...rest } = state
    return {
      ...rest,
      record_uid: made.recordUid ?? state.record_uid,
      ...(username === undefined && made.username === null ? {} : { username: made.username ?? username ?? null }),
      ...(emails === undefined || made.hasNoEmail ? {} : { emails })
    }
  }
  return { ...desired, aliases: others.map(moved), object: { ...object, previous: moved(oldest) } }
}

/**
 * 14 characters: user names of students have 15 at most. Made of the entryUUID, so that it can be told again after a crash:
 * 50 bits of it, in which no two objects that step aside at the same time will agree.
 */
const temporaryName = (id: string): string => {
  let [high, low] = [0x811c9dc5, 0x01000193]
  for (const character of id.toLowerCase()) {
    const code = character.codePointAt(0) ?? 0
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low + code, 0x85ebca6b) ^ (low >>> 13)
  }
  const digits = (value: number) => (value >>> 0).toString(32).padStart(7, "0").slice(-5)
  return `idc-${digits(high)}${digits(low)}`
}

const temporaryRecordUid = (id: string): string => `idc-${id.toLowerCase()}`

/** The DN of a class while it has its temporary name. */
const temporaryDn = ({ dn, id }: ChangedGroup): string => {
  const [first = { attribute: "cn", value: "" }, ...rest] = Option.getOrElse(Dn.parse(dn), () => [])
  const school = Option.getOrElse(Dn.school(dn), () => "")
  return Dn.format([{ ...first, value: `${school}-${temporaryName(id)}` }, ...rest])
}
