/** Says to the audit log what a command is about to do to the files. */
import { Console, Effect } from "effect"
import * as AuditNotes from "../files/AuditNotes.js"
import * as SystemUser from "../process/SystemUser.js"

/** `command`: as somebody types it. It is done whether this can be written down or not. */
export const before = (appDir: string, command: string, action: string, subject: string | null) =>
  Effect.catchTag(
    AuditNotes.leave(appDir, { name: `${command} (${SystemUser.name()})`, address: null }, [{ action, subject }]),
    "NotNoted",
    ({ message }) =>
      Console.error(
        `warning: the audit log will not say that this was done, ${appDir}/data/audit can't be written: ${message}`
      )
  )

/** More than somebody reads in a line. */
const longest = 200

/** `a.json, b.json`, or their number. */
export const files = (names: ReadonlyArray<string>): string => {
  const text = names.join(", ")
  return text.length > longest ? `${names.length} files` : text
}
