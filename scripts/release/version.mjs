// Versions, as numbers: which is newer, which tags of the image it has, and what changes make of one.

const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([\da-z]+(?:[.-][\da-z]+)*))?$/i

const parts = (version) => {
  const [, major, minor, patch, early] = pattern.exec(version)
  return { numbers: [major, minor, patch].map(Number), early: early === undefined ? [] : early.split(".") }
}

export const isVersion = (text) => pattern.test(text)

const compareWords = (a, b) => {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOtherNumber) return Number(a) - Number(b)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

/** Negative: `a` is older than `b`. What has a word behind it (1.2.3-rc.1) is older than what has none. */
export const compare = (a, b) => {
  const [one, other] = [parts(a), parts(b)]
  for (const [index, number] of one.numbers.entries()) {
    if (number !== other.numbers[index]) return number - other.numbers[index]
  }
  if (one.early.length === 0 || other.early.length === 0) return other.early.length - one.early.length
  for (const [index, word] of one.early.entries()) {
    if (other.early[index] === undefined) return 1
    const order = compareWords(word, other.early[index])
    if (order !== 0) return order
  }
  return one.early.length - other.early.length
}

/** The tags of the image: the version, and those that always lead to the newest of a line. One that is tried out has only its own. */
export const imageTags = (version) => {
  const { early, numbers } = parts(version)
  if (early.length > 0) return [version]
  const [major, minor] = numbers
  return [version, `${major}.${minor}`, ...(major > 0 ? [String(major)] : []), "latest"]
}

export const kinds = ["patch", "minor", "major"]

/** The smallest version that says that there are changes of a kind. */
export const after = (version, kind) => {
  const [major, minor, patch] = parts(version).numbers
  if (kind === "major") return `${major + 1}.0.0`
  return kind === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}
