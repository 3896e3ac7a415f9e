#!/usr/bin/env node
const [{ run }, { scheduleUser }] = await Promise.all([
  import("@id-connector/server/cli/Run"),
  import("@id-connector/server/cli/Scheduled")
])
run(scheduleUser, "schedule_user")
