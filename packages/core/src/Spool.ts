/**
 * The in queue's directory `data/listener`: one file per change, in the order of their names. Whoever implements it never
 * follows symbolic links and never lets a file leave without having been asked to.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { SourceFile } from "./QueueStore.js"

/** The directory can't be used (rights, disk full, gone). */
export class SpoolError extends Schema.TaggedError<SpoolError>()("SpoolError", {
  operation: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The in queue's directory failed at "${this.operation}": ${this.detail}`
  }
}

/** What is in the directory under a name that can be read as a listener file, or why it can't. */
export type SpoolEntry =
  /** `modifiedAt` in milliseconds since 1970. */
  | { readonly _tag: "Content"; readonly file: SourceFile; readonly text: string; readonly modifiedAt: number }
  /** No valid UTF-8, too large, a symbolic link, ...: `reason` says what. A file that is cut off in a character is `unfinished`. */
  | {
      readonly _tag: "Unusable"
      readonly name: string
      readonly reason: string
      readonly modifiedAt: number
      readonly unfinished: boolean
    }
  /** It went away meanwhile. */
  | { readonly _tag: "Gone"; readonly name: string }

/** What a look into the directory showed. */
export interface Listing {
  /** Names that end in `.json`, in order. */
  readonly names: ReadonlyArray<string>
  /** Other files, with the reason why they are no listener files. */
  readonly strangers: ReadonlyArray<{ readonly name: string; readonly reason: string; readonly modifiedAt: number }>
  /** Directories whose names look like listener files: they are left where they are. */
  readonly directories: ReadonlyArray<string>
}

type Result<A> = Effect.Effect<A, SpoolError>

export interface SpoolShape {
  readonly list: Result<Listing>
  /**
   * The files under these names, in the same order. Stops early when much has been read (at least one entry is returned),
   * so that memory stays bounded.
   */
  readonly read: (names: ReadonlyArray<string>) => Result<ReadonlyArray<SpoolEntry>>
  /** Deletes files. Those that are gone already are ignored. When it returns, the files stay deleted after a power cut. */
  readonly remove: (names: ReadonlyArray<string>) => Result<void>
  /** Moves files to the sub-directory `trash`. A file there with the same name is kept under another name. */
  readonly trash: (names: ReadonlyArray<string>) => Result<void>
  /** Rings when something may have changed. Never ends; misses nothing for longer than a slow rescan takes. */
  readonly changes: Stream.Stream<void, SpoolError>
}

export class Spool extends Context.Tag("@id-connector/core/Spool")<Spool, SpoolShape>() {}
