import { assert, describe, it } from "@effect/vitest"
import * as Cause from "@id-connector/core/queue/Cause"
import {
  DeletionHeldBack,
  type Evidence,
  ObjectUndeliverable,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused
} from "@id-connector/core/targets/DeliveryError"
import { FastCheck as fc } from "effect"

const evidence = (path: string, status: number | null = 422, method = "PATCH"): Evidence => ({
  method,
  path: `/ucsschool/kelvin/v1${path}`,
  requestId: null,
  body: null,
  status,
  response: null
})

const refused = (detail: string, path: string) => new TargetRefused({ detail, evidence: evidence(path) }).message

describe("The cause of an error", () => {
  it("is the same for all objects that fail for the same reason", () => {
    const same = (errors: ReadonlyArray<readonly [error: string, name: string]>, cause: string) =>
      assert.deepStrictEqual([...new Set(errors.map(([error, name]) => Cause.of(error, name)))], [cause])
    same(
      [
        [refused("email: the domain of anna.m@school.example is not hosted", "/users/anna"), "anna"],
        [refused("email: the domain of bert@other.example.com is not hosted", "/users/Bert%20B"), "bert b"]
      ],
      "The target refuses the object: email: the domain of … is not hosted (PATCH /ucsschool/kelvin/v1/users/…, status 422)."
    )
    same(
      [
        [refused("User name 'anna' is longer than 15 characters.", "/users/"), "anna"],
        [refused("User name 'bert O\"Hara' is longer than 20 characters.", "/users/"), "bert"]
      ],
      "The target refuses the object: User name … is longer than … characters. (PATCH /ucsschool/kelvin/v1/users/, status 422)."
    )
    same(
      [
        [refused("Object exists: uid=anna,cn=schüler und mehr,ou=School1,dc=example,dc=com", "/classes/S1/1a"), "x"],
        [refused("Object exists: uid=bert,cn=lehrer,dc=example,dc=com", "/classes/S2/2b"), "x"]
      ],
      "The target refuses the object: Object exists: … (PATCH /ucsschool/kelvin/v1/classes/…, status 422)."
    )
    same(
      [
        [new ObjectUndeliverable({ reasons: ["the record UID anna-m still belongs to another user"] }).message, ""],
        [new ObjectUndeliverable({ reasons: ["the record UID 4711 still belongs to another user"] }).message, ""]
      ],
      "The object can't be delivered: the record UID … still belongs to another user."
    )
    same(
      [
        [new ReferencesUnknown({ attribute: "users", names: ["anna", "bert"] }).message, "School1-1a"],
        [new ReferencesUnknown({ attribute: "users", names: ["a", "b", "c", "d", "e", "f"] }).message, "x"]
      ],
      "Delivered without some of users, which the target does not have yet: …."
    )
    same(
      [
        [new DeletionHeldBack({ deletions: 51, allowed: 50 }).message, "anna"],
        [new DeletionHeldBack({ deletions: 1051, allowed: 60 }).message, "bert"]
      ],
      "The deletion is held back: … objects were deleted within the last hour, but only … may be deleted per hour without confirmation. Confirm or discard the deletions of this authority."
    )
    same(
      [
        ["no such entry: 0b8a5c5e-0000-4000-8000-000000000001", ""],
        ["no such entry: fb8a5c5e-0000-4000-8000-00000000000a", ""]
      ],
      "no such entry: …"
    )
    same(
      [
        ["anna is no member of School1-1a, School1-2b and 3c", "Anna"],
        ["bert is no member of 7a", "bert"]
      ],
      "… is no member of …"
    )
  })

  it("tells apart what has different causes", () => {
    const causes = [
      refused("email: the domain is not hosted", "/users/anna"),
      refused("birthday: no date", "/users/anna"),
      refused("birthday: no date", "/classes/School1/1a"),
      new TargetFailed({ detail: "birthday: no date", evidence: evidence("/users/anna", 500) }).message,
      "The object can't be delivered: it isn't anybody's."
    ].map((error) => Cause.of(error, "anna"))
    assert.lengthOf(new Set(causes), causes.length)
    assert.strictEqual(causes[4], "The object can't be delivered: it isn't anybody's.")
  })

  it("is said to be unknown where there is no error", () => {
    assert.strictEqual(Cause.of(null), Cause.unknown)
    assert.strictEqual(Cause.of("  \n"), Cause.unknown)
  })

  it("has no name of the object, is short, and comes of any text at once", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 3_000, unit: "grapheme" }),
        fc.stringMatching(/^[a-z]{2,12}$/),
        (text, name) => {
          const cause = Cause.of(`${text} ${name} ${text}`.slice(0, 400), name)
          assert.isAtMost(cause.length, 900)
          assert.notMatch(cause, new RegExp(`(^| )${name} `))
        }
      )
    )
    const start = performance.now()
    for (const hostile of ["'", '"', "uid=a,", "a@", "1-", "…, ", "not unique: a: ", "x (GET /"])
      Cause.of(hostile.repeat(5_000), "(x+)+$")
    assert.isBelow(performance.now() - start, 1_000)
  })
})
