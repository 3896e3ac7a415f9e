/** Names of objects in texts for people. */

/** Without the name where it stands as a word of its own, in any case of letters. What one letter long is no name. */
export const replaced = (text: string, name: string, by: string): string =>
  name.length < 2
    ? text
    : text.replaceAll(
        new RegExp(`(?<![\\p{L}\\p{N}_-])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_-])`, "giu"),
        () => by
      )
