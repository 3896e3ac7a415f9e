#!/usr/bin/env node
const [{ run }, { scheduleSchool }] = await Promise.all([
  import("@id-connector/server/cli/Run"),
  import("@id-connector/server/cli/Scheduled")
])
run(scheduleSchool, "schedule_school")
