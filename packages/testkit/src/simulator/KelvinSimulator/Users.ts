/** One user of the Kelvin REST API 4.0: found by its name, read, removed. */
import { json, noObject, type SimulatorResponse } from "./Answer.js"
import type { Server } from "./Server.js"
import { shown } from "./ShownUser.js"
import { keyOf, removeUser, type SimulatedUser } from "./World.js"

export const get = (server: Server, host: string, name: string): SimulatorResponse =>
  json(200, shown(server, host, named(server, name)))

export const remove = (server: Server, name: string): SimulatorResponse => {
  removeUser(server.world, named(server, name))
  return { status: 204, headers: {}, body: undefined }
}

export const named = (server: Server, name: string): SimulatedUser => {
  const user = server.world.users.get(keyOf(name))
  if (user === undefined) throw noObject(name)
  return user
}
