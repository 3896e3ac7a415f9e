#!/usr/bin/env node
await import("@id-connector/server/bin")
