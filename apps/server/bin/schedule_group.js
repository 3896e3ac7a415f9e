#!/usr/bin/env node
const [{ run }, { scheduleGroup }] = await Promise.all([
  import("../dist/cli/Run.js"),
  import("../dist/cli/Scheduled.js")
])
run(scheduleGroup, "schedule_group")
