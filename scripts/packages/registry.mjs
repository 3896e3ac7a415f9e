// What npm meets when the packages are published: a registry of this machine that has nothing but them. So the lines in the
// documentation are run as they stand there, and what they need besides comes from where it always comes from.
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { createServer } from "node:http"

/**
 * Serves packed packages. Each has its `name`, its `manifest`, what `npm pack --json` says about it (`info`) and the `tarball`.
 * Answers with the registry's address and a function that ends it.
 */
export const serve = async (packed) => {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1)
    // npm keeps no copy of what says so: the next run has other packages of the same version.
    response.setHeader("cache-control", "no-store")
    const file = packed.find(({ info }) => path === `-/${info.filename}`)
    if (file !== undefined) return createReadStream(file.tarball).pipe(response)
    const found = packed.find(({ name }) => name === path)
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" })
    return response.end(JSON.stringify(found === undefined ? {} : document(found, server.address().port)))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

const document = ({ info, manifest, name }, port) => ({
  name,
  "dist-tags": { latest: manifest.version },
  versions: {
    [manifest.version]: {
      ...manifest,
      _id: `${name}@${manifest.version}`,
      dist: {
        tarball: `http://127.0.0.1:${port}/-/${info.filename}`,
        integrity: info.integrity,
        shasum: info.shasum
      }
    }
  }
})
