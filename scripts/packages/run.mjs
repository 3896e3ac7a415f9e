// Commands, without blocking: the registry answers meanwhile.
import { execFile } from "node:child_process"

/** Runs a command and answers with what it prints. Fails with everything that it said. */
export const run = (command, args, cwd, env = process.env) =>
  new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(" ")} failed in ${cwd}\n${stdout}\n${stderr}`))
    })
  })

/** Does something for all of them, two at a time. */
export const forAll = async (items, work) => {
  const left = [...items.entries()]
  const results = []
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all([worker(), worker()])
  return results
}
