#!/usr/bin/env node
const [{ run }, { command }] = await Promise.all([
  import("@id-connector/server/cli/Run"),
  import("@id-connector/server/cli/TrashCleaner")
])
run(command, "listener_trash_cleaner")
