/**
 * Two undelivered changes of one object become one: the newest state is delivered, and the object is looked for at the
 * target under the *oldest* identity that was not delivered yet, because that is the one the target still has. A
 * delivery that was cut off may have written any state in between, so these identities are kept as aliases.
 */
import { type ChangedGroup, type ChangedUser, isUser, type ListenerObject } from "../changes/ListenerObject.js"
import type { PreviousGroup, PreviousUser } from "../changes/PreviousState.js"
import { isEmpty } from "../mapping/AttributeMapping.js"

/** What is to be brought to a target: the state of one object, and what is needed to find it there. */
export interface DesiredState {
  /** `previous` is the oldest state that was not delivered; of a group it has the DNs in between, too. */
  readonly object: ListenerObject
  /** Identities the target may hold besides the previous and the current one, oldest first. Users only. */
  readonly aliases: ReadonlyArray<PreviousUser>
  /**
   * UDM properties that had a value in a state before this one that was not delivered, or only in part, and have none now:
   * the target may hold that value. In alphabetical order.
   */
  readonly hadValues: ReadonlyArray<string>
  /** Somebody has scheduled the object by hand: what can't be compared with what the target has is sent once more. */
  readonly sendAgain: boolean
}

export const single = (object: ListenerObject, sendAgain = false): DesiredState => ({
  object,
  aliases: [],
  hadValues: [],
  sendAgain
})

/**
 * The one desired state that stands for `older` followed by `newer` of the same object.
 *
 * - The state is that of `newer`, the previous state that of `older`; where `older` had none, `newer`'s.
 * - Every identity in between is kept, once.
 * - Properties that lost their value in between are remembered: delivered one after the other, they would have been given one
 *   and cleared.
 * - A removal at the end is a removal. One that was taken back before it was delivered has not happened: what the target has
 *   of the object stays.
 */
export const merge = (older: DesiredState, newer: DesiredState): DesiredState => {
  const common = { hadValues: lostValues(older, newer), sendAgain: older.sendAgain || newer.sendAgain }
  switch (newer.object._tag) {
    case "ChangedUser":
    case "RemovedUser": {
      const before = isUser(older.object) ? older.object.previous : null
      const previous = before ?? newer.object.previous
      const between = [...older.aliases, newer.object.previous, ...newer.aliases]
      return { object: { ...newer.object, previous }, aliases: distinct(between, previous), ...common }
    }
    case "ChangedGroup":
    case "RemovedGroup": {
      const before = isUser(older.object) ? null : older.object.previous
      const previous = mergeGroups(before, newer.object.previous)
      return { object: { ...newer.object, previous }, aliases: [], ...common }
    }
  }
}

const mergeGroups = (older: PreviousGroup | null, newer: PreviousGroup | null): PreviousGroup | null => {
  if (older === null || newer === null) return older ?? newer
  const dns = [...new Set([...(older.dns ?? []), ...(newer.dns ?? [])])]
  return dns.length === 0 ? older : { ...older, dns }
}
const lostValues = (older: DesiredState, newer: DesiredState): ReadonlyArray<string> => {
  const now = new Set(propertiesWithValue(newer.object))
  const before = [...older.hadValues, ...propertiesWithValue(older.object), ...newer.hadValues]
  return [...new Set(before.filter((property) => !now.has(property)))].sort()
}

const propertiesWithValue = (object: ListenerObject): ReadonlyArray<string> =>
  isChange(object)
    ? Object.entries(object.properties).flatMap(([property, value]) => (isEmpty(value) ? [] : [property]))
    : []

const isChange = (object: ListenerObject): object is ChangedUser | ChangedGroup =>
  object._tag === "ChangedUser" || object._tag === "ChangedGroup"

/** Whether two remembered states name the same account at a target, with the same things that are its own. */
const sameIdentity = (a: PreviousUser, b: PreviousUser): boolean =>
  a.record_uid === b.record_uid &&
  a.source_uid === b.source_uid &&
  a.username === b.username &&
  (a.emails ?? []).join("\n") === (b.emails ?? []).join("\n")

const distinct = (
  states: ReadonlyArray<PreviousUser | null>,
  except: PreviousUser | null
): ReadonlyArray<PreviousUser> => {
  const kept: Array<PreviousUser> = []
  for (const state of states) {
    if (state === null || (except !== null && sameIdentity(state, except))) continue
    if (!kept.some((other) => sameIdentity(other, state))) kept.push(state)
  }
  return kept
}
