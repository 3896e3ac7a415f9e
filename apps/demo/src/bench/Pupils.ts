// @effect-diagnostics nodeBuiltinImport:off
// A digest makes names into ids.
/** The users of a benchmark by number, their listener files, and what the source directory says about them. */
import { createHash } from "node:crypto"
import * as Builders from "@id-connector/testkit/data/Builders"
import * as UdmUser from "./UdmUser.js"

/** All that have pupils. */
export const schools: ReadonlyArray<string> = Array.from({ length: 20 }, (_, index) => `School${index}`)

const schoolOf = (index: number) => schools[index % schools.length] ?? "School0"
const nameOf = (index: number) => `pupil${index}`

/** The file of a pupil, as large as a real one. Another version is a change. */
export const file = (index: number, version = 0) => {
  const name = nameOf(index)
  const school = schoolOf(index)
  return Builders.user(name, {
    id: uuidOf(name),
    schools: [school],
    properties: { ...UdmUser.properties(name, school), lastname: `Version${version}` }
  })
}

/** The files of so many, from one of them on. */
export const files = (first: number, count: number): ReadonlyArray<unknown> =>
  Array.from({ length: count }, (_, index) => file(first + index))

/** The first ones as they stand in a directory file. */
export const entries = (count: number): ReadonlyArray<unknown> =>
  Array.from({ length: count }, (_, index) => ({
    dn: Builders.userDn(nameOf(index), schoolOf(index)),
    uid: nameOf(index),
    ucsschoolRole: [`student:school:${schoolOf(index)}`],
    hashes
  }))

const hashes = {
  userPassword: [
    "{crypt}$6$cH3vVTHwEBF/eVAb$Sm5aGqVeN2E1yK8cOZqTzWcKxUmcXYn0O6Lq8ecHS3m7Ow3xmhN1mQc2Oz1nYpIY1sXn1bqKJ0"
  ],
  sambaNTPassword: "CAA1239D44DA7EDF926BCE39F5C65D0F",
  krb5Key: ["MFGhKzApoAMCARKhIgQg", "MEGhGzAZoAMCARGhEgQQ", "MEmhIzAhoAMCARChGgQY"],
  krb5KeyVersionNumber: 3,
  sambaPwdLastSet: 1_770_000_000
}

/** Unlike those of tests, the same as in a directory: in no particular order. */
const uuidOf = (name: string): string =>
  createHash("sha256")
    .update(name)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5")
