/**
 * Two undelivered changes of one object become one: the newest state is delivered, and the object is looked for at the
 * target under the *oldest* identity that was not delivered yet, because that is the one the target still has. A
 * delivery that was cut off may have written any state in between, so these identities are kept as aliases.
 */
import { isUser, type ListenerObject } from "../changes/ListenerObject.js"
import type { PreviousGroup, PreviousUser } from "../changes/PreviousState.js"

/** What is to be brought to a target: the state of one object, and what is needed to find it there. */
export interface DesiredState {
  /** `previous` is the oldest state that was not delivered; of a group it has the DNs in between, too. */
  readonly object: ListenerObject
  /** Identities the target may hold besides the previous and the current one, oldest first. Users only. */
  readonly aliases: ReadonlyArray<PreviousUser>
}

export const single = (object: ListenerObject): DesiredState => ({ object, aliases: [] })

/**
 * The one desired state that stands for `older` followed by `newer` of the same object.
 *
 * - The state is that of `newer`, the previous state that of `older`; where `older` had none, `newer`'s.
 * - Every identity in between is kept, once.
 * - A removal at the end is a removal. One that was taken back before it was delivered has not happened: what the target has
 *   of the object stays.
 */
export const merge = (older: DesiredState, newer: DesiredState): DesiredState => {
  switch (newer.object._tag) {
    case "ChangedUser":
    case "RemovedUser": {
      const before = isUser(older.object) ? older.object.previous : null
      const previous = before ?? newer.object.previous
      const between = [...older.aliases, newer.object.previous, ...newer.aliases]
      return { object: { ...newer.object, previous }, aliases: distinct(between, previous) }
    }
    case "ChangedGroup":
    case "RemovedGroup": {
      const before = isUser(older.object) ? null : older.object.previous
      return { object: { ...newer.object, previous: mergeGroups(before, newer.object.previous) }, aliases: [] }
    }
  }
}

const mergeGroups = (older: PreviousGroup | null, newer: PreviousGroup | null): PreviousGroup | null => {
  if (older === null || newer === null) return older ?? newer
  const dns = [...new Set([...(older.dns ?? []), ...(newer.dns ?? [])])]
  return dns.length === 0 ? older : { ...older, dns }
}

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
