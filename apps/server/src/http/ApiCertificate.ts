// @effect-diagnostics nodeBuiltinImport:off
// Node.js knows whether they fit.
/** Certificate and key of the management API: read, and looked at before anybody relies on them. */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import { Either } from "effect"
import * as TrustedCertificates from "../process/TrustedCertificates.js"

export interface Pair {
  readonly cert: Buffer
  readonly key: Buffer
}

/** The pair, or everything that is wrong with it; each names its variable and its file. */
export const read = (files: {
  readonly cert: string
  readonly key: string
}): Either.Either<Pair, ReadonlyArray<string>> => {
  const cert = content("IDC_HTTP_TLS_CERT", files.cert)
  const key = content("IDC_HTTP_TLS_KEY", files.key)
  const parsedCert = Either.flatMap(cert, (text) =>
    parsed(() => new Crypto.X509Certificate(text), `IDC_HTTP_TLS_CERT: ${files.cert} holds no certificate (PEM).`)
  )
  const parsedKey = Either.flatMap(key, (text) =>
    parsed(
      () => Crypto.createPrivateKey(text),
      `IDC_HTTP_TLS_KEY: ${files.key} holds no private key (PEM), or one that needs a password.`
    )
  )
  if (Either.isLeft(parsedCert) || Either.isLeft(parsedKey) || Either.isLeft(cert) || Either.isLeft(key)) {
    return Either.left([...problemIn(parsedCert), ...problemIn(parsedKey)])
  }
  return parsedCert.right.checkPrivateKey(parsedKey.right)
    ? Either.right({ cert: cert.right, key: key.right })
    : Either.left([
        `IDC_HTTP_TLS_KEY: the key in ${files.key} does not belong to the certificate in ${files.cert} (IDC_HTTP_TLS_CERT).`
      ])
}

const problemIn = (result: Either.Either<unknown, string>): ReadonlyArray<string> =>
  Either.isLeft(result) ? [result.left] : []

const content = (variable: string, file: string): Either.Either<Buffer, string> =>
  Either.try({
    try: () => Fs.readFileSync(file),
    catch: (cause) => `${variable}: ${file} ${TrustedCertificates.unreadable(cause)}.`
  })

const parsed = <A>(read: () => A, problem: string): Either.Either<A, string> =>
  Either.try({ try: read, catch: () => problem })
