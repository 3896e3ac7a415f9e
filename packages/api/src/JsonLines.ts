/** Answers of one JSON object per line (`application/jsonl`, https://jsonlines.org), beside the JSON of an operation. */

/** The same under two names: the second is that of https://github.com/ndjson/ndjson-spec. */
export const contentTypes = ["application/jsonl", "application/x-ndjson"] as const
export type ContentType = (typeof contentTypes)[number]

/** Which of them `Accept` asks for, at least as much as for JSON; null: JSON is to be sent. */
export const wanted = (accept: string | undefined): ContentType | null => {
  const ranges = (accept ?? "").split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase())
    const weight = parameters.flatMap((parameter) => /^q=([\d.]+)$/.exec(parameter)?.[1] ?? [])[0]
    return { type, weight: weight === undefined ? 1 : Number(weight) || 0 }
  })
  const weightOf = (type: string) => Math.max(0, ...ranges.map((range) => (range.type === type ? range.weight : 0)))
  const json = weightOf("application/json")
  // The first of those wanted most.
  const [best] = [...contentTypes].sort((a, b) => weightOf(b) - weightOf(a))
  return best !== undefined && weightOf(best) > 0 && weightOf(best) >= json ? best : null
}

/** For `OpenApi.Transform` of an operation: its answer comes as lines, too. */
export const alsoLines =
  (example: object) =>
  (operation: Record<string, unknown>): Record<string, unknown> => {
    const responses: Record<string, object> = Object(operation.responses)
    const schema = {
      type: "string",
      description: "One object per line, the same as in the JSON.",
      examples: [`${JSON.stringify(example)}\n`]
    }
    return {
      ...operation,
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [
          status,
          status === "200" && "content" in response
            ? {
                ...response,
                content: {
                  ...Object(response.content),
                  ...Object.fromEntries(contentTypes.map((type) => [type, { schema }]))
                }
              }
            : response
        ])
      )
    }
  }
