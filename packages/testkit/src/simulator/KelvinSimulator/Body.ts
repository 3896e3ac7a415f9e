/** Reads request bodies the way the Kelvin REST API 4.0 does: lenient about scalars, all errors of a body together. */
import type { Issue } from "./Answer.js"

/** Collects what is wrong with one body. */
export class Body {
  readonly issues: Array<Issue> = []

  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly isPatch: boolean,
    private readonly strictHosts: boolean
  ) {}

  has(field: string): boolean {
    return this.values[field] !== undefined
  }

  problem(loc: ReadonlyArray<string | number>, msg: string, type: string, ctx?: unknown): undefined {
    this.issues.push({ loc: ["body", ...loc], msg, type, ...(ctx === undefined ? {} : { ctx }) })
    return undefined
  }

  /** Null is refused, with the message of the model or the one of changes. */
  private refusesNull(field: string, value: unknown): boolean {
    if (value !== null) return false
    if (this.isPatch) this.problem([field], "Null value in property.", "value_error")
    else this.problem([field], "none is not an allowed value", "type_error.none.not_allowed")
    return true
  }

  required(field: string): boolean {
    if (this.has(field)) return true
    if (!this.isPatch) this.problem([field], "field required", "value_error.missing")
    return false
  }

  text(field: string, nullable: boolean): string | null | undefined {
    const value = this.values[field]
    if (value === undefined) return undefined
    if (nullable && value === null) return null
    if (this.refusesNull(field, value)) return undefined
    if (typeof value === "string") return value
    if (typeof value === "number") return String(value)
    if (typeof value === "boolean") return value ? "True" : "False"
    return this.problem([field], "str type expected", "type_error.str")
  }

  boolean(field: string): boolean | undefined {
    const value = this.values[field]
    if (value === undefined || this.refusesNull(field, value)) return undefined
    if (value === true || value === 1 || ["true", "yes", "on", "1"].includes(String(value).toLowerCase())) return true
    if (value === false || value === 0 || ["false", "no", "off", "0"].includes(String(value).toLowerCase()))
      return false
    return this.problem([field], "value could not be parsed to a boolean", "type_error.bool")
  }

  date(field: string): string | null | undefined {
    const value = this.values[field]
    if (value === undefined || value === null) return value
    if (value === "") return this.problem([field], "invalid date format", "value_error.date")
    const match = typeof value === "string" ? /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(value) : null
    const [year = "", month = "", day = ""] = match?.slice(1) ?? []
    if (match === null || Number(month) > 12 || Number(day) > 31 || Number(month) < 1 || Number(day) < 1) {
      return this.problem([field], "Incorrect date format, should be YYYY-MM-DD.", "value_error")
    }
    if (field === "expiration_date" && (Number(year) < 1961 || Number(year) > 2099)) {
      return this.problem([field], "Year must be between 1961 and 2099.", "value_error")
    }
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
  }

  url(field: string): string | undefined {
    const value = this.values[field]
    if (value === undefined || this.refusesNull(field, value)) return undefined
    return this.checkedUrl([field], value)
  }

  urls(field: string): ReadonlyArray<string> | undefined {
    const value = this.values[field]
    if (value === undefined || this.refusesNull(field, value)) return undefined
    if (!Array.isArray(value)) return this.problem([field], "value is not a valid list", "type_error.list")
    if (this.isPatch && value.length === 0) {
      return this.problem([field], "ensure this value has at least 1 items", "value_error.list.min_items", {
        limit_value: 1
      })
    }
    return value.flatMap((url, at) => this.checkedUrl([field, at], url) ?? [])
  }

  texts(field: string): ReadonlyArray<string> | undefined {
    const value = this.values[field]
    if (value === undefined || this.refusesNull(field, value)) return undefined
    if (!Array.isArray(value)) return this.problem([field], "value is not a valid list", "type_error.list")
    return value.map(String)
  }

  /** `school -> names`. */
  memberships(field: string): Readonly<Record<string, ReadonlyArray<string>>> | undefined {
    const value = this.values[field]
    if (value === undefined || this.refusesNull(field, value)) return undefined
    if (!isRecord(value)) return this.problem([field], "value is not a valid dict", "type_error.dict")
    return Object.fromEntries(
      Object.entries(value).map(([school, names]) => [school, Array.isArray(names) ? names.map(String) : []])
    )
  }

  record(field: string, nullable: boolean): Readonly<Record<string, unknown>> | undefined {
    const value = this.values[field]
    if (value === undefined || (value === null && nullable) || this.refusesNull(field, value)) return undefined
    return isRecord(value) ? value : this.problem([field], "value is not a valid dict", "type_error.dict")
  }

  checkedUrl(loc: ReadonlyArray<string | number>, value: unknown): string | undefined {
    if (typeof value !== "string" || !/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
      return this.problem(loc, "invalid or missing URL scheme", "value_error.url.scheme")
    }
    const host = /^https?:\/\/(\[[^\]]*\]|[^/:?#]*)/i.exec(value)?.[1] ?? ""
    const isHost = /^\d+(\.\d+){3}$/.test(host) || host.startsWith("[") || /\.[a-z]{2,}$/i.test(host)
    if (this.strictHosts && !isHost) {
      return this.problem(loc, "URL host invalid, top level domain required", "value_error.url.host")
    }
    return value
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
