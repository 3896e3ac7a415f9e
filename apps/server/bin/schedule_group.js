#!/usr/bin/env node
const [{ run }, { scheduleGroup }] = await Promise.all([
  import("@id-connector/server/cli/Run"),
  import("@id-connector/server/cli/Scheduled")
])
run(scheduleGroup, "schedule_group")
