// Besides the mapping: every user of every school goes to one more school authority, as a state-wide identity broker wants it. Its
// name and the roles that it may see are in everybody.json: {"authority": "Broker", "roles": ["student", "teacher"]}.
import { ListenerObject } from "@id-connector/core"
import { KelvinPlugin } from "@id-connector/kelvin"

export default ({ authority, roles }) =>
  KelvinPlugin.make({
    name: "everybody",
    // All users, whatever their roles: who loses the role has to be removed there.
    distribute: (object) => (ListenerObject.isUser(object) && !ListenerObject.isExamAccount(object) ? [authority] : []),
    countsAs: (object) =>
      object._tag === "ChangedUser" && !object.roles.some((role) => roles.includes(role))
        ? ListenerObject.asRemoved(object)
        : object
  })
