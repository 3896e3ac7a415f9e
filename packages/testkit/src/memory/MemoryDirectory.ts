/** A source directory in memory, with the content that `IDC_DIRECTORY=file:` would have. */
import { Directory } from "@id-connector/core/directory/Directory"
import * as DirectoryContent from "@id-connector/core/directory/DirectoryContent"
import { Effect, Layer, Schema } from "effect"

const decode = Schema.decodeUnknown(DirectoryContent.DirectoryContent)

/** Dies when the content does not decode: a test's own mistake. */
export const layer = (content: unknown = {}): Layer.Layer<Directory> =>
  Layer.effect(Directory, Effect.map(Effect.orDie(decode(content)), DirectoryContent.directory))
