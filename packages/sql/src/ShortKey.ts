/**
 * Short numbers in place of long keys, for indexes. entryUUIDs come in any order: each new one changes some page of an index,
 * and all changed pages go to the disk. The fewer pages an index has, the more of the new ones share a page; with these it has a
 * quarter of the pages.
 */

/**
 * 32 bits of a text (FNV-1a over its UTF-16 units). Different texts may have the same number: look for the text, too. Numbers
 * are stored: they must never change.
 */
export const of = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** What names an object in the queue of a school authority. */
export const ofItem = (authority: string, objectKey: string): number => of(`${authority}\n${objectKey}`)
