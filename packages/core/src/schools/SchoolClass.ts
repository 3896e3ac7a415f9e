/** School classes are groups at one place of the directory; the place alone tells the class and its school. */
import { Option } from "effect"
import * as Dn from "./Dn.js"
import type { DirectoryLayout } from "./SourceDomain.js"

/** A class and its school, both in the spelling of the DN. `name` has no school prefix and may contain hyphens. */
export interface SchoolClass {
  readonly school: string
  readonly name: string
}

/**
 * The class that a group's DN stands for: `cn=<OU>-<name>,cn=<klassen>,cn=<schueler>,cn=groups,ou=<OU>,<base>`,
 * compared without regard to case. None for work groups, domain groups and everything else.
 */
export const fromDn = (dn: string, layout: DirectoryLayout): Option.Option<SchoolClass> =>
  Option.flatMap(Dn.parse(dn), ([group, classes, pupils, groups, ou, ...rest]) => {
    if (
      !is(group, "cn") ||
      !is(classes, "cn", layout.classes) ||
      !is(pupils, "cn", layout.pupils) ||
      !is(groups, "cn", "groups") ||
      !is(ou, "ou") ||
      (layout.base !== undefined && Dn.keyOf(rest) !== Dn.key(layout.base))
    ) {
      return Option.none()
    }
    return Option.map(withoutPrefix(group.value, ou.value), (name) => ({ school: ou.value, name }))
  })

/** The class name in a group's name `<school>-<name>`; none when the name does not start with the school. */
export const withoutPrefix = (groupName: string, school: string): Option.Option<string> =>
  groupName.length > school.length + 1 &&
  groupName[school.length] === "-" &&
  groupName.slice(0, school.length).toLowerCase() === school.toLowerCase()
    ? Option.some(groupName.slice(school.length + 1))
    : Option.none()

const is = (rdn: Dn.Rdn | undefined, attribute: string, value?: string): rdn is Dn.Rdn =>
  rdn !== undefined &&
  rdn.attribute === attribute &&
  (value === undefined || rdn.value.toLowerCase() === value.toLowerCase())
