/**
 * A form as `multipart/form-data`, as `curl -F` sends one, with texts only. Total: what is no such form, or breaks off, is null.
 * (Effect's own way waits for ever for the rest of a form that breaks off.)
 */
import { type HttpServerRequest, Multipart } from "@effect/platform"
import { Effect } from "effect"

/** With the characters of RFC 2046. */
const boundaryIn = /;\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))\s*(?:;|$)/i

/** In characters. */
const longestType = 500

/** A log-in has a few. */
const mostParts = 100

/** The fields of a form with this content type. Files are left out; of a field that comes twice the last one counts. */
export const parse = (contentType: string, text: string): { readonly [field: string]: string } | null => {
  const [, quoted, plain] = boundaryIn.exec(contentType.slice(0, longestType)) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return null
  const [, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`, mostParts + 3)
  const end = parts.pop()
  if (end === undefined || !end.startsWith("--") || parts.length > mostParts) return null
  const fields = new Map<string, string>()
  for (const part of parts) {
    const at = part.indexOf("\r\n\r\n")
    if (at === -1 || !part.startsWith("\r\n")) return null
    const name = fieldIn(part.slice(0, at))
    if (name === null) return null
    if (name !== undefined) fields.set(name, part.slice(at + 4))
  }
  return Object.fromEntries(fields)
}

/** The name of the field that a part's header names; undefined for a file, null where there is none. */
const fieldIn = (header: string): string | undefined | null => {
  const line = header.split("\r\n").find((one) => /^content-disposition:\s*form-data\s*;/i.test(one))
  const name = line === undefined ? undefined : /;\s*name="([^"]{0,200})"/i.exec(line)?.[1]
  if (line === undefined || name === undefined) return null
  return /;\s*filename\*?=/i.test(line) ? undefined : name
}

/** The request, whose form in parts is read so. */
export const readable = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest =>
  request.headers["content-type"]?.toLowerCase().startsWith("multipart/form-data") === true
    ? Object.create(request, { multipart: { value: formOf(request) } })
    : request

const formOf = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.flatMap(request.text, (text) => {
    const fields = parse(request.headers["content-type"] ?? "", text)
    return fields === null
      ? Effect.fail(new Multipart.MultipartError({ reason: "Parse", cause: "junk" }))
      : Effect.succeed(fields)
  })
