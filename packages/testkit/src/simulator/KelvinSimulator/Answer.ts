/** Answers of the Kelvin REST API 4.0, and the four shapes of its errors. */

export interface SimulatorResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: no body. */
  readonly body: string | undefined
}

/** An answer that ends the handling of a request. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Readonly<Record<string, string>> = {}
  ) {}
}

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): SimulatorResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body)
})

/** Shape A: a text. */
export const text = (status: number, detail: string): Refusal => new Refusal(status, { detail })

/** One entry of shape B. */
export interface Issue {
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly type: string
  readonly ctx?: unknown
}

/** Shape B: a list of validation errors. */
export const invalid = (issues: ReadonlyArray<Issue>): Refusal => new Refusal(422, { detail: issues })

/** Shape C: what UDM refused. */
export const udm = (status: number, property: string | null, msg: string, type: string): Refusal =>
  new Refusal(status, { detail: [{ loc: property === null ? [] : [property], msg, type: `UdmError:${type}` }] })

/** Shape D: a URL in the body that stands for nothing. */
export const unresolved = (type: string, url: string): Refusal =>
  new Refusal(404, {
    message:
      type === "user"
        ? `Could not find object of type 'user' with URL '${url}'.`
        : `Could not find object of type '${type}' with URL('${url}').`
  })

/** Python's way of writing a text. */
export const repr = (value: string): string => (value.includes("'") ? `"${value}"` : `'${value}'`)

export const noObject = (name: string): Refusal =>
  text(404, `No object with name=${repr(name)} found or not authorized.`)

export const noSchool = (name: string): Refusal => text(404, `No school with name=${repr(name)} found.`)
