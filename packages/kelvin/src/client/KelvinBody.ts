/** The JSON of requests that write users and classes: names become URLs, hashes get the API's names. */

import type { PasswordHashes } from "@id-connector/core/directory/PasswordHashes"
import type { Attributes } from "@id-connector/core/mapping/AttributeMapping"
import { Redacted } from "effect"
import type { KelvinUrls } from "./KelvinUrl.js"

/** Secrets to send along, each only where it is to be set. The API refuses both at once. */
export interface Secrets {
  readonly hashes: PasswordHashes | null
  readonly password: Redacted.Redacted<string> | null
}

/** A user's attributes as the API takes them: schools and roles as URLs, everything else as it is. */
export const encode = (urls: KelvinUrls, attributes: Attributes, { hashes, password }: Secrets): Attributes => {
  const body: Record<string, unknown> = { ...attributes }
  if (typeof body.school === "string") body.school = urls.school(body.school)
  if (Array.isArray(body.schools)) body.schools = body.schools.map((name) => urls.school(String(name)))
  if (Array.isArray(body.roles)) body.roles = body.roles.map((name) => urls.role(String(name)))
  if (hashes !== null) body.kelvin_password_hashes = encodeHashes(hashes)
  else if (password !== null) body.password = Redacted.value(password)
  return body
}

/** A class's attributes as the API takes them: school and members as URLs. */
export const encodeClass = (urls: KelvinUrls, attributes: Attributes): Attributes => {
  const body: Record<string, unknown> = { ...attributes }
  if (typeof body.school === "string") body.school = urls.school(body.school)
  if (Array.isArray(body.users)) body.users = body.users.map((name) => urls.user(String(name)))
  return body
}

/** Mind the API's spelling: `krb_5_key`, but `krb5_key_version_number`. */
const encodeHashes = (hashes: PasswordHashes) => {
  const plain = Redacted.value(hashes)
  return {
    user_password: plain.userPassword,
    samba_nt_password: plain.sambaNTPassword,
    krb_5_key: plain.krb5Key,
    krb5_key_version_number: plain.krb5KeyVersionNumber,
    samba_pwd_last_set: plain.sambaPwdLastSet
  }
}
