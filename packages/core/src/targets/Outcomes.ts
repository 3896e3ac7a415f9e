/** What deliveries come to. */
import * as Sentence from "../input/Sentence.js"

export const outcomes = ["created", "modified", "unchanged", "removed", "absent", "ignored", "stepped aside"] as const

/** What was done at the target. `absent`: it was to be removed and is not there; `ignored`: the target does not want it. */
export type Outcome = (typeof outcomes)[number]

/** Why an outcome is what it is, where that is not plain. */
export const outcomeSentences = {
  identity_unknown: "nothing is known of the user's identity",
  account_of_another: "the account {account} belongs to another user of the source by now and stays",
  no_school_there: "the target has none of the user's schools",
  classes_ignored: 'the mapping has no "school_classes"',
  class_unknown: "nothing is known of the class",
  class_of_another: "another class of the source directory has the name by now",
  no_school_class: "not a school class",
  school_missing: "the target has no school {school}"
} as const

/** Why an outcome is what it is. */
export const sayWhy: Sentence.Saying<typeof outcomeSentences> = Sentence.saying(outcomeSentences)
