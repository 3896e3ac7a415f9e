/** The operations of the API, as its document has them. */
import { HttpMethod, OpenApi } from "@effect/platform"
import { Api } from "@id-connector/api/Api"

export interface Operation {
  /** In capitals. */
  readonly method: HttpMethod.HttpMethod
  /** Of a path, with or without a slash at its end. What stands for its parameters is captured, in their order. */
  readonly pattern: RegExp
  /** `queues.pause` */
  readonly id: string
}

export const all: ReadonlyArray<Operation> = Object.entries(OpenApi.fromApi(Api).paths).flatMap(([path, item]) => {
  const pattern = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "([^/]+)")
  return Object.entries(item).flatMap(([key, { operationId }]) => {
    const method = key.toUpperCase()
    return HttpMethod.isHttpMethod(method) ? [{ method, pattern: new RegExp(`^${pattern}/?$`), id: operationId }] : []
  })
})
