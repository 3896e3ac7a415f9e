import { assert, describe, it } from "@effect/vitest"
import * as MappingChoice from "@id-connector/core/mapping/MappingChoice"
import * as FailurePolicy from "@id-connector/core/queue/out/FailurePolicy"
import * as Dn from "@id-connector/core/schools/Dn"
import * as SchoolAuthority from "@id-connector/core/schools/SchoolAuthority"
import * as SchoolMapping from "@id-connector/core/schools/SchoolMapping"
import * as SchoolName from "@id-connector/core/schools/SchoolName"
import * as SchoolRole from "@id-connector/core/schools/SchoolRole"
import {
  ConfigurationUnusable,
  CredentialsRefused,
  ObjectUndeliverable,
  ReferencesUnknown,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import { Either, FastCheck as fc, Option, Redacted, Schema } from "effect"

const evidence = { method: "POST", path: "/", requestId: null, body: null, status: 500, response: null }

describe("FailurePolicy", () => {
  const of = (error: Parameters<typeof FailurePolicy.decide>[0], attempts = 0) => {
    const { authority, item } = FailurePolicy.decide(error, { attempts, random: 0.5 })
    return [item._tag, authority._tag]
  }

  it("decides every error for the item and for the authority", () => {
    assert.deepStrictEqual(of(new TargetUnavailable({ detail: "", retryAfter: null, answered: true })), [
      "Wait",
      "Pause"
    ])
    assert.deepStrictEqual(of(new CredentialsRefused({ detail: "" })), ["Wait", "Pause"])
    assert.deepStrictEqual(of(new ConfigurationUnusable({ problems: [""] })), ["Wait", "PauseUntilConfigured"])
    assert.deepStrictEqual(of(new TargetFailed({ detail: "", evidence })), ["Again", "GoOn"])
    assert.deepStrictEqual(of(new ReferencesUnknown({ attribute: "", names: [] }), 1_000), ["Again", "GoOn"])
    assert.deepStrictEqual(of(new TargetRefused({ detail: "", evidence })), ["GiveUp", "GoOn"])
    assert.deepStrictEqual(of(new ObjectUndeliverable({ reasons: [""] })), ["GiveUp", "GoOn"])
  })

  it("lets the others go on while one delivery gets no answer and the target answers a probe, not for ever", () => {
    const unanswered = new TargetUnavailable({ detail: "", retryAfter: null, answered: false })
    const decide = (answersProbe: boolean, unansweredInARow: number, attempts = 0) => {
      const { authority, item } = FailurePolicy.decide(unanswered, {
        attempts,
        random: 0,
        answersProbe,
        unansweredInARow
      })
      return [item._tag, authority._tag]
    }
    assert.deepStrictEqual(decide(true, 0), ["Again", "GoOn"])
    assert.deepStrictEqual(decide(true, 2, 1_000), ["Again", "GoOn"])
    assert.deepStrictEqual(decide(true, 3), ["Wait", "Pause"])
    assert.deepStrictEqual(decide(false, 0), ["Wait", "Pause"])
  })

  it("gives an item up at the tenth failure of the target, not before", () => {
    const at = (attempts: number) => of(new TargetFailed({ detail: "", evidence }), attempts)[0]
    assert.deepStrictEqual([at(8), at(9), at(10)], ["Again", "GiveUp", "GiveUp"])
  })

  it("waits at least as long as the target asks", () => {
    const { authority } = FailurePolicy.decide(
      new TargetUnavailable({ detail: "", retryAfter: 17_000, answered: true }),
      {
        attempts: 0,
        random: 0
      }
    )
    assert.ok(authority._tag === "Pause" && authority.after === 17_000)
  })

  it("doubles the wait up to the longest, a fifth of it at random", () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const { first, longest } = FailurePolicy.authorityBackOff
        const wait = FailurePolicy.backOff(FailurePolicy.authorityBackOff, attempts, random)
        const whole = Math.min(longest, first * 2 ** attempts)
        assert.ok(wait >= 0.8 * whole - 1 && wait <= whole)
      })
    )
  })
})

describe("MappingChoice", () => {
  const choose = (roles: ReadonlyArray<string>, mappings: ReadonlyArray<string>) =>
    Option.getOrNull(
      Option.map(
        MappingChoice.choose(SchoolRole.parseAll(roles), SchoolName.makeSet(["Gym"]), new Set(mappings)),
        ({ name }) => name
      )
    )

  it("takes the strongest role the user has here that has a mapping", () => {
    const roles = ["student:school:gym", "teacher:school:GYM", "staff:school:Gym"]
    assert.strictEqual(choose(roles, ["users", "users_student", "users_teacher", "users_staff"]), "users_staff")
    assert.strictEqual(choose(roles, ["users", "users_student", "users_teacher"]), "users_teacher")
    assert.strictEqual(choose(roles, ["users", "users_school_admin"]), "users")
  })

  it("does not count roles elsewhere or of another context", () => {
    assert.strictEqual(choose(["teacher:school:other", "teacher:exam:gym", "odd"], ["users", "users_teacher"]), "users")
  })

  it("has no choice without a mapping", () => {
    assert.strictEqual(choose(["teacher:school:gym"], ["users_student", "school_classes"]), null)
  })
})

