/**
 * Which items have to wait for which others of the same authority, though they are about other objects:
 *
 * - A school class waits for its own members, since a target refuses members it does not have. Its removal does, too: a target
 *   makes a class anew for a user who still has it.
 * - An item waits for another one that frees what it needs: a user name, record UID or e-mail address, or the name of a class.
 *   An account that was removed and created anew has another entryUUID, but the same record UID or user name; the removal
 *   must not meet the new account.
 * - Items that wait for each other in a circle exchange what they need: one of them steps aside (see `Aside`).
 */
import { Option } from "effect"
import * as Belonging from "../changes/Belonging.js"
import * as ListenerObject from "../changes/ListenerObject.js"
import type { PreviousUser } from "../changes/PreviousState.js"
import * as Dn from "../schools/Dn.js"
import * as SchoolName from "../schools/SchoolName.js"

/** What is said of a class that was delivered, and will be once more. */
export const deliveredBeforeMembers =
  "Delivered while changes of its members were still waiting: it will be delivered again after them."

/** By what items are named and found: user name or group name, in lower case and NFC. */
export const nameKey = (object: ListenerObject.ListenerObject): string => Belonging.folded(ListenerObject.label(object))

/** What belongs to the object at the target until it is delivered, and perhaps not after it. */
export const frees = (undelivered: Belonging.Undelivered): ReadonlyArray<Belonging.Belonging> => {
  const { aliases, object } = undelivered
  // Most people are new, or as they were.
  if (object._tag === "ChangedUser" && object.previous === null && aliases.length === 0) return []
  const before = Belonging.before(undelivered)
  switch (object._tag) {
    case "RemovedUser":
      return Belonging.distinct([...before, ...Belonging.make("name", Option.getOrNull(Dn.firstValue(object.dn)))])
    case "RemovedGroup":
      return Belonging.distinct([...before, Belonging.ofClass(object.dn)])
    case "ChangedGroup":
      return before.length === 0 ? [] : Belonging.without(before, Belonging.needs(object))
    case "ChangedUser": {
      const after = Belonging.needs(object)
      return leavesASchool(object, Belonging.states(object.previous, aliases))
        ? Belonging.distinct([...before, ...after])
        : Belonging.without(before, after)
    }
  }
}

/** The names of the users that a class refers to, or referred to before it was removed, in lower case and NFC. */
export const members = (object: ListenerObject.ListenerObject): ReadonlyArray<string> => [
  ...new Set(
    memberDns(object)
      .flatMap((dn) => Option.toArray(Dn.firstValue(dn)))
      .map(Belonging.folded)
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
