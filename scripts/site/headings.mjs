// The anchors of a page: GitHub, GitLab and the site give the same names to the same headings.

/** What an anchor is named after a heading, as GitHub does it. */
const slug = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-")

/** For markdown-it, which numbers what is there twice itself. */
export const slugger = () => slug

/** A page without its blocks of code, each replaced by as many empty lines. */
export const prose = (text) =>
  text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ""))

/** All anchors of a page. */
export const anchors = (text) => {
  const seen = new Map()
  return new Set(
    [...prose(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
      const plain = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*\\]/g, "")
      const name = slug(plain)
      const times = seen.get(name) ?? 0
      seen.set(name, times + 1)
      return times === 0 ? name : `${name}-${times}`
    })
  )
}
