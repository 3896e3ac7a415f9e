/** What the plugins of an authority left at the last delivery of an object, by plugin, as the storage keeps it. */
import { Option, Schema } from "effect"
import type { Plugin } from "../../targets/Plugin.js"

const Receipts = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))
type Receipts = typeof Receipts.Type

const decodeOption = Schema.decodeOption(Receipts)

/** What can't be read counts as nothing: the next delivery sends everything. */
export const decode = (text: string | null): Receipts =>
  text === null ? {} : Option.getOrElse(decodeOption(text), () => ({}))

type Keeper = Pick<Plugin, "name" | "receipts">

/** Under which name a plugin's receipts are kept. */
export const keyOf = ({ name, receipts }: Keeper): string => receipts ?? name

/** What a plugin, or one that keeps its receipts together with it, has left. Earlier versions kept them apart. */
export const of = (receipts: Receipts, plugin: Keeper): string | null =>
  receipts[keyOf(plugin)] ?? receipts[plugin.name] ?? null

export const encode = (receipts: Receipts): string | null =>
  Object.keys(receipts).length === 0 ? null : JSON.stringify(receipts)
