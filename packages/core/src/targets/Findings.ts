/**
 * What can be found out about a school authority, its configuration and its target, each with its code: what a program decides by,
 * and what is said in another language.
 */
import * as Problems from "../input/Problems.js"
import * as Sentence from "../input/Sentence.js"
import { keyUnread } from "../input/Similar.js"
import { deliverySentences } from "./DeliveryError.js"
import type { Finding } from "./Plugin.js"

/** Of the configuration. They are read after a path: `plugin_configs.kelvin: is not used, ...`. */
const ofConfiguration = {
  ...Problems.problemSentences,
  field_required: "field required",
  authority_not_configured: "The school authority is not configured. Its items wait until it is.",
  mapped_not_configured:
    'The school authority "{school_authority}" is not configured: what changes for its schools waits until it is.',
  mapping_unusable: "{problem}. The last mapping stays in effect",
  plugin_missing: 'there is no plugin "{plugin}" (there are: {known})',
  plugin_unused: 'is not used, since "plugins" does not name it',
  plugin_key_unread: `{plugin} ${keyUnread}`,
  key_left_out: "is not known and is left out (known are: {known})",
  key_without_effect: "is not known and has no effect (known are: {known})",
  plugin_not_configured: "is missing, so neither account nor mapping is known",
  url_unsafe: "https is needed, otherwise passwords could be read on the way: {expected} is expected, actual {actual}",
  wards_not_mapped:
    '"ucsschoolLegalGuardian" is mapped for students, but "ucsschoolLegalWard" is not mapped for legal guardians: map both or none',
  guardians_not_mapped:
    '"ucsschoolLegalWard" is mapped for legal guardians, but "ucsschoolLegalGuardian" is not mapped for students: map both or none',
  mapping_incomplete: "nothing is mapped to {attributes}: the target refuses users without them",
  users_not_mapped: "is missing: users without a role that has a mapping of its own can't be delivered",
  classes_not_mapped: "is missing: school classes are not synchronised",
  function_unused: 'nothing is mapped from "{key}", which the plugin has a function for'
} as const

/** Of the target. */
const ofTarget = {
  ...deliverySentences,
  account_known: "The target answers and knows the account.",
  ping_answered: "The plugin has no check of its own. Its ping went well.",
  roles_known: "The target knows {roles}.",
  roles_missing: "The target does not know {roles}: users with these roles can't be delivered.",
  no_schools: "The mapping gives no school to this authority: it gets nothing.",
  schools_known: "The target has {common} of the {schools} schools that the mapping gives to it.",
  schools_missing:
    "The target does not have {schools}: users who are only in these schools are not created at the target.",
  properties_known: "The target knows all that is mapped for a {object}.",
  properties_unknowable:
    "No {object} was found at the target that shows which UDM properties it knows: the mapped ones were not checked.",
  properties_unread: "could not be looked at: {reason}",
  property_unknown:
    'The target does not know the UDM property "{property}" of a {object}: it refuses objects that have it.'
} as const

/** What a plugin says in words of its own. */
const ofPlugins = { plugin: "{text}" } as const

export const findingSentences = { ...ofConfiguration, ...ofTarget, ...ofPlugins } as const

export type FindingCode = keyof typeof findingSentences

export const findingCodes = Object.keys(findingSentences) as ReadonlyArray<FindingCode>

/** A sentence about an authority, its configuration or its target. */
export const say: Sentence.Saying<typeof findingSentences> = Sentence.saying(findingSentences)

/** A finding for people and programs. */
export interface CodedFinding extends Finding {
  readonly code: FindingCode
  readonly values: Sentence.Values
  /** Who found it; null: the configuration as a whole. */
  readonly plugin: string | null
}

const read = Sentence.reader({ ...ofConfiguration, ...ofTarget })

/**
 * With its code. One that a plugin has given counts where the connector has it and says the same; else the finding is the plugin's
 * own, with whatever values it has given.
 */
export const coded = ({ about, code, severity, text, values }: Finding, plugin: string | null): CodedFinding => {
  const own = { ...values, ...(code === undefined ? {} : { code }), text }
  const said = read(text) ?? { code: "plugin" as const, values: own, text }
  return { severity, about, ...said, plugin }
}

/** Of a text that begins with the path that it is about: `plugin_configs.kelvin.url: is missing`. */
export const ofProblem = (severity: "warning" | "error", problem: string): CodedFinding => {
  const [, about = "configuration", text = problem] = /^([^\s:]+): ([\s\S]*)$/.exec(problem) ?? []
  return coded({ severity, about, text }, null)
}
