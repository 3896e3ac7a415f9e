/**
 * A source directory as a list of users and groups: the content of `IDC_DIRECTORY=file:`, and of directories that tests make
 * up. `{"users": [{"dn", "uid", "entryUUID", "ucsschoolRole": [], "schools": [], "hashes": {...}, ...}], "groups": [...]}`
 */
import { Effect, Option, Redacted, Schema } from "effect"
import * as Size from "../input/Size.js"
import * as SchoolName from "../schools/SchoolName.js"
import * as SchoolRole from "../schools/SchoolRole.js"
import { adminGroup, type DirectoryGroup, type DirectoryShape, type DirectoryUser, readerGroup } from "./Directory.js"
import { type PasswordHashes, PlainPasswordHashes } from "./PasswordHashes.js"

const texts = Schema.optionalWith(Schema.Array(Schema.String), { default: () => [], nullable: true, exact: true })
const text = Schema.optionalWith(Schema.String, { default: () => "", nullable: true, exact: true })

const properties = Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
  default: () => ({}),
  nullable: true,
  exact: true
})

/** Without one of them a user has none: see {@link directory}. */
const isHashes = Schema.is(Schema.partial(PlainPasswordHashes))

const User = Schema.Struct({
  uid: Schema.NonEmptyString,
  dn: text,
  displayName: text,
  entryUUID: text,
  /** In clear, to log in with. */
  password: Schema.optionalWith(Schema.Redacted(Schema.String), { nullable: true, exact: true }),
  disabled: Schema.optionalWith(Schema.Boolean, { default: () => false, nullable: true, exact: true }),
  ucsschoolRole: texts,
  schools: texts,
  /** Further UDM properties, as a listener file has them. */
  properties,
  // A message about them must not show them.
  hashes: Schema.optional(
    Schema.NullOr(
      Schema.Unknown.pipe(
        Schema.filter((value) => isHashes(value)),
        Schema.annotations({
          message: () => ({
            message:
              "password hashes are expected (value not shown): userPassword (list of texts), sambaNTPassword (text), krb5Key (list of texts in base64), krb5KeyVersionNumber and sambaPwdLastSet (whole numbers)",
            override: true
          })
        })
      )
    )
  )
})

const Group = Schema.Struct({
  cn: Schema.NonEmptyString,
  dn: text,
  entryUUID: text,
  uniqueMember: texts,
  ucsschoolRole: texts,
  properties
})

export const DirectoryContent = Schema.Struct({
  users: Schema.optionalWith(Schema.Array(User), { default: () => [], exact: true }),
  groups: Schema.optionalWith(Schema.Array(Group), { default: () => [], exact: true })
})
export type DirectoryContent = typeof DirectoryContent.Type

/** However many people there are. */
const limits: Size.Limits = { depth: 50, text: 20_000_000, name: 1_000, values: Number.POSITIVE_INFINITY }

/** The text of a file with such a content. */
export const DirectoryContentText: Schema.Schema<DirectoryContent, string> = Schema.parseJson(
  Schema.Unknown.pipe(Schema.filter((json) => Size.problem(json, limits) ?? true))
).pipe(Schema.compose(DirectoryContent, { strict: false }))

const decodeHashes = Schema.decodeUnknownOption(PlainPasswordHashes)

type UserEntry = Omit<typeof User.Type, "hashes">

