/** What a simulated Kelvin server holds: schools, users, classes. Names are found without regard to case. */

export interface SimulatedUser {
  name: string
  firstname: string
  lastname: string
  school: string
  schools: ReadonlyArray<string>
  roles: ReadonlyArray<string>
  birthday: string | null
  expiration_date: string | null
  disabled: boolean
  email: string | null
  record_uid: string | null
  source_uid: string | null
  /** Those of other types than `school`. */
  ucsschool_roles: ReadonlyArray<string>
  udm_properties: Record<string, unknown>
  workgroups: Readonly<Record<string, ReadonlyArray<string>>>
  /** Names of guardians of a student. Wards are derived. */
  legal_guardians: ReadonlyArray<string>
  hashes: unknown
  password: "set" | null
  /** Keys of the classes the user is in: kept in step with the classes' members. */
  readonly classes: Set<string>
}

export interface SimulatedClass {
  name: string
  readonly school: string
  description: string | null
  udm_properties: Record<string, unknown>
  /** Keys of users. */
  readonly members: Set<string>
}

/** What two spellings of a name have in common. */
export const keyOf = (name: string): string => name.toLowerCase()

export const classKey = (school: string, name: string): string => `${keyOf(school)}/${keyOf(name)}`

export interface World {
  readonly schools: Map<string, string>
  readonly users: Map<string, SimulatedUser>
  readonly classes: Map<string, SimulatedClass>
  /** Users by lower-case record_uid and e-mail address: looking for one must not cost more in a large school. */
  readonly byRecordUid: Map<string, Set<string>>
  readonly byEmail: Map<string, Set<string>>
  /** Existing work groups, `school/name`. */
  readonly workgroups: Set<string>
}

export const empty = (schools: ReadonlyArray<string>): World => ({
  schools: new Map(schools.map((school) => [keyOf(school), school])),
  users: new Map(),
  classes: new Map(),
  byRecordUid: new Map(),
  byEmail: new Map(),
  workgroups: new Set()
})

export const addUser = (world: World, user: SimulatedUser): void => {
  world.users.set(keyOf(user.name), user)
  index(world, user)
}

export const removeUser = (world: World, user: SimulatedUser): void => {
  setClasses(world, user, new Set())
  unindex(world, user)
  world.users.delete(keyOf(user.name))
  for (const other of world.users.values()) {
    if (other.legal_guardians.length > 0) {
      other.legal_guardians = other.legal_guardians.filter((name) => keyOf(name) !== keyOf(user.name))
    }
  }
}

/** Changes the name; memberships and guardians follow. */
export const renameUser = (world: World, user: SimulatedUser, name: string): void => {
  const before = keyOf(user.name)
  const classes = new Set(user.classes)
  setClasses(world, user, new Set())
  unindex(world, user)
  world.users.delete(before)
  user.name = name
  addUser(world, user)
  setClasses(world, user, classes)
  for (const other of world.users.values()) {
    other.legal_guardians = other.legal_guardians.map((guardian) => (keyOf(guardian) === before ? name : guardian))
  }
}

export const setRecordUid = (world: World, user: SimulatedUser, recordUid: string | null): void => {
  unindex(world, user)
  user.record_uid = recordUid
  index(world, user)
}

export const setEmail = (world: World, user: SimulatedUser, email: string | null): void => {
  unindex(world, user)
  user.email = email
  index(world, user)
}

export const addClass = (world: World, school: string, name: string): SimulatedClass => {
  const created: SimulatedClass = { name, school, description: null, udm_properties: {}, members: new Set() }
  world.classes.set(classKey(school, name), created)
  return created
}

export const removeClass = (world: World, each: SimulatedClass): void => {
  setMembers(world, each, new Set())
  world.classes.delete(classKey(each.school, each.name))
}

export const renameClass = (world: World, each: SimulatedClass, name: string): void => {
  const members = new Set(each.members)
  removeClass(world, each)
  each.name = name
  world.classes.set(classKey(each.school, name), each)
  setMembers(world, each, members)
}

export const setMembers = (world: World, each: SimulatedClass, members: ReadonlySet<string>): void => {
  const key = classKey(each.school, each.name)
  for (const member of each.members) if (!members.has(member)) world.users.get(member)?.classes.delete(key)
  for (const member of members) world.users.get(member)?.classes.add(key)
  each.members.clear()
  for (const member of members) each.members.add(member)
}

export const setClasses = (world: World, user: SimulatedUser, classes: ReadonlySet<string>): void => {
  for (const key of user.classes) if (!classes.has(key)) world.classes.get(key)?.members.delete(keyOf(user.name))
  for (const key of classes) world.classes.get(key)?.members.add(keyOf(user.name))
  user.classes.clear()
  for (const key of classes) user.classes.add(key)
}

/** `school -> sorted class names` of a user. */
export const classesOf = (world: World, user: SimulatedUser): Record<string, ReadonlyArray<string>> => {
  const memberships: Record<string, Array<string>> = {}
  for (const key of user.classes) {
    const each = world.classes.get(key)
    if (each === undefined) continue
    const names = memberships[each.school] ?? []
    names.push(each.name)
    memberships[each.school] = names
  }
  for (const names of Object.values(memberships)) names.sort()
  return memberships
}

/** The students that name a guardian. */
export const wardsOf = (world: World, guardian: SimulatedUser): ReadonlyArray<string> =>
  guardian.roles.includes("legal_guardian")
    ? [...world.users.values()]
        .filter((user) => user.legal_guardians.some((name) => keyOf(name) === keyOf(guardian.name)))
        .map((user) => user.name)
        .sort()
    : []

const index = (world: World, user: SimulatedUser) => {
  const name = keyOf(user.name)
  for (const [names, value] of indexesOf(world, user)) {
    if (value === null) continue
    const others = names.get(keyOf(value))
    if (others === undefined) names.set(keyOf(value), new Set([name]))
    else others.add(name)
  }
}

const unindex = (world: World, user: SimulatedUser) => {
  for (const [names, value] of indexesOf(world, user)) {
    if (value !== null) names.get(keyOf(value))?.delete(keyOf(user.name))
  }
}

const indexesOf = (world: World, user: SimulatedUser) =>
  [
    [world.byRecordUid, user.record_uid],
    [world.byEmail, user.email]
  ] as const
