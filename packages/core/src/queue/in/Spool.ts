/**
 * The in queue's directory `data/listener`: one file per change, in the order of their names. Whoever implements it never
 * follows symbolic links and never lets a file leave without having been asked to.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { SourceFile } from "../QueueStore.js"
import * as Reasons from "../Reasons.js"

/** The directory can't be used (rights, disk full, gone). */
export class SpoolError extends Schema.TaggedError<SpoolError>()("SpoolError", {
  operation: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return Reasons.say("directory_unusable", { operation: this.operation, detail: this.detail }).text
  }
}

/** What is in the directory under a name that can be read as a listener file, or why it can't. */
export type SpoolEntry =
  /** `modifiedAt` in milliseconds since 1970. `text` may be made each time it is asked for. */
  | { readonly _tag: "Content"; readonly file: SourceFile; readonly text: string; readonly modifiedAt: number }
  /** No valid UTF-8, too large, a symbolic link, ...: `reason` says what. A file that is cut off in a character is `unfinished`. */
  | {
      readonly _tag: "Unusable"
      readonly name: string
      readonly reason: string
      readonly modifiedAt: number
      readonly unfinished: boolean
    }
  /** The machine failed, which says nothing about the file: too many open files, a disk that errs, no right to read. */
  | { readonly _tag: "Failed"; readonly name: string; readonly reason: string }
  /** It went away meanwhile. */
  | { readonly _tag: "Gone"; readonly name: string }

/** Under which name it is in the directory. */
export const nameOf = (entry: SpoolEntry): string => (entry._tag === "Content" ? entry.file.name : entry.name)

/** What a look into the directory showed, besides listener files. */
export interface Look {
  /** Files that are no listener files, with the reason. */
  readonly strangers: ReadonlyArray<{ readonly name: string; readonly reason: string; readonly modifiedAt: number }>
  /** Directories whose names look like listener files: they are left where they are. */
  readonly directories: ReadonlyArray<string>
  /** Files whose names end in `.json`. */
  readonly waiting: number
}

/** What became of files that are to go away: each for itself, so that one that can't go keeps no other. */
export interface Gone {
  /** Those that are not in the directory any more. */
  readonly names: ReadonlyArray<string>
  /** Why the first of those that stayed did, or null: none stayed. */
  readonly problem: string | null
}

type Result<A> = Effect.Effect<A, SpoolError>

export interface SpoolShape {
  /** Looks into the directory. What it finds is read with `next`. */
  readonly look: Result<Look>
  /**
   * Reads the next files that the last look found, in the order of their names: `limit` at most, fewer when much has been
   * read, so that memory stays bounded however many there are. What came shortly after the look and is later than these may be
   * among them. None: there are no more.
   */
  readonly next: (limit: number) => Result<ReadonlyArray<SpoolEntry>>
  /** Those of the names that are not in the directory. */
  readonly gone: (names: ReadonlyArray<string>) => Result<ReadonlyArray<string>>
  /**
   * Deletes files that were taken over, unless other content stands under the name by now. Those that are gone already
   * count as removed, and those that others stand in for.
   */
  readonly remove: (names: ReadonlyArray<string>) => Result<Gone>
  /** When it returns, what was removed or moved before stays so after a power cut. */
  readonly settle: Result<void>
  /** Moves files to the sub-directory `trash`. A file there with the same name is kept under another name. */
  readonly trash: (names: ReadonlyArray<string>) => Result<Gone>
  /** Emits when something may have changed. Never ends; misses nothing for longer than a slow rescan takes. */
  readonly changes: Stream.Stream<void, SpoolError>
}

export class Spool extends Context.Tag("@id-connector/core/queue/in/Spool")<Spool, SpoolShape>() {}
