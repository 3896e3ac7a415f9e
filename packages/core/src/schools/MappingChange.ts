/** What a new mapping changes, school by school: pure. */

import type { SchoolMapping } from "./SchoolMapping.js"
import * as SchoolName from "./SchoolName.js"

export type MappingChange =
  | { readonly _tag: "Added"; readonly school: string; readonly authority: string }
  | { readonly _tag: "Removed"; readonly school: string; readonly authority: string }
  | { readonly _tag: "Moved"; readonly school: string; readonly from: string; readonly to: string }

/** By school. Schools that differ in case only are the same. */
export const between = (before: SchoolMapping, after: SchoolMapping): ReadonlyArray<MappingChange> => {
  const changes: Array<MappingChange> = []
  for (const [school, to] of after.entries) {
    const from = before.authorityOf(school)
    if (from === undefined) changes.push({ _tag: "Added", school, authority: to })
    else if (from !== to) changes.push({ _tag: "Moved", school, from, to })
  }
  for (const [school, authority] of before.entries) {
    if (after.authorityOf(school) === undefined) changes.push({ _tag: "Removed", school, authority })
  }
  return changes.sort((a, b) => SchoolName.byCodePoint(a.school, b.school))
}