describe("SchoolRole", () => {
  it("takes the first role that fits", () => {
    const of = (...options: Array<string>) => SchoolRole.fromOptions(options)
    assert.deepStrictEqual(of("ucsschoolStaff", "ucsschoolTeacher", "ucsschoolStudent"), ["staff", "teacher"])
    assert.deepStrictEqual(of("ucsschoolStudent", "ucsschoolStaff"), ["staff"])
    assert.deepStrictEqual(of("ucsschoolLegalGuardian", "ucsschoolStudent"), ["student"])
    assert.deepStrictEqual(of("default"), [])
  })
})

describe("SchoolAuthority", () => {
  const file = { name: "T1", url: "https://k.example.com/ucsschool/kelvin/v1/", plugin_configs: {} }
  const isName = (name: string) => Either.isRight(SchoolAuthority.decode({ ...file, name }))

  it("takes no name that could be a path", () => {
    assert.deepStrictEqual(["T1", "Träger 1", "a.b-c_d", "x".repeat(128)].map(isName), [true, true, true, true])
    assert.deepStrictEqual(
      ["", ".", "..", "a/b", "a\\b", "x".repeat(129), "a\nb", "a\0"].map(isName),
      Array(8).fill(false)
    )
  })

  it("has defaults where the configuration says nothing", () => {
    const authority = Either.getOrThrow(SchoolAuthority.decode(file))
    assert.deepStrictEqual([authority.active, authority.plugins], [false, []])
  })

  it("says everything that is wrong, with its path", () => {
    const problems = Either.getOrThrow(
      Either.flip(SchoolAuthority.decode({ name: "..", url: "ftp://x", active: "yes" }))
    )
    assert.deepStrictEqual(
      problems.map((problem) => problem.split(":")[0]),
      ["name", "active", "url", "plugin_configs"]
    )
  })

  it("shows no secret that stands where a configuration is expected", () => {
    for (const plugin_configs of ["topsecret", { kelvin: "topsecret" }]) {
      const problems = Either.getOrThrow(Either.flip(SchoolAuthority.decode({ ...file, plugin_configs })))
      assert.ok(problems.length > 0 && !problems.join().includes("topsecret"))
    }
  })

  it("keeps secrets Redacted, and gives them back only when it is encoded", () => {
    const secrets = { password: "topsecret", token: "t", key: "k" }
    const authority = Either.getOrThrow(
      SchoolAuthority.decode({ ...file, plugin_configs: { kelvin: { ...secrets, username: "u" } } })
    )
    assert.ok(!JSON.stringify(authority).includes("topsecret"))
    assert.ok(Redacted.isRedacted(authority.plugin_configs.kelvin?.password))
    const encoded = Schema.encodeSync(SchoolAuthority.SchoolAuthority)(authority)
    assert.deepStrictEqual(encoded.plugin_configs, { kelvin: { ...secrets, username: "u" } })
  })
})

describe("SchoolMapping", () => {
  it("reads both forms of its file, and finds schools in any case", () => {
    for (const file of [{ mapping: { Gym: "A", mapping: "B" } }, { Gym: "A", mapping: "B" }]) {
      const mapping = Either.getOrThrow(SchoolMapping.decode(file))
      assert.deepStrictEqual([mapping.authorityOf("GYM"), mapping.authorityOf("x")], ["A", undefined])
      assert.ok(mapping.schoolsOf("A").has("gym"))
      assert.deepStrictEqual(mapping.schoolsOf("B").names, ["mapping"])
    }
    assert.ok(Either.isLeft(SchoolMapping.decode({ mapping: { Gym: 5 } })))
    assert.ok(Either.isLeft(SchoolMapping.decode([])))
  })
})

describe("Dn", () => {
  it("takes escapes for what they stand for", () => {
    assert.deepStrictEqual(Option.getOrNull(Dn.firstValue("uid=M\\C3\\BCller\\, J.,ou=X,dc=e")), "Müller, J.")
    assert.deepStrictEqual(Option.getOrNull(Dn.school("uid=a\\,ou=b,cn=c,OU = Gym ,dc=e")), "Gym")
  })

  it("is not taken in by what is no DN", () => {
    for (const text of ["", "anna", "=a", "uid=", "uid=a,,dc=e"]) assert.ok(Option.isNone(Dn.parse(text)), text)
  })

  it("gives every text a key", () => {
    fc.assert(fc.property(fc.string(), (text) => assert.strictEqual(typeof Dn.key(text), "string")))
  })
})
