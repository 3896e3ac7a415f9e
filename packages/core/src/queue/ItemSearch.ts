/** What somebody looks for among the items of a queue: pure. */
import * as Belonging from "../changes/Belonging.js"

export interface ItemSearch {
  /** See `Precedence.nameKey`. Null: users and groups. */
  readonly names: ReadonlyArray<{ readonly name: string; readonly kind: "user" | "group" | null }>
  /** See `ListenerObject.objectKey`. */
  readonly objectKeys: ReadonlyArray<string>
}

/** Of a user or group name, an entryUUID, an object key, or a name as items show it: `user anna`, `group School1-1a`. */
export const of = (text: string): ItemSearch => {
  const name = Belonging.folded(text.trim())
  const [, kind, shown] = /^(user|group) +(.+)$/.exec(name) ?? []
  return {
    names: [
      { name, kind: null },
      ...(shown === undefined ? [] : [{ name: shown, kind: kind === "user" ? ("user" as const) : ("group" as const) }])
    ],
    objectKeys: [name, `user:${name}`, `group:${name}`]
  }
}
