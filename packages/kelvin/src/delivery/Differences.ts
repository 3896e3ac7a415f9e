/** What a plan changes at a target, attribute by attribute. Pure. */
import { isSecret } from "@id-connector/core/history/ChangedValues"
import type { Attributes, Mapped } from "@id-connector/core/mapping/AttributeMapping"
import type { Difference } from "@id-connector/core/targets/Plugin"
import { sameValue } from "./Equality.js"

/** By attribute; `udm_properties` each for itself, and only those that differ. */
export const of = (wanted: Attributes, current: Attributes): ReadonlyArray<Difference> =>
  Object.entries(wanted).flatMap(([attribute, value]): ReadonlyArray<Difference> => {
    const there = current[attribute] ?? null
    if (attribute !== "udm_properties") return [{ attribute, current: there, wanted: value }]
    const before = properties(there)
    return Object.entries(properties(value))
      .filter(([key, value]) => !sameValue(value, before[key]))
      .map(([key, value]) => ({ attribute: `${udm}${key}`, current: before[key] ?? null, wanted: value }))
  })

const udm = "udm_properties."

const properties = (value: unknown): Attributes =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/**
 * {@link of} for the history, where that wants them. Without what has its value from a secret here, by whatever name it has there:
 * the history can't know that.
 */
export const wanted = (
  { wantsDifferences }: { readonly wantsDifferences: boolean },
  { sources }: Pick<Mapped, "sources">,
  changed: () => Attributes,
  current: object
): { readonly differences?: ReadonlyArray<Difference> } => {
  if (!wantsDifferences) return {}
  const isFromSecret = (attribute: string): boolean => {
    const there = attribute.startsWith(udm) ? attribute.slice(udm.length) : attribute
    return Object.hasOwn(sources, there) && isSecret(sources[there] ?? "")
  }
  return { differences: of(changed(), { ...current }).filter(({ attribute }) => !isFromSecret(attribute)) }
}
