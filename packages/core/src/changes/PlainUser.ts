/**
 * Changed users as nearly all listener files have them: whole, and not preprocessed. To see that takes a tenth of what it
 * takes to find out what is wrong with the others, which is the schema's work; a property test holds the two together.
 */
import { userOptions } from "../schools/SchoolRole.js"

export interface PlainUser {
  readonly id: string
  readonly dn: string
  readonly options: ReadonlyArray<string>
  readonly object: {
    readonly username: string
    readonly school: readonly [string, ...ReadonlyArray<string>]
    readonly ucsschoolRecordUID?: string | null | undefined
    readonly ucsschoolSourceUID?: string | null | undefined
    readonly ucsschoolRole?: string | ReadonlyArray<string> | null | undefined
  }
  readonly old_data?: null | undefined
  readonly user_passwords?: null | undefined
}

type Json = { readonly [key: string]: unknown }

/** False says nothing: the file may still be good. `udm_object_type` is not looked at. */
export const isPlainUser = (json: unknown): json is PlainUser =>
  isRecord(json) &&
  isName(json.id) &&
  isName(json.dn) &&
  isTexts(json.options) &&
  json.options.includes("default") &&
  json.options.some(isUserOption) &&
  isNothing(json.old_data) &&
  isNothing(json.user_passwords) &&
  isRecord(json.object) &&
  isName(json.object.username) &&
  Array.isArray(json.object.school) &&
  json.object.school.length > 0 &&
  json.object.school.every(isName) &&
  isTextOrNothing(json.object.ucsschoolRecordUID) &&
  isTextOrNothing(json.object.ucsschoolSourceUID) &&
  (isTextOrNothing(json.object.ucsschoolRole) || isTexts(json.object.ucsschoolRole))

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === "string"

const isName = (value: unknown): value is string => typeof value === "string" && value !== ""

const isTexts = (value: unknown): value is ReadonlyArray<string> => Array.isArray(value) && value.every(isText)

const isNothing = (value: unknown): boolean => value === undefined || value === null

const isTextOrNothing = (value: unknown): boolean => isNothing(value) || isText(value)

const isUserOption = (option: string): boolean => userOptions.some((userOption) => userOption === option)
