import { assert, describe, it } from "@effect/vitest"
import * as KelvinError from "@id-connector/kelvin/client/KelvinError"
import * as KelvinLogIn from "@id-connector/kelvin/client/KelvinLogIn"
import * as Masking from "@id-connector/kelvin/client/Masking"
import { Redacted } from "effect"

const crypt = "{crypt}$6$xSalt'Salt$Kq/8Yd+0Lz9mAbCdEfGhIjKlMnOp\"QrStUvWxYz"
const nt = "8846F7EAEE8FB117AD06BDD830B7586C"
const krb5 = "MB2hGzAZoAMCARGhEgQQ3q2+796tvu/erb7v3q2+7w=="
const hashes = { user_password: [crypt], samba_nt_password: nt, krb_5_key: [krb5], krb5_key_version_number: 2 }
const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

const sent: KelvinError.Sent = {
  method: "POST",
  path: "/ucsschool/kelvin/v1/users/",
  requestId: null,
  body: { name: "anna.m", udm_properties: { title: "Dr." }, kelvin_password_hashes: hashes },
  secrets: [token]
}

const statuses = [302, 400, 401, 403, 404, 409, 422, 429, 500, 503]

/** Every text that is kept of an answer, for each status. */
const kept = (answer: unknown): string =>
  statuses
    .map((status) =>
      KelvinError.fromResponse(sent, status, {}, typeof answer === "string" ? answer : JSON.stringify(answer), 0)
    )
    .map((error) => JSON.stringify({ ...error, message: error.message }))
    .join("\n")

/** No eight characters of a secret in a row are there, in whatever case. */
const assertHidden = (
  text: string,
  secrets: ReadonlyArray<string> = [crypt.slice("{crypt}".length), nt, krb5, token]
) => {
  const searched = text.toLowerCase()
  for (const secret of secrets) {
    for (let at = 0; at + 8 <= secret.length; at++) {
      assert.notInclude(searched, secret.slice(at, at + 8).toLowerCase())
    }
  }
}

describe("Secrets of a request that its target repeats are hidden, wherever it repeats them:", () => {
  const python = `{'user_password': ['${crypt.replaceAll("'", "\\'")}'], 'samba_nt_password': '${nt}'}`
  const answers: { readonly [what: string]: unknown } = {
    "in a sentence": { detail: `The value ${nt} is not valid, nor is ${crypt}.` },
    "in a list of problems": {
      detail: [{ loc: ["body", nt], msg: `bad: ${krb5}`, type: "value_error", input: crypt }]
    },
    "in problems without a sentence": { detail: [{ input: hashes }, [crypt], nt] },
    "under other names": { error: { given: [crypt, nt, krb5], [nt]: 1 } },
    "in a message": {
      message: `Could not find object of type 'user' with URL 'https://h.example.com/${nt}'.`,
      x: crypt
    },
    "as a text alone": JSON.stringify(krb5),
    "in small letters": `<h1>500</h1> ${nt.toLowerCase()}`,
    "as JSON in JSON": { detail: JSON.stringify(JSON.stringify({ other: hashes })) },
    "as Python shows it": { detail: python },
    "in a page": `<pre>${crypt.replaceAll('"', "&quot;")} ${krb5}</pre>`,
    "in an address": `/x?a=${encodeURIComponent(crypt)}&b=${new URLSearchParams({ c: krb5 }).toString()}`,
    "cut off": { detail: `${nt.slice(0, 20)}... is too long, ...${crypt.slice(-20)} too` },
    "with the token": { detail: `unknown token Bearer ${token}`, headers: { Authorization: `Bearer ${token}` } },
    "cut off by us": `${"x".repeat(1_985)}${nt}`
  }
  for (const [what, answer] of Object.entries(answers)) it(what, () => assertHidden(kept(answer)))

  it("and what is no secret stays", () => {
    const text = kept({ detail: "Dr. anna.m has krb5_key_version_number 2: value_error" })
    assert.include(text, "Dr. anna.m has krb5_key_version_number 2: value_error")
  })
})

describe("Masking.hiding", () => {
  it("hides short passwords, too, one or two characters only where they stand alone", () => {
    assert.strictEqual(Masking.hiding(["geheim"])("Geheim, ungeheim"), "**********, un**********")
    assert.strictEqual(Masking.hiding(["ge heim&"])("password=ge+heim%26"), "password=**********")
    assert.strictEqual(Masking.hiding(["a"])("a banana 'A'"), "********** banana '**********'")
    assert.strictEqual(Masking.hiding(["ä.*"])("ä.* abc \\u00e4.*"), "********** abc **********")
  })

  it("leaves a text alone when there are no secrets, or empty ones", () => {
    assert.strictEqual(Masking.hiding(["", ""])("anything"), "anything")
  })
})

describe("The password of the target's account", () => {
  it("is hidden when a log-in is answered with it", () => {
    const password = "Sch0ol+Wörd ?geheim"
    for (const status of statuses) {
      for (const text of [
        JSON.stringify({ detail: `wrong password ${password}` }),
        JSON.stringify({ detail: [{ loc: ["body"], msg: "no", input: { given: password } }] }),
        `<p>${new URLSearchParams({ given: password }).toString()}</p>`
      ]) {
        const url = "https://h.example.com/ucsschool/kelvin/token"
        const answer = KelvinLogIn.tokenIn({ status, headers: {}, text }, url, 0, Redacted.make(password))
        assertHidden(JSON.stringify(answer), [password])
      }
    }
  })
})

describe("Answers made to be slow or deep", () => {
  const long = 1_000_000
  const answers: { readonly [what: string]: string } = {
    "tags that do not end": "<".repeat(long),
    "scripts that do not end": "<script".repeat(long / 7),
    "quoted URLs": JSON.stringify({ message: "'https://".repeat(20_000) }),
    "a secret field that does not begin": '"password"'.repeat(long / 10),
    "a secret field with space": `"password"${" ".repeat(long)}`,
    "a secret field with nothing but escapes": `"password": "${"\\".repeat(long)}`,
    "white space": " ".repeat(long),
    depth: "[".repeat(long / 2) + "]".repeat(long / 2),
    "depth of an error": `{"detail":${"[".repeat(90_000)}${"]".repeat(90_000)}}`,
    "depth of objects": `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`,
    "many problems": JSON.stringify({ detail: Array(20_000).fill({ loc: ["a"], msg: nt }) }),
    "the beginning of a secret": nt.slice(0, 9).repeat(long / 9),
    numbers: "1".repeat(long)
  }
  for (const [what, answer] of Object.entries(answers)) {
    it(`are read at once: ${what}`, () => {
      const before = performance.now()
      assert.isBelow(kept(answer).length, 100_000)
      // For ten statuses.
      assert.isBelow(performance.now() - before, 1_000)
    })
  }
})
