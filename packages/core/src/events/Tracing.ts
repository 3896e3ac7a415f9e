/**
 * The way of a change from its file to every school authority, for whoever follows it. Nobody does unless somebody provides
 * {@link Tracing}: then nothing of this is done.
 *
 * A change lies in the storage between its acceptance and its deliveries, over restarts, too. So the ids of its trace are not
 * handed on but made of the name of its file, by which an item knows it anyway: whoever has the file has the trace.
 */
import { Context, Tracer } from "effect"

/** A part of the way, when it is over. */
export interface Span {
  /** `Concept.operation`. */
  readonly name: string
  readonly kind: "internal" | "client" | "producer" | "consumer"
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly parentSpanId: string | null
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  /** Never what a person is called or has, never secrets. */
  readonly attributes: Attributes
  readonly isFailure: boolean
}

export type Attributes = { readonly [name: string]: string | number | boolean }

export interface TracingShape {
  /** Whether spans of this trace are wanted. */
  readonly isSampled: (traceId: string) => boolean
  /** Takes a span, at once and whatever becomes of it. */
  readonly record: (span: Span) => void
}

/** Who follows changes, or null: nobody. */
export class Tracing extends Context.Reference<Tracing>()("@id-connector/core/events/Tracing", {
  defaultValue: (): TracingShape | null => null
}) {}

/** The trace of the change in a file. */
export const traceIdOf = (file: string): string => `${digits(file, 1)}${digits(file, 2)}`

/** The span of its acceptance, which is the first of the trace. */
export const acceptanceIdOf = (file: string): string => digits(file, 3)

/** A span of its own for each delivery or request. */
export const spanIdOf = (what: string, start: bigint): string => digits(`${what} ${start}`, 4)

/** For whatever happens within a span. */
export const parentOf = ({ spanId, traceId }: Pick<Span, "traceId" | "spanId">): Tracer.ExternalSpan =>
  Tracer.externalSpan({ traceId, spanId })

/** 16 hexadecimal digits that are not all zero: spread well, and no secret. */
const digits = (text: string, seed: number): string => {
  let one = 0xdeadbeef ^ seed
  let other = 0x41c6ce57 ^ seed
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 2654435761)
    other = Math.imul(other ^ code, 1597334677)
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909)
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
  return `${hex(one)}${hex(other | 1)}`
}

const hex = (number: number): string => (number >>> 0).toString(16).padStart(8, "0")
