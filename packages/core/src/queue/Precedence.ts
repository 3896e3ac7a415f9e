/**
 * Which items have to wait for which others of the same authority, though they are about other objects:
 *
 * - A school class waits for its own members, since a target refuses members it does not have. Its removal does, too: a target
 *   makes a class anew for a user who still has it.
 * - A user waits for another one that frees what it needs: an account that was removed and created anew has another
 *   entryUUID, but the same record UID or user name. The removal must not meet the new account.
 */
import { Option } from "effect"
import * as ListenerObject from "../changes/ListenerObject.js"
import type { PreviousUser } from "../changes/PreviousState.js"
import * as Dn from "../schools/Dn.js"
import * as SchoolName from "../schools/SchoolName.js"
import type { DesiredState } from "./Coalescing.js"

/** What can belong to one account only. Values in lower case: targets compare without regard to case. */
export interface Belonging {
  readonly kind: "record" | "name"
  readonly value: string
}

/** What is said of a class that was delivered, and will be once more. */
export const deliveredBeforeMembers =
  "Delivered before all changes of its members were: it is delivered once more after them."

/** By what items are named and found: user name or group name, in lower case. */
export const nameKey = (object: ListenerObject.ListenerObject): string => ListenerObject.label(object).toLowerCase()

/** The record UID and user name that the object has once it is delivered. */
export const needs = (object: ListenerObject.ListenerObject): ReadonlyArray<Belonging> =>
  object._tag === "ChangedUser" ? distinct([...record(object.recordUid), ...name(object.username)]) : []

/** The record UIDs and user names that belong to the object at the target until it is delivered, and perhaps not after it. */
export const frees = ({ aliases, object }: Pick<DesiredState, "object" | "aliases">): ReadonlyArray<Belonging> => {
  if (!ListenerObject.isUser(object)) return []
  const states = object.previous === null ? aliases : [object.previous, ...aliases]
  // Most people are new, or as they were.
  if (states.length === 0 && object._tag === "ChangedUser") return []
  const before = states.flatMap((state) => [...record(state.record_uid), ...name(state.username ?? null)])
  if (object._tag === "RemovedUser") {
    return distinct([...before, ...name(Option.getOrNull(Dn.firstValue(object.dn)))])
  }
  const after = needs(object)
  if (leavesASchool(object, states)) return distinct([...before, ...after])
  return distinct(before.filter((one) => !after.some((other) => isSame(one, other))))
}

/** The names of the users that a class refers to, or referred to before it was removed, in lower case. */
export const members = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => [
  ...new Set(
    memberDns(object)
      .flatMap((dn) => Option.toArray(Dn.firstValue(dn)))
      .map((one) => one.toLowerCase())
  )
]

const memberDns = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => {
  switch (object._tag) {
    case "ChangedGroup":
      return object.members
    case "RemovedGroup":
      return object.previous?.users ?? []
    case "ChangedUser":
    case "RemovedUser":
      return []
  }
}

/** The authority of that school may remove the account. */
const leavesASchool = (user: ListenerObject.ChangedUser, states: ReadonlyArray<PreviousUser>): boolean => {
  const current = SchoolName.makeSet(user.schools)
  return states.some(({ schools }) => schools.some((school) => !current.has(school)))
}

const record = (value: string | null): ReadonlyArray<Belonging> =>
  value ? [{ kind: "record", value: value.toLowerCase() }] : []

const name = (value: string | null): ReadonlyArray<Belonging> =>
  value ? [{ kind: "name", value: value.toLowerCase() }] : []

const isSame = (a: Belonging, b: Belonging): boolean => a.kind === b.kind && a.value === b.value

const distinct = (all: ReadonlyArray<Belonging>): ReadonlyArray<Belonging> =>
  all.length < 2 ? all : all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
