#!/usr/bin/env node
const [{ run }, { scheduleUser }] = await Promise.all([
  import("../dist/cli/Run.js"),
  import("../dist/cli/Scheduled.js")
])
run(scheduleUser, "schedule_user")
