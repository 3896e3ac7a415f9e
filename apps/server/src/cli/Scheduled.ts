/** The commands `schedule_user`, `schedule_group` and `schedule_school`: names that scripts and documentation know. */
import { Args, Command } from "@effect/cli"
import type { FileSystem, Path } from "@effect/platform"
import { Console, Effect, Layer, Schema, Scope } from "effect"
import { Scheduling } from "../files/Scheduling.js"
import * as Main from "../Main.js"
import * as Settings from "../Settings.js"
import { CannotStart } from "./CannotStart.js"
import * as CommandShape from "./CommandShape.js"
import * as Noted from "./Noted.js"
import * as Progress from "./Progress.js"

/** Does something with the source directory under the settings of the environment. */
const withScheduling = <A, E extends { readonly message: string }>(
  kind: "user" | "group" | "school",
  name: string,
  work: (scheduling: typeof Scheduling.Service, noted: Effect.Effect<void>) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const settings = yield* Settings.load
    const context = yield* Layer.build(Main.scheduling(settings))
    const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const noted = Noted.before(settings.appDir, `schedule_${kind}`, `schedule.${kind}`, name)
    return yield* work(yield* Effect.provide(Scheduling, context), Effect.provide(noted, files))
  }).pipe(
    Effect.scoped,
    Effect.mapError(({ message }) => new CannotStart({ lines: message.split("\n") }))
  )

const name = (of: string, description: string) => Args.text({ name: of }).pipe(Args.withDescription(description))

export const scheduleUser = Command.make(
  "schedule_user",
  { username: name("username", "user name (uid) in the source directory") },
  ({ username }) =>
    Effect.zipRight(
      withScheduling("user", username, (scheduling, noted) => scheduling.user(username, noted)),
      Console.log(`Scheduled user ${username}.`)
    )
).pipe(
  Command.withDescription(
    CommandShape.describe("Brings a user to the school authorities once more, as the source directory has it now.", {
      example: "schedule_user anna"
    })
  )
)

export const scheduleGroup = Command.make(
  "schedule_group",
  { group: name("group", "group name (cn) in the source directory, with the school's prefix: DEMOSCHOOL-1a") },
  ({ group }) =>
    Effect.zipRight(
      withScheduling("group", group, (scheduling, noted) => scheduling.group(group, noted)),
      Console.log(`Scheduled group ${group}.`)
    )
).pipe(
  Command.withDescription(
    CommandShape.describe("Brings a class to the school authorities once more, as the source directory has it now.", {
      example: "schedule_group DEMOSCHOOL-1a"
    })
  )
)

const mostParallel = 32

const Parallel = Schema.Int.pipe(Schema.between(1, mostParallel)).annotations({
  message: () => ({ message: `a whole number from 1 to ${mostParallel} is expected`, override: true })
})

const parallel = Args.integer({ name: "parallel" }).pipe(
  Args.withSchema(Parallel),
  Args.withDefault(1),
  Args.withDescription(`how many objects at the same time, 1 to ${mostParallel}`)
)

export const scheduleSchool = Command.make(
  "schedule_school",
  { school: name("school", "school (OU) in the source directory"), parallel },
  ({ parallel, school }) =>
    Effect.flatMap(
      withScheduling("school", school, (scheduling, noted) =>
        Effect.scopedWith((scope) =>
          scheduling.school(school, parallel, (objects) =>
            Effect.zipRight(noted, Scope.extend(Progress.start("objects", objects), scope))
          )
        )
      ),
      ({ groups, users }) => Console.log(`Scheduled ${users} users and ${groups} groups of school ${school}.`)
    )
).pipe(
  Command.withDescription(
    CommandShape.describe(
      "Brings everybody of a school, then its classes and work groups, to the school authorities once more.",
      { example: "schedule_school DEMOSCHOOL 8" }
    )
  )
)
