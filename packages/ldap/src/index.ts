export * as LdapConnection from "./LdapConnection.js"
export * as LdapDirectory from "./LdapDirectory.js"
export * as LdapEntry from "./LdapEntry.js"
export * as LdapPool from "./LdapPool.js"
