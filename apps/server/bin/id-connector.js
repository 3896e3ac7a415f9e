#!/usr/bin/env -S node --min-semi-space-size=32 --max-semi-space-size=32
// A batch of the in queue is dead soon after it was stored. With this much room (in MiB, V8's default is 16 at most) fewer
// collections of young objects happen while it is alive, and each of them copies it. Without it a file takes 8 to 10 % more
// processor time to be accepted (Node.js 24.21, November 2026).
import "./needs-node.js"

import("@id-connector/server/bin")
