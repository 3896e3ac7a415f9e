import { LdapDirectory } from "@id-connector/ldap"
import { Effect, Redacted } from "effect"

/** The source directory, read with the account of the host. */
export const directory = LdapDirectory.layer({
  server: { host: "dc1.example.com", port: 7389, tls: "starttls", ca: null, timeLimit: 20_000 },
  base: "dc=example,dc=com",
  bindDn: "cn=connector,cn=memberserver,cn=computers,dc=example,dc=com",
  password: Effect.sync(() => Redacted.make(process.env.HOST_PASSWORD ?? ""))
})
