/** Why SQLite can't use a file, in sentences for an administrator. */

/** What helps against a damaged database. */
export const restore = "Restore it from a backup, or move it away and schedule all schools anew"

/** Whether another process holds the file. */
export const isBusy = (cause: unknown): boolean => codesIn(cause).some((code) => code.startsWith("SQLITE_BUSY"))

/** Why it could not be opened, in a sentence that says what to do. */
export const explain = (file: string, cause: unknown): string => {
  const codes = codesIn(cause)
  const has = (...some: ReadonlyArray<string>) => some.some((code) => codes.includes(code))
  if (has("SQLITE_FULL", "ENOSPC", "EDQUOT")) return "the disk is full. Make room and start again: nothing is lost"
  if (has("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "EACCES", "EPERM", "EROFS")) {
    return `the connector has no permission to write to ${file} or its directory. Give it that permission`
  }
  if (has("SQLITE_NOTADB")) return `the file is no SQLite database. ${restore}`
  if (codes.some((code) => code.startsWith("SQLITE_CORRUPT"))) return `it is damaged. ${restore}`
  if (isBusy(cause)) return "another program has locked it. Stop that one first"
  return cause instanceof Error ? cause.message : String(cause)
}

/** The codes of an error and of what caused it, the outermost first. */
const codesIn = (error: unknown, depth = 0): ReadonlyArray<string> => {
  if (typeof error !== "object" || error === null || depth > 8) return []
  const code = "code" in error && typeof error.code === "string" ? [error.code] : []
  return [...code, ...("cause" in error ? codesIn(error.cause, depth + 1) : [])]
}
