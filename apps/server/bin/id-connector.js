#!/usr/bin/env -S node --min-semi-space-size=32 --max-semi-space-size=32
// A portion of the in queue is dead soon after it was stored. With this much room (in MiB, V8's default is 16 at most) half as
// many collections of young objects happen while it is alive, and each of them copies it.
import "./needs-node.js"
import { setFlagsFromString } from "node:v8"

// While many objects of a kind live long, as in the middle of a portion, V8 begins to make all of that kind old from the start.
// Later ones are dead soon, but stay until the next large collection, with everything that they refer to.
setFlagsFromString("--no-allocation-site-pretenuring")

import("@id-connector/server/bin")
