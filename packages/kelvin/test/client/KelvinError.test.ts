import { assert, describe, it } from "@effect/vitest"
import {
  CredentialsRefused,
  TargetFailed,
  TargetRefused,
  TargetUnavailable
} from "@id-connector/core/targets/DeliveryError"
import * as KelvinError from "@id-connector/kelvin/client/KelvinError"
import * as Masking from "@id-connector/kelvin/client/Masking"

const now = Date.UTC(2026, 0, 1, 12, 0, 0)

const sent: KelvinError.Sent = {
  method: "POST",
  path: "/ucsschool/kelvin/v1/users/?x=1",
  requestId: "7d9f2c1e-0000-4000-8000-000000000000",
  body: { name: "anna.m", password: "s3cr3t", nested: [{ kelvin_password_hashes: { user_password: ["s3cr3t"] } }] }
}

const of = (status: number, body: unknown, headers: { readonly [name: string]: string } = {}) =>
  KelvinError.fromResponse(sent, status, headers, typeof body === "string" ? body : JSON.stringify(body), now)

/** The error, if it is of the class that is expected. */
const as = <A extends KelvinError.KelvinError>(
  error: KelvinError.KelvinError,
  expected: new (...args: never) => A
): A => (error instanceof expected ? error : assert.fail(`${expected.name} is expected, actual ${String(error)}`))

const apache = (status: string) =>
  `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status}</title>\n<style>b { x: y }</style></head><body>\n<h1>${status}</h1>\n<p>The server is\nbusy.</p></body></html>`

