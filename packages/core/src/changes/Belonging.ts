/**
 * What can belong to one object of a target only: who is to have it waits until the one who has it gives it up.
 */

import * as Dn from "../schools/Dn.js"
import type { GroupObject, ListenerObject, UserObject } from "./ListenerObject.js"
import * as Listener from "./ListenerObject.js"
import type { PreviousUser } from "./PreviousState.js"

/** Values in lower case and NFC: targets compare without regard to case. */
export interface Belonging {
  /** `class`: the DN of a class, which has school and name. */
  readonly kind: "record" | "name" | "email" | "class"
  readonly value: string
}

/** An object, and the identities that a target may have it under besides the previous and the current one. */
export interface Undelivered {
  readonly object: ListenerObject
  readonly aliases: ReadonlyArray<PreviousUser>
}

/** How names and addresses are compared. */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase()

/** What the object has once it is delivered. */
export const needs = (object: ListenerObject): ReadonlyArray<Belonging> => {
  switch (object._tag) {
    case "ChangedUser":
      return distinct([
        ...make("record", object.recordUid),
        ...make("name", object.username),
        ...Listener.emailsOf(object).flatMap((email) => make("email", email))
      ])
    case "ChangedGroup":
      return [ofClass(object.dn)]
    case "RemovedUser":
    case "RemovedGroup":
      return []
  }
}

/** What the target has of the object, as far as it was delivered. */
export const before = ({ aliases, object }: Undelivered): ReadonlyArray<Belonging> =>
  Listener.isUser(object) ? ofUser(object, aliases) : ofGroup(object)

const ofUser = ({ previous }: UserObject, aliases: ReadonlyArray<PreviousUser>): ReadonlyArray<Belonging> =>
  states(previous, aliases).flatMap((state) => [
    ...make("record", state.record_uid),
    ...make("name", state.username ?? null),
    ...(state.emails ?? []).flatMap((email) => make("email", email))
  ])

const ofGroup = ({ previous }: GroupObject): ReadonlyArray<Belonging> => (previous?.dns ?? []).map(ofClass)

/** All states that the target may have a user in, the oldest first. */
export const states = (
  previous: PreviousUser | null,
  aliases: ReadonlyArray<PreviousUser>
): ReadonlyArray<PreviousUser> => (previous === null ? aliases : [previous, ...aliases])

/** Of a value that may be missing. */
export const make = (kind: Belonging["kind"], value: string | null): ReadonlyArray<Belonging> =>
  value ? [{ kind, value: folded(value) }] : []

export const ofClass = (dn: string): Belonging => ({ kind: "class", value: Dn.key(dn) })

const isSame = (a: Belonging, b: Belonging): boolean => a.kind === b.kind && a.value === b.value

export const without = (all: ReadonlyArray<Belonging>, others: ReadonlyArray<Belonging>): ReadonlyArray<Belonging> =>
  distinct(all.filter((one) => !others.some((other) => isSame(one, other))))

export const distinct = (all: ReadonlyArray<Belonging>): ReadonlyArray<Belonging> =>
  all.length < 2 ? all : all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
