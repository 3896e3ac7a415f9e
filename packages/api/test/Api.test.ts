import { OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Api } from "@id-connector/api/Api"

/** What the document is made of, as far as it is looked at here. */
interface Shape {
  readonly $ref?: string
  readonly description?: string
  readonly examples?: ReadonlyArray<unknown>
  readonly items?: Shape
  readonly anyOf?: ReadonlyArray<Shape>
}
type Contents = Readonly<Record<string, { readonly schema: Shape }>>
interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly schema: Shape }>
  readonly requestBody?: { readonly content: Contents }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Contents }>>
}

const document: unknown = OpenApi.fromApi(Api)
const { components, paths } = document as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> }
}

const resolve = (shape: Shape | undefined): Shape =>
  shape?.$ref === undefined ? (shape ?? {}) : resolve(components.schemas[shape.$ref.split("/").at(-1) ?? ""])

const hasExample = (shape: Shape): boolean => {
  const { anyOf, examples, items } = resolve(shape)
  return (examples ?? []).length > 0 || (items !== undefined && hasExample(items)) || (anyOf ?? []).some(hasExample)
}

const withoutExample = (where: string, contents: Contents | undefined): ReadonlyArray<string> =>
  Object.values(contents ?? {}).some(({ schema }) => !hasExample(schema)) ? [where] : []

const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation }))
)

describe("The OpenAPI document", () => {
  it.each(operations)("explains $name, with examples of what is sent and of every answer", ({ operation }) => {
    const missing = [
      ...(operation.summary ? [] : ["summary"]),
      ...(operation.description ? [] : ["description"]),
      ...(operation.parameters ?? [])
        .filter(({ schema }) => !schema.description)
        .map(({ name }) => `parameter ${name}`),
      ...withoutExample("body", operation.requestBody?.content),
      ...Object.entries(operation.responses).flatMap(([status, { content, description }]) => [
        ...(description ? [] : [`description of ${status}`]),
        ...withoutExample(`example of ${status}`, content)
      ])
    ]
    assert.deepStrictEqual(missing, [])
  })

  it("knows every operation that there is", () => {
    assert.lengthOf(operations, 41)
  })
})
