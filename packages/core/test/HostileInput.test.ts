import { assert, describe, it } from "@effect/vitest"
import * as Aside from "@id-connector/core/changes/Aside"
import * as Belonging from "@id-connector/core/changes/Belonging"
import * as ListenerObject from "@id-connector/core/changes/ListenerObject"
import * as AuthorityPatch from "@id-connector/core/config/AuthorityPatch"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import * as Problems from "@id-connector/core/input/Problems"
import * as AttributeMapping from "@id-connector/core/mapping/AttributeMapping"
import * as Distribution from "@id-connector/core/mapping/Distribution"
import * as Coalescing from "@id-connector/core/queue/Coalescing"
import * as Preparation from "@id-connector/core/queue/in/Preparation"
import * as Precedence from "@id-connector/core/queue/Precedence"
import * as Dn from "@id-connector/core/schools/Dn"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolClass from "@id-connector/core/schools/SchoolClass"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import * as Validation from "@id-connector/core/targets/Validation"
import { Either, Schema } from "effect"

const long = 100_000

/** What regular expressions and loops stumble over: long runs of what they look for, and of nearly that. */
const texts: ReadonlyArray<string> = [
  "/",
  "\\",
  ",",
  "=",
  "a=b,",
  "\\2c",
  ":",
  "-",
  " ",
  "\n",
  '"',
  "9",
  "a",
  "ä",
  "😀",
  "\u0000",
  "Expected a, actual ",
  "//a:b@",
  "role:school:X "
].map((part) => part.repeat(Math.floor(long / part.length)))

const deepTexts = [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`]
const deep = new Map<unknown, string>(deepTexts.map((text) => [JSON.parse(text), text]))

const lists: ReadonlyArray<unknown> = [
  Array.from({ length: 30_000 }, (_, index) => `${"x".repeat(20)}${index}`),
  Array(100_000).fill(1),
  Array.from({ length: 30_000 }, (_, index) => `cn=S-c${index},cn=klassen,cn=schueler,cn=groups,ou=S,dc=e`),
  Array(300).fill("x".repeat(9_000)),
  Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`key${index}`, "x"])),
  ...deep.keys()
]

/** `JSON.stringify` can't write what is so deep. */
const textOf = (json: unknown): string =>
  JSON.stringify(json, (_, value) => (deep.has(value) ? `deep ${[...deep.keys()].indexOf(value)}` : value)).replace(
    /"deep (\d)"/g,
    (_, index) => [...deep.values()][Number(index)] ?? ""
  )

/** The sample with something else at each of its places, one at a time; keys, too. */
const variations = function* (sample: unknown, hostile: ReadonlyArray<unknown>): Generator<[string, unknown]> {
  if (typeof sample !== "object" || sample === null) return
  for (const [key, value] of Object.entries(sample)) {
    const put = (inner: unknown, name = key): unknown =>
      Array.isArray(sample)
        ? sample.map((old, index) => (String(index) === key ? inner : old))
        : { ...Object.fromEntries(Object.entries(sample).filter(([other]) => other !== key)), [name]: inner }
    for (const [index, each] of hostile.entries()) {
      yield [`${key} (${index})`, put(each)]
      if (typeof each === "string" && !Array.isArray(sample) && index < 4)
        yield [`name of ${key} (${index})`, put(value, each)]
    }
    for (const [place, inner] of variations(value, hostile)) yield [`${key}.${place}`, put(inner)]
  }
}

/** In milliseconds, on a machine that has much else to do. What takes longer the longer it is, and then some, takes minutes. */
const most = 2_000

/** Reads every variation, and fails with the places that took long, or with what was thrown. */
const assertQuick = (sample: unknown, read: (json: unknown) => unknown) => {
  const slow: Array<string> = []
  for (const [place, json] of variations(sample, [...texts, ...lists])) {
    const before = performance.now()
    try {
      read(json)
    } catch (error) {
      slow.push(`${place}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 200))
    }
    const took = performance.now() - before
    if (took > most) slow.push(`${place}: ${Math.round(took)} ms`)
  }
  assert.deepStrictEqual(slow, [])
}

const hashes = {
  userPassword: ["x"],
  sambaNTPassword: "x",
  krb5Key: ["x"],
  krb5KeyVersionNumber: 1,
  sambaPwdLastSet: 1
}

const user = {
  id: "id",
  dn: "uid=anna,cn=schueler,cn=users,ou=S,dc=e",
  udm_object_type: "users/user",
  options: ["default", "ucsschoolStudent"],
  object: {
    username: "anna",
    school: ["S", "T"],
    ucsschoolRecordUID: "r",
    ucsschoolSourceUID: "s",
    ucsschoolRole: ["student:school:S"],
    birthday: "2000-01-01",
    userexpiry: null,
    groups: ["cn=S-1a,cn=klassen,cn=schueler,cn=groups,ou=S,dc=e"],
    ucsschoolLegalGuardian: ["uid=g,dc=e"],
    mail: "x"
  },
  old_data: { schools: ["S"], record_uid: "r", source_uid: "s", username: "a" },
  user_passwords: hashes
}

