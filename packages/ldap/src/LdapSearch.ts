/** Searches below one base DN. Those for many objects are made with few filters, some at the same time. */
import type { DirectoryError } from "@id-connector/core/directory/Directory"
import { Effect, Option } from "effect"
import type { Entry, Filter } from "ldapts"
import type { LdapFailure } from "./LdapConnection.js"
import * as LdapEntry from "./LdapEntry.js"
import * as LdapFilter from "./LdapFilter.js"
import type { LdapPool } from "./LdapPool.js"
import * as LdapProblem from "./LdapProblem.js"

type Found<A> = Effect.Effect<A, DirectoryError>

/** `operation` is what a failure says it was for. */
export interface LdapSearch {
  /** Entries anywhere below the base. */
  readonly entries: (
    operation: string,
    filter: Filter,
    attributes: ReadonlyArray<string>
  ) => Found<ReadonlyArray<Entry>>
  /** Users by name in lower case. */
  readonly users: (
    operation: string,
    names: ReadonlyArray<string>,
    attributes: ReadonlyArray<string>
  ) => Found<ReadonlyMap<string, Entry>>
  readonly schoolGroup: (name: string, attributes: ReadonlyArray<string>) => Found<Option.Option<Entry>>
  /** One entry by what its DN has before the base. */
  readonly entry: (
    operation: string,
    relativeDn: string,
    attributes: ReadonlyArray<string>
  ) => Found<Option.Option<Entry>>
}

const pageSize = 500
const searchesAtOnce = 8

/** `failed` says of an operation why it has failed. */
export const make = (
  pool: LdapPool,
  base: string,
  failed: (operation: string) => (failure: LdapFailure) => DirectoryError
): LdapSearch => {
  const entries: LdapSearch["entries"] = (operation, filter, attributes) =>
    Effect.map(
      pool.use((client) =>
        client.search(base, {
          filter,
          scope: "sub",
          attributes: [...attributes],
          // A value is a text or bytes by what it holds, unless it is named here.
          explicitBufferAttributes: ["krb5Key"],
          paged: { pageSize }
        })
      ),
      ({ searchEntries }) => searchEntries
    ).pipe(Effect.mapError(failed(operation)))

  return {
    entries,

    users: (operation, names, attributes) =>
      Effect.map(
        Effect.forEach(LdapFilter.users(names), (filter) => entries(operation, filter, attributes), {
          concurrency: searchesAtOnce
        }),
        (found) => LdapEntry.byName(names, found.flat())
      ),

    schoolGroup: (name, attributes) =>
      Effect.map(entries("group", LdapFilter.schoolGroup(name), attributes), ([entry]) => Option.fromNullable(entry)),

    entry: (operation, relativeDn, attributes) =>
      pool
        .use((client) => client.search(`${relativeDn},${base}`, { scope: "base", attributes: [...attributes] }))
        .pipe(
          Effect.map(({ searchEntries: [entry] }) => Option.fromNullable(entry)),
          Effect.catchIf(
            ({ cause }) => LdapProblem.isMissing(cause),
            () => Effect.succeedNone
          ),
          Effect.mapError(failed(operation))
        )
  }
}
