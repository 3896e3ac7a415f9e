#!/usr/bin/env node
const [{ run }, { command }] = await Promise.all([import("../dist/cli/Run.js"), import("../dist/cli/TrashCleaner.js")])
run(command, "listener_trash_cleaner")