const group = {
  id: "id",
  dn: "cn=S-1a,cn=klassen,cn=schueler,cn=groups,ou=S,dc=e",
  udm_object_type: "groups/group",
  options: ["default"],
  object: { name: "S-1a", users: ["uid=anna,dc=e"], description: "x" },
  old_data: { users: ["uid=anna,dc=e"] }
}

const layout = { base: "dc=e", classes: "klassen", pupils: "schueler" }
const facts = {
  schools: SchoolName.makeSet(["S", "T"]),
  roles: new Set(["student"]),
  layout,
  sourceUid: "s",
  hashesAreSent: true
}
const mapping = {
  username: "name",
  school: "school",
  schools: "schools",
  school_classes: "school_classes",
  birthday: "birthday",
  roles: "roles",
  ucsschoolLegalGuardian: "legal_guardians",
  mail: "mail",
  users: "users"
}

/** All that is done with a listener object before it is sent. */
const handle = (json: unknown) => {
  const read = ListenerObject.decodeText(textOf(json))
  if (Either.isLeft(read)) return assert.isBelow(read.left.reasons.join().length, 50_000)
  const object = read.right
  ListenerObject.objectKey(object)
  Preparation.problemsOf(object)
  Distribution.distribute(object, {
    mapping: SchoolMapping.make({ S: "A" }),
    authorities: new Map(),
    layout,
    added: [],
    concerned: []
  })
  const desired = Coalescing.merge(Coalescing.single(object), Coalescing.single(object))
  Belonging.needs(object)
  Aside.stepAside(desired)
  Precedence.frees(desired)
  Precedence.members(object)
  if (object._tag === "ChangedUser") AttributeMapping.mapUser(object, mapping, facts)
  if (object._tag === "ChangedGroup") {
    AttributeMapping.mapClass(object, { school: "S", name: "1a" }, mapping, facts)
  }
  JSON.stringify(ListenerObject.encode(object))
  return undefined
}

describe("Input made to be slow is read at once, whatever field it stands in:", () => {
  it("a user of the in queue", () => assertQuick(user, handle), 120_000)
  it("a class of the in queue", () => assertQuick(group, handle), 120_000)

  it("a school authority", () => {
    const authority = {
      name: "T1",
      active: true,
      url: "https://k.example.com/ucsschool/kelvin/v1/",
      plugins: ["kelvin"],
      plugin_configs: { kelvin: { username: "x", password: "x", mapping: { users: { username: "name" } } } }
    }
    const old = Either.getOrThrow(SchoolAuthority.decode(authority))
    assertQuick(authority, (json) => {
      const read = SchoolAuthority.decode(json)
      if (Either.isLeft(read)) return assert.isBelow(read.left.join().length, 50_000)
      Validation.validate([], read.right)
      SchoolAuthority.fingerprint(read.right)
      AuthorityPatch.masked(read.right)
      SchoolAuthority.decode(AuthorityPatch.apply(old, json as object as { readonly [key: string]: unknown }))
      return undefined
    })
  }, 120_000)

  it("the mapping of schools", () => {
    assertQuick({ mapping: { S: "A" } }, (json) =>
      Either.mapLeft(SchoolMapping.decode(json), (problems) => assert.isBelow(problems.join().length, 50_000))
    )
  }, 120_000)

  it("the file of the source directory", () => {
    const decode = Schema.decodeUnknownEither(DirectoryContent.DirectoryContentText, { errors: "all" })
    const content = {
      users: [{ ...user.object, uid: "u", dn: "d", password: "p", schools: ["S"], hashes, properties: { a: "b" } }],
      groups: [{ cn: "g", dn: "d", entryUUID: "x", uniqueMember: ["d"], ucsschoolRole: ["x"] }]
    }
    assertQuick(content, (json) => {
      const read = decode(textOf(json))
      if (Either.isRight(read)) return DirectoryContent.directory(read.right)
      return assert.isBelow(Problems.describe(read.left).join().length, 50_000)
    })
  }, 120_000)

  it("a DN", () => {
    for (const text of texts) {
      const before = performance.now()
      Dn.key(text)
      Dn.school(`cn=${text}`)
      SchoolClass.fromDn(`cn=S-${text},cn=klassen,cn=schueler,cn=groups,ou=S,${text}`, layout)
      assert.isBelow(performance.now() - before, most)
    }
  })
})
