/** What it means that an operation failed: for the one who asked, and in words. */
import { ResultCodeError } from "ldapts"

const invalidCredentials = 49
const noSuchObject = 32
const invalidDn = 34

/** With these a login fails because of who wants to log in. A DN that can't be one belongs to nobody. */
const notTheirs: ReadonlySet<number> = new Set([invalidCredentials, noSuchObject, invalidDn])

/** Whether there is no entry with the DN that was asked for. */
export const isMissing = (cause: unknown): boolean => cause instanceof ResultCodeError && cause.code === noSuchObject

/** Whether the server is well and refuses this DN with this password. */
export const isLogInRefused = (cause: unknown): boolean => cause instanceof ResultCodeError && notTheirs.has(cause.code)

/** What went wrong when the connector was logged in as `bindDn`. */
export const describe = (cause: unknown, bindDn: string): string => {
  if (cause instanceof ResultCodeError && cause.code === invalidCredentials) {
    return `the server refuses the password of the host account ${bindDn} (machine.secret)`
  }
  const message = messageOf(cause)
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  const text = message.includes(code) || code === "" ? message : `${message} (${code})`
  return /certificate|self.signed|altname/i.test(text)
    ? `its certificate is not trusted: ${text}. IDC_CA_FILE (or IDC_LDAP_CA_FILE) names a file with the certificate of its CA`
    : text
}

const messageOf = (cause: unknown): string => {
  if (cause instanceof ResultCodeError) return `${cause.name.replace(/Error$/, "")}: ${cause.message.trim()}`
  return cause instanceof Error ? cause.message : String(cause)
}