/** The directory with this content. It never fails. */
export const directory = (content: DirectoryContent): DirectoryShape => {
  const { groups } = content
  const hashes = new Map<string, PasswordHashes>()
  // What was read of them is not kept beside them: with many users that is a large part of all memory.
  const users = content.users.map(({ hashes: read, ...user }) => {
    const name = user.uid.toLowerCase()
    // Of a user who is in it twice the later entry counts, whatever it lacks.
    hashes.delete(name)
    const plain = decodeHashes(read)
    if (Option.isSome(plain)) hashes.set(name, Redacted.make(plain.value))
    return user
  })
  const byName = new Map(users.map((user) => [user.uid.toLowerCase(), user]))
  const lookUp = <A>(names: ReadonlyArray<string>, get: (name: string) => A | undefined): ReadonlyMap<string, A> => {
    const found = new Map<string, A>()
    for (const name of names.map((name) => name.toLowerCase())) {
      const value = get(name)
      if (value !== undefined) found.set(name, value)
    }
    return found
  }
  const inSchool = (entry: { readonly ucsschoolRole: ReadonlyArray<string> }, school: string, roles: Roles) =>
    [...SchoolRole.inSchools(SchoolRole.parseAll(entry.ucsschoolRole), SchoolName.makeSet([school]))].some((role) =>
      roles.has(role)
    )
  return {
    passwordHashes: (names) => Effect.sync(() => lookUp(names, (name) => hashes.get(name))),
    roles: (names) => Effect.sync(() => lookUp(names, (name) => byName.get(name)?.ucsschoolRole)),
    user: (name) => Effect.sync(() => Option.map(Option.fromNullable(byName.get(name.toLowerCase())), userOf)),
    group: (name) =>
      Effect.sync(() =>
        Option.map(Option.fromNullable(groups.find(({ cn }) => cn.toLowerCase() === name.toLowerCase())), groupOf)
      ),
    listenerObject: (kind, name) =>
      Effect.sync(() => {
        const wanted = name.toLowerCase()
        if (kind === "user")
          return Option.map(Option.fromNullable(byName.get(wanted)), (user) => userFile(user, groups))
        return Option.map(Option.fromNullable(groups.find(({ cn }) => cn.toLowerCase() === wanted)), groupFile)
      }),
    usersOfSchool: (school) =>
      Effect.sync(() =>
        users
          .filter((user) => inSchool(user, school, userRoles))
          .map(userOf)
          .sort((a, b) => (a.username < b.username ? -1 : 1))
      ),
    groupsOfSchool: (school) =>
      Effect.sync(() =>
        groups
          .filter((group) => group.cn.toLowerCase().startsWith(`${school.toLowerCase()}-`))
          .filter((group) => inSchool(group, school, groupRoles))
          .map(groupOf)
          .sort((a, b) => (a.name < b.name ? -1 : 1))
      ),
    admins: Effect.sync(() => membersOf(groups, adminGroup)),
    readers: Effect.sync(() => membersOf(groups, readerGroup)),
    isPassword: (dn, password) =>
      Effect.sync(() => {
        const own = users.find((user) => user.dn.toLowerCase() === dn.toLowerCase())?.password
        return own !== undefined && Redacted.value(password) !== "" && Redacted.value(own) === Redacted.value(password)
      })
  }
}

const membersOf = (groups: DirectoryContent["groups"], name: string): ReadonlyArray<string> =>
  groups.find(({ cn }) => cn.toLowerCase() === name)?.uniqueMember ?? []

type Roles = ReadonlySet<string>
const userRoles: Roles = new Set(["student", "teacher", "staff", "legal_guardian"])
const groupRoles: Roles = new Set(["school_class", "workgroup"])

const userOf = ({ disabled, displayName, dn, entryUUID, schools, ucsschoolRole, uid }: UserEntry): DirectoryUser => ({
  dn,
  username: uid,
  displayName: displayName === "" ? null : displayName,
  entryUuid: entryUUID,
  roles: ucsschoolRole,
  isSchoolUser:
    schools.length > 0 ||
    SchoolRole.parseAll(ucsschoolRole).some(({ contextType, role }) => contextType === "school" && userRoles.has(role)),
  isDisabled: disabled
})

const userFile = (user: UserEntry, groups: DirectoryContent["groups"]) => {
  const dn = user.dn.toLowerCase()
  return {
    id: user.entryUUID,
    dn: user.dn,
    udm_object_type: "users/user",
    options: ["default", ...SchoolRole.optionsOf(user.ucsschoolRole)],
    object: {
      username: user.uid,
      displayName: user.displayName === "" ? null : user.displayName,
      school: user.schools,
      ucsschoolRole: user.ucsschoolRole,
      disabled: user.disabled ? "1" : "0",
      groups: groups
        .filter(({ uniqueMember }) => uniqueMember.some((member) => member.toLowerCase() === dn))
        .map((group) => group.dn),
      ...user.properties
    }
  }
}

const groupFile = (group: typeof Group.Type) => ({
  id: group.entryUUID,
  dn: group.dn,
  udm_object_type: "groups/group",
  options: ["default"],
  object: { name: group.cn, users: group.uniqueMember, ucsschoolRole: group.ucsschoolRole, ...group.properties }
})

const groupOf = ({ cn, dn, entryUUID }: typeof Group.Type): DirectoryGroup => ({ dn, name: cn, entryUuid: entryUUID })
