/**
 * A {@link ConfigStore} on anything that can keep files: one change at a time, saved before it is seen. What `save` fails with
 * changes nothing.
 */
import { Effect, SubscriptionRef } from "effect"
import type { AuthorityName, SchoolAuthority } from "../schools/SchoolAuthority.js"
import * as SchoolMapping from "../schools/SchoolMapping.js"
import {
  AuthorityExists,
  AuthorityUnknown,
  type ConfigStoreShape,
  type Configuration,
  type ConfigurationNotSaved
} from "./ConfigStore.js"

type Saved = Effect.Effect<void, ConfigurationNotSaved>

/** Keeps what is configured. Each is done wholly or not at all. */
export interface Saving {
  readonly saveAuthority: (authority: SchoolAuthority) => Saved
  /** Perhaps it is absent: there is nothing to remove then. */
  readonly removeAuthority: (name: AuthorityName) => Saved
  readonly saveMapping: (mapping: { readonly [school: string]: string }) => Saved
  /**
   * What is configured otherwise by now, e.g. by hand; null: nothing. Asked before each change, so that it is not overwritten
   * unseen.
   */
  readonly reload?: Effect.Effect<Configuration | null>
}

export interface ConfigState extends ConfigStoreShape {
  /** Takes over what is configured otherwise by now, e.g. by hand. */
  readonly replace: (load: Effect.Effect<Configuration | null>) => Effect.Effect<void>
}

/** `lastMapping`: see `ConfigStore`. */
export const make = (
  first: Configuration,
  saving: Saving,
  lastMapping: SchoolMapping.SchoolMapping | null = null
): Effect.Effect<ConfigState> =>
  Effect.gen(function* () {
    const state = yield* SubscriptionRef.make(first)
    const one = yield* Effect.makeSemaphore(1)
    const find = (name: string) =>
      Effect.flatMap(SubscriptionRef.get(state), ({ authorities }) => {
        const found = authorities.find((authority) => authority.name === name)
        return found === undefined ? new AuthorityUnknown({ name }) : Effect.succeed(found)
      })
    const withAuthority = (name: string, authority: SchoolAuthority | null) =>
      SubscriptionRef.update(state, ({ absent, authorities, problems, ...rest }) => ({
        ...rest,
        absent: new Map([...absent].filter(([other]) => other !== name)),
        problems: problems.filter((problem) => problem.authority !== name),
        authorities: [
          ...authorities.filter((other) => other.name !== name),
          ...(authority === null ? [] : [authority])
        ].sort(byName)
      }))
    /** What is saved must be seen, whoever stops waiting for it. */
    const change = <A, E>(effect: Effect.Effect<A, E>) =>
      one.withPermits(1)(
        Effect.uninterruptible(Effect.zipRight(takeOver(saving.reload ?? Effect.succeed(null)), effect))
      )

    const takeOver = (load: Effect.Effect<Configuration | null>) =>
      Effect.flatMap(load, (configuration) =>
        configuration === null ? Effect.void : SubscriptionRef.set(state, configuration)
      )

    return {
      current: SubscriptionRef.get(state),
      lastMapping,
      changes: state.changes,
      create: (authority) =>
        change(
          Effect.gen(function* () {
            const { authorities } = yield* SubscriptionRef.get(state)
            if (authorities.some(({ name }) => name === authority.name)) {
              return yield* new AuthorityExists({ name: authority.name })
            }
            yield* saving.saveAuthority(authority)
            yield* withAuthority(authority.name, authority)
          })
        ),
      update: (name, update) =>
        change(
          Effect.gen(function* () {
            const old = yield* find(name)
            const changed = { ...(yield* update(old)), name: old.name }
            yield* saving.saveAuthority(changed)
            yield* withAuthority(name, changed)
            return changed
          })
        ),
      remove: (name) =>
        change(
          Effect.gen(function* () {
            const { absent } = yield* SubscriptionRef.get(state)
            const gone = [...absent.keys()].find((other) => other === name)
            const found = gone ?? (yield* find(name)).name
            yield* saving.removeAuthority(found)
            yield* withAuthority(name, null)
          })
        ),
      setMapping: (mapping) =>
        change(
          Effect.zipRight(
            saving.saveMapping(mapping),
            SubscriptionRef.update(state, (before) => ({
              ...before,
              mapping: SchoolMapping.make(mapping),
              problems: before.problems.filter(({ authority }) => authority !== null)
            }))
          )
        ),
      replace: (load) => one.withPermits(1)(Effect.uninterruptible(takeOver(load)))
    }
  })

export const byName = (a: Pick<SchoolAuthority, "name">, b: Pick<SchoolAuthority, "name">): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

/** One whose changes are kept nowhere else. */
export const inMemory = (first: Configuration) => {
  const saved = () => Effect.void
  return make(first, { saveAuthority: saved, removeAuthority: saved, saveMapping: saved })
}
