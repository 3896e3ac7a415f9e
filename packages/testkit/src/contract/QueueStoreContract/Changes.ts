/** Changes to put into a queue store: as short as examples need them. */
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import type { PreviousGroup, PreviousUser } from "@id-connector/core/changes/PreviousState"
import type { HistoryEntry } from "@id-connector/core/history/HistoryEntry"
import type { Arrival, FileFate, Remember } from "@id-connector/core/queue/QueueStore"
import { AuthorityName } from "@id-connector/core/schools/SchoolAuthority"
import { Either } from "effect"

export const north = AuthorityName.make("North")
export const south = AuthorityName.make("South")

/** The state that is remembered of a user whose record UID is `recordUid`. */
export const previousUser = (recordUid: string): PreviousUser => ({
  schools: ["School1"],
  record_uid: recordUid,
  source_uid: "TESTID"
})

export const plainHashes = {
  userPassword: ["{crypt}$6$x"],
  sambaNTPassword: "0123",
  krb5Key: ["a2V5"],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1700000000
}

const decoded = (json: unknown): ListenerObject.ListenerObject => Either.getOrThrow(ListenerObject.decode(json))

interface UserOptions {
  /** Default: none. */
  readonly previous?: PreviousUser
  readonly hashes?: unknown
  /** Default: the user name. */
  readonly recordUid?: string
  /** Default: none. */
  readonly email?: string | null
  /** Tells versions of a user apart where the name does not. */
  readonly version?: string
  readonly properties?: object
}

/** A changed user. */
export const user = (
  id: string,
  username: string,
  { email, hashes, previous, properties, recordUid, version }: UserOptions = {}
) =>
  decoded({
    id,
    dn: `uid=${username},cn=schueler,cn=users,ou=School1,dc=example,dc=org`,
    udm_object_type: "users/user",
    options: ["default", "ucsschoolStudent"],
    object: {
      username,
      school: ["School1"],
      ucsschoolRecordUID: recordUid ?? username,
      ucsschoolSourceUID: "TESTID",
      ...(email === undefined ? {} : { mailPrimaryAddress: email }),
      ...(version === undefined ? {} : { version }),
      ...properties
    },
    old_data: previous ?? null,
    user_passwords: hashes ?? null
  })

export const removedUser = (id: string, username: string, { previous }: Pick<UserOptions, "previous"> = {}) =>
  decoded({
    id,
    dn: `uid=${username},cn=schueler,cn=users,ou=School1,dc=example,dc=org`,
    udm_object_type: "users/user",
    object: null,
    old_data: previous ?? null
  })

export const groupDn = (name: string) =>
  `cn=School1-${name},cn=klassen,cn=schueler,cn=groups,ou=School1,dc=example,dc=org`

/** A changed class. Default: it has the entryUUID `entry-<name>`, and had no other name. */
export const group = (
  name: string,
  members: ReadonlyArray<string> = [],
  { id, previous }: { readonly id?: string; readonly previous?: PreviousGroup | null } = {}
) =>
  decoded({
    id: id ?? `entry-${name}`,
    dn: groupDn(name),
    udm_object_type: "groups/group",
    options: ["default"],
    object: { name: `School1-${name}`, users: members },
    old_data: previous ?? null
  })

interface ArrivalOptions {
  /** For the history. Default: none. */
  readonly entry?: HistoryEntry
  /** Default: the file name. */
  readonly digest?: string
  /** Default: `remove`. */
  readonly fate?: FileFate
  /** Default: {@link north}. */
  readonly to?: ReadonlyArray<AuthorityName>
  /** Default: the record UID `unset`. */
  readonly remember?: Remember
  /** Default: false. */
  readonly sendAgain?: boolean
}

export const arrival = (
  file: string,
  object: ListenerObject.ListenerObject,
  { digest, entry, fate, remember, sendAgain, to }: ArrivalOptions = {}
): Arrival => ({
  file: { name: file, digest: digest ?? file },
  fate: fate ?? "remove",
  object,
  text: null,
  recipients: to ?? [north],
  sendAgain: sendAgain ?? false,
  remember: remember ?? { _tag: "State", state: previousUser("unset") },
  ...(entry === undefined ? {} : { entry })
})