describe("KelvinError.fromResponse", () => {
  describe("bodies become one readable line", () => {
    it("of a text", () => {
      const body = { detail: "Failed to create x:\n  Mandatory attribute." }
      assert.strictEqual(as(of(400, body), TargetRefused).detail, "Failed to create x: Mandatory attribute.")
    })

    it("of a validation list, each error with its place", () => {
      const detail = [
        { loc: ["body", "firstname"], msg: "field required", type: "value_error.missing" },
        { loc: ["body", "roles", 0], msg: "invalid or missing URL scheme", type: "value_error.url.scheme" }
      ]
      const expected = "body.firstname: field required; body.roles.0: invalid or missing URL scheme"
      assert.strictEqual(as(of(422, { detail }), TargetRefused).detail, expected)
    })

    it("of a UDM list, whose place may be empty", () => {
      const detail = [
        { loc: ["mailPrimaryAddress"], msg: "The domain is not hosted.", type: "UdmError:CreateError" },
        { loc: [], msg: "Unprocessable Entity", type: "UdmError:APICommunicationError" }
      ]
      const expected = "mailPrimaryAddress: The domain is not hosted.; Unprocessable Entity"
      assert.strictEqual(as(of(422, { detail }), TargetRefused).detail, expected)
    })

    it("of a page of a proxy, without its mark-up", () => {
      const { detail } = as(of(503, apache("503 Service Unavailable")), TargetUnavailable)
      assert.strictEqual(detail, "status 503: 503 Service Unavailable 503 Service Unavailable The server is busy.")
    })

    it("of nothing at all, or of what was never documented", () => {
      assert.strictEqual(as(of(500, ""), TargetFailed).detail, "status 500")
      assert.strictEqual(as(of(500, "Internal Server Error"), TargetFailed).detail, "Internal Server Error")
      assert.strictEqual(as(of(400, "[]"), TargetRefused).detail, "[]")
      assert.strictEqual(as(of(400, "null"), TargetRefused).detail, "null")
      assert.strictEqual(as(of(400, { detail: { a: 1 } }), TargetRefused).detail, '{"a":1}')
      assert.strictEqual(as(of(400, { detail: [null, "x", {}] }), TargetRefused).detail, "null; x; {}")
    })

    it("that is cut when it is long, quickly even for a page made to be slow", () => {
      assert.isAtMost(as(of(400, { detail: "x".repeat(5_000) }), TargetRefused).detail.length, 503)
      assert.isAtMost(as(of(500, "<script".repeat(300_000)), TargetFailed).detail.length, 203)
    })
  })

  describe("statuses", () => {
    it("400, 422: refused; that another account is in the way is told apart", () => {
      for (const status of [400, 422]) assert.isFalse(as(of(status, { detail: "no" }), TargetRefused).isConflict)
      const taken = { detail: "{'email': ['The email address is already taken by another user.']}" }
      assert.isTrue(as(of(400, taken), TargetRefused).isConflict)
    })

    it("redirections, 405, 408, 423 and pages of a gateway: not the target's own, in a sentence", () => {
      for (const status of [302, 405, 408, 423]) assert.isTrue(as(of(status, apache("no")), TargetFailed).isForeign)
      for (const status of [400, 404, 409, 422, 500])
        assert.isTrue(as(of(status, apache("no")), TargetFailed).isForeign)
      assert.match(
        as(of(302, apache("Moved")), TargetFailed).message,
        /something in front of the Kelvin REST API \(such as a proxy\) answers with status 302: Moved/
      )
      assert.isFalse(as(of(500, "Internal Server Error"), TargetFailed).isForeign)
    })

    it("429, 502, 503, 504: unavailable, whatever the body is", () => {
      const udm = { detail: [{ loc: [], msg: "UDM REST Unavailable", type: "UdmError:APICommunicationError" }] }
      for (const status of [429, 502, 503, 504]) {
        for (const body of ["", apache("x"), udm]) as(of(status, body), TargetUnavailable)
      }
      assert.strictEqual(as(of(503, udm), TargetUnavailable).detail, "status 503: UDM REST Unavailable")
    })

    it("other 5xx: failed", () => {
      for (const status of [500, 501, 507]) as(of(status, { detail: "Internal server error" }), TargetFailed)
    })

    it("401 with a text: the token; with a list: the server's own access to UDM", () => {
      assert.strictEqual(as(of(401, { detail: "Unauthorized" }), KelvinError.TokenRefused).detail, "Unauthorized")
      as(of(401, apache("401")), KelvinError.TokenRefused)
      as(of(401, { detail: [{ loc: [], msg: "Unauthorized", type: "UdmError:APICommunicationError" }] }), TargetFailed)
    })

    it("403: credentials", () => {
      as(of(403, apache("403 Forbidden")), CredentialsRefused)
    })

    it("409: exists already", () => {
      assert.strictEqual(
        as(of(409, { detail: "School user exists." }), KelvinError.AlreadyExists).detail,
        "School user exists."
      )
    })
  })

  describe("404", () => {
    it("in the API's words: the object, or its school, is not there", () => {
      const detail = "No object with name='x' found or not authorized."
      assert.strictEqual(as(of(404, { detail }), KelvinError.NotFound).detail, detail)
      as(of(404, { detail: "No school with name='GYM9' found." }), KelvinError.NotFound)
    })

    it("with a message: a reference in the body, with its name and type", () => {
      const message =
        "Could not find object of type 'user' with URL 'http://kelvin.example.com/ucsschool/kelvin/v1/users/no%20body'."
      const error = as(of(404, { message }), KelvinError.UnresolvedReference)
      assert.strictEqual(error.url, "http://kelvin.example.com/ucsschool/kelvin/v1/users/no%20body")
      assert.deepStrictEqual([error.type, error.name], ["user", "no body"])
    })

    it("with a message in the other wording, or with quotes in the name", () => {
      const role = "Could not find object of type 'role' with URL('http://h.example.com/x/roles/y')."
      const { name, type } = as(of(404, { message: role }), KelvinError.UnresolvedReference)
      assert.deepStrictEqual([type, name], ["role", "y"])
      for (const quote of ["'", '"']) {
        const message = `Could not find object of type 'user' with URL ${quote}http://h.example.com/users/o'brien${quote}.`
        assert.strictEqual(as(of(404, { message }), KelvinError.UnresolvedReference).name, "o'brien")
      }
      assert.strictEqual(as(of(404, { message: "Nothing." }), KelvinError.UnresolvedReference).url, "")
    })

    it("of a proxy, or for an address the API does not have, does not say that the object is gone", () => {
      for (const body of [apache("404 Not Found"), "", { detail: "Not Found" }, { detail: [] }, {}]) {
        as(of(404, body), TargetFailed)
      }
    })
  })

  describe("Retry-After", () => {
    const retryAfter = (header: string) => as(of(503, "", { "retry-after": header }), TargetUnavailable).retryAfter

    it("is read as seconds or as a date", () => {
      assert.strictEqual(retryAfter("120"), 120_000)
      assert.strictEqual(retryAfter("Thu, 01 Jan 2026 12:00:30 GMT"), 30_000)
      assert.strictEqual(retryAfter("Thu, 01 Jan 2026 11:00:00 GMT"), 0)
    })

    it("is left alone when it is neither, or missing", () => {
      for (const header of ["soon", "1.5", "-3", ""]) assert.isNull(retryAfter(header))
      assert.isNull(as(of(503, ""), TargetUnavailable).retryAfter)
    })
  })

  describe("evidence", () => {
    it("names the request and holds its body without secrets", () => {
      const { evidence } = as(of(422, { detail: "no" }), TargetRefused)
      assert.deepStrictEqual(evidence, {
        method: "POST",
        path: sent.path,
        requestId: sent.requestId,
        body: { name: "anna.m", password: "**********", nested: [{ kelvin_password_hashes: "**********" }] },
        status: 422,
        response: { detail: "no" }
      })
    })

    it("has no secrets that an answer repeats, as JSON, as a page, or cut off", () => {
      for (const body of [
        { echo: { password: "s3cr3t" } },
        { detail: { password: "s3cr3t" } },
        { detail: [{ password: "s3cr3t" }] },
        { message: "no", kelvin_password_hashes: { user_password: ["s3cr3t"] } },
        '<p>{"password": "ge\\"s3cr3t", "krb_5_key": ["s3cr3t", "s3cr3t"]}</p>',
        '{"kelvin_password_hashes": {"user_password": ["s3cr3t"], "samba_nt_password": "s3cr3t"',
        "username=a&password=s3cr3t"
      ]) {
        for (const status of [400, 404, 500, 503]) assert.notInclude(JSON.stringify(of(status, body)), "s3cr3t")
      }
    })

    it("keeps the beginning of a long answer only", () => {
      for (const body of ["x".repeat(9_000), { detail: "no", more: "x".repeat(9_000) }]) {
        assert.isAtMost(JSON.stringify(as(of(500, body), TargetFailed).evidence.response).length, 2_100)
      }
    })
  })
})

describe("Masking", () => {
  it("leaves what is no secret as it is", () => {
    const value = { name: "password", list: [1, null, { a: true }] }
    assert.deepStrictEqual(Masking.masked(value), value)
    assert.strictEqual(Masking.maskedText('"name": "password"'), '"name": "password"')
  })

  it("makes one line, without control characters", () => {
    assert.strictEqual(Masking.short(" a\r\n\tb\u001b[31m \u0000c "), "a b [31m c")
  })
})
