#!/usr/bin/env node
import "./needs-node.js"

Promise.all([import("@id-connector/server/cli/Run"), import("@id-connector/server/cli/TrashCleaner")]).then(
  ([{ run }, { command }]) => run(command)
)
