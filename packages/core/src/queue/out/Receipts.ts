/** What the plugins of an authority left at the last delivery of an object, by plugin, as the storage keeps it. */
import { Option, Schema } from "effect"

const Receipts = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))
type Receipts = typeof Receipts.Type

const decodeOption = Schema.decodeOption(Receipts)

/** What can't be read counts as nothing: the next delivery sends everything. */
export const decode = (text: string | null): Receipts =>
  text === null ? {} : Option.getOrElse(decodeOption(text), () => ({}))

export const encode = (receipts: Receipts): string | null =>
  Object.keys(receipts).length === 0 ? null : JSON.stringify(receipts)
