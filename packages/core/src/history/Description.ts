/** What the history says, in words. */
import { describeBecause, describeIgnored } from "../mapping/Distribution.js"
import type { Actor, HistoryEntry } from "./HistoryEntry.js"

/** One sentence about an entry, to be read after its time and the name of its object. */
export const describe = (entry: HistoryEntry): string => {
  switch (entry._tag) {
    case "Decided": {
      const recipients = entry.recipients.map(
        ({ authority, because }) =>
          `${authority}${because.length === 0 ? "" : ` (${because.map(describeBecause).join(", ")})`}`
      )
      const ignored = entry.ignored.map(describeIgnored)
      return `${entry.change}: ${recipients.length === 0 ? "goes to no school authority" : `goes to ${recipients.join(", ")}`}${ignored.length === 0 ? "" : `; ${ignored.join("; ")}`}`
    }
    case "Delivered": {
      const { attempts, changed, detail, mapping, outcome, warnings } = entry
      const more = [
        ...(detail === null ? [] : [detail]),
        ...(changed === null || changed.length === 0 ? [] : [`written: ${changed.join(", ")}`]),
        ...(mapping === null ? [] : [`mapping ${mapping}`]),
        ...(attempts > 1 ? [`after ${attempts} attempts`] : []),
        ...warnings.map((warning) => `warning: ${warning}`)
      ]
      return `delivered to ${entry.authority}: ${outcome}${more.length === 0 ? "" : ` (${more.join("; ")})`}`
    }
    case "Failed":
      return `delivery to ${entry.authority} failed at attempt ${entry.attempt}, will be tried again: ${entry.reason}`
    case "GivenUp":
      return `given up at ${entry.authority} at attempt ${entry.attempt}, a dead letter: ${entry.reason}`
    case "Held":
      return `deletion at ${entry.authority} held back until somebody confirms it: ${entry.reason}`
    case "Acted":
      return `${entry.action} at ${entry.authority} by ${describeActor(entry.by)}`
  }
}

/** `admin (10.0.0.1)` */
export const describeActor = ({ address, name }: Actor): string => (address === null ? name : `${name} (${address})`)
