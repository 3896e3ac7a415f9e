// Commands that build images: without an engine, as root, on this machine's own network.
import { spawnSync } from "node:child_process"
import process from "node:process"
import { root } from "../installed.mjs"

export const env = { ...process.env, STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" }

/** Shows what it prints. Ends this process when it fails. */
export const run = (command, ...args) => {
  const { error, status } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" })
  if (status === 0) return
  console.error(`This failed${error === undefined ? "" : ` (${error.message})`}: ${command} ${args.join(" ")}`)
  process.exit(1)
}

/** What it prints, without the end of the line. */
export const output = (command, ...args) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 26
  })
  if (status === 0) return stdout.trim()
  console.error(`This failed: ${command} ${args.join(" ")}\n${error?.message ?? stderr}`)
  process.exit(1)
}

/** How it ended, and what it printed. */
export const attempt = (command, ...args) =>
  spawnSync(command, args, { cwd: root, env, encoding: "utf8", timeout: 120_000 })

export const isThere = (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0
