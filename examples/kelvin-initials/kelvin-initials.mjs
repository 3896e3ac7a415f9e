// The Kelvin plugin with an attribute of one's own: a mapping that has {"initials": "initials"} sends "AM" for Anna Meier.
import { KelvinPlugin } from "@id-connector/kelvin"

const firstLetter = (text) =>
  String(text ?? "")
    .trim()
    .slice(0, 1)
    .toUpperCase()

export default KelvinPlugin.make({
  name: "kelvin-initials",
  attributes: {
    initials: ({ properties }) => firstLetter(properties.firstname) + firstLetter(properties.lastname)
  }
})
