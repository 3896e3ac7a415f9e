import { SchoolAuthority } from "@id-connector/core"
import { KelvinPlugin } from "@id-connector/kelvin"
import { Either } from "effect"

/** What is wrong with the configuration of a school authority, each with its path. */
export const findings = Either.map(
  SchoolAuthority.decode({
    name: "North",
    active: true,
    url: "https://kelvin.example.com/ucsschool/kelvin/v1/",
    plugins: ["kelvin"],
    plugin_configs: { kelvin: { username: "Administrator", mapping: { users: { username: "name" } } } }
  }),
  (north) => KelvinPlugin.kelvin.check?.(north)
)
