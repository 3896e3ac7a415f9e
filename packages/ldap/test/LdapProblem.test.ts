import { assert, describe, it } from "@effect/vitest"
import * as LdapProblem from "@id-connector/ldap/LdapProblem"
import { BusyError, InvalidCredentialsError, InvalidDNSyntaxError, NoSuchObjectError } from "ldapts"

const describeIt = (cause: unknown) => LdapProblem.describe(cause, "cn=host")

describe("LdapProblem", () => {
  it("tells who is refused from a server that is not well", () => {
    const causes = [new InvalidCredentialsError(), new NoSuchObjectError(), new InvalidDNSyntaxError(), new BusyError()]
    assert.deepStrictEqual(causes.map(LdapProblem.isLogInRefused), [true, true, true, false])
    assert.isFalse(LdapProblem.isLogInRefused(new Error("no answer")))
  })

  it("knows that an entry is missing", () => {
    assert.isTrue(LdapProblem.isMissing(new NoSuchObjectError()))
    assert.isFalse(LdapProblem.isMissing(new BusyError()))
  })

  it("names the account and where its password is from, when the server refuses it", () => {
    assert.match(describeIt(new InvalidCredentialsError()), /cn=host .*machine\.secret/)
  })

  it("says what the server says", () => {
    assert.match(describeIt(new BusyError("come back later")), /^Busy: come back later/)
  })

  it("says a code once", () => {
    assert.strictEqual(describeIt(Object.assign(new Error("failed"), { code: "EPIPE" })), "failed (EPIPE)")
    assert.strictEqual(
      describeIt(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })),
      "connect ECONNREFUSED"
    )
  })

  it("knows a certificate that is not trusted", () => {
    assert.strictEqual(
      describeIt(new Error("self-signed certificate")),
      "its certificate is not trusted: self-signed certificate. IDC_CA_FILE (or IDC_LDAP_CA_FILE) names a file with the certificate of its CA"
    )
  })
})
