#!/usr/bin/env node
const [{ run }, { scheduleSchool }] = await Promise.all([
  import("../dist/cli/Run.js"),
  import("../dist/cli/Scheduled.js")
])
run(scheduleSchool, "schedule_school")
