/** A thread for tests: answers with what it was asked, and with what it was started with. */
import process from "node:process"
import { serve } from "@id-connector/server/process/WorkerThreadServer"

serve((data) => {
  if (data === "useless") throw new Error("it can't be made")
  return (request: string) => {
    if (request === "fail") throw new Error("it failed")
    if (request === "end") process.exit(1)
    return `${data}: ${request}`
  }
})
