import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Ucr from "@id-connector/server/files/Ucr"
import * as Main from "@id-connector/server/Main"
import type { Settings } from "@id-connector/server/Settings"
import { Layer } from "effect"

/** What `id-connector serve` runs, without the management API. It runs as long as the layer lives. */
export const connector = (settings: Settings) =>
  Main.layer(settings).pipe(Layer.provide(Ucr.layer(settings.ucrFile)), Layer.provide(NodeContext.layer))
