export * as Migrations from "./Migrations.js"
export * as SqliteDriver from "./SqliteDriver.js"
export * as SqlPreviousStateStore from "./SqlPreviousStateStore.js"
export * as SqlQueueStore from "./SqlQueueStore.js"
