// Imported first, and by everything that is started by hand. An older Node.js would not even read what comes after it, so this
// is written in words that it knows, and imports nothing.
const needed = [20, 19]

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(`Node.js ${needed.join(".")} or newer is needed, this is ${process.versions.node}.`)
  process.exit(1)
}
