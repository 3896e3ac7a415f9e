#!/usr/bin/env -S node --min-semi-space-size=32 --max-semi-space-size=32
// A portion of the in queue is dead soon after it was stored. With this much room (in MiB, V8's default is 16 at most) half as
// many collections of young objects happen while it is alive, and each of them copies it.
await import("@id-connector/server/bin")
