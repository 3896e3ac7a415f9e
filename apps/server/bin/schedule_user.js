#!/usr/bin/env node
import "./needs-node.js"

Promise.all([import("@id-connector/server/cli/Run"), import("@id-connector/server/cli/Scheduled")]).then(
  ([{ run }, { scheduleUser }]) => run(scheduleUser)
)
