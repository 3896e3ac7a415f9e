/** What the history keeps of the deliveries to a school authority, as that has configured it. */
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"

export interface HistoryRules {
  /** Old and new values of changed attributes are kept beside the entry, for {@link valueDays} at most. */
  readonly values: boolean
  /** Names of attributes whose values are never kept; UDM properties by their own names. */
  readonly except: ReadonlyArray<string>
  /** A delivery that found nothing to change is an entry, too. */
  readonly unchanged: boolean
}

/** In days. They go earlier where the history does. */
export const valueDays = 14

export const defaults: HistoryRules = { values: false, except: ["birthday", "email"], unchanged: true }

/** What is not configured has its default. */
export const of = (
  authority: Pick<SchoolAuthority, "history_values" | "history_values_except" | "history_unchanged">
): HistoryRules => ({
  values: authority.history_values ?? defaults.values,
  except: authority.history_values_except ?? defaults.except,
  unchanged: authority.history_unchanged ?? defaults.unchanged
})
