/** What needs somebody, out of all that the connector is at: pure. Where it is empty, everybody may sleep. */
import type { QueueStatus } from "./Connector.js"
import type { ConfigurationProblem } from "./config/ConfigStore.js"
import type { PauseCode } from "./queue/out/FailurePolicy.js"

/** All kinds, the most urgent first: what stops everything, what waits for a decision, what does not heal by itself, what may. */
export const attentionCodes = [
  "not_ready",
  "in_queue_stands_still",
  "nothing_configured",
  "deletions_held_back",
  "credentials_refused",
  "configuration_unusable",
  "configuration_problem",
  "not_configured",
  "dead_letters",
  "files_held_back",
  "target_fails",
  "target_unavailable",
  "paused_by_hand"
] as const

export type AttentionCode = (typeof attentionCodes)[number]

export interface Attention {
  readonly code: AttentionCode
  /** The school authority concerned; null: all of them. */
  readonly authority: string | null
  /** What stands in the text, for whoever says it in other words. Times are in milliseconds since 1970. */
  readonly values: { readonly [name: string]: string | number }
  /** What is wrong. */
  readonly text: string
  /** What to do about it. */
  readonly todo: string
  /** Commands of `id-connector`, in their order: first to look, then to cure. */
  readonly commands: ReadonlyArray<string>
}

/** What is known. */
export interface Circumstances {
  /** Why changes can't be accepted or stored; null: they can. */
  readonly notReady: string | null
  readonly inQueue: {
    readonly waiting: number
    readonly heldUp: string | null
    readonly heldBack: { readonly files: number; readonly reason: string } | null
  }
  /** How many authorities are configured. */
  readonly configured: number
  readonly problems: ReadonlyArray<ConfigurationProblem>
  readonly queues: ReadonlyArray<QueueStatus>
}

/** Everything that needs somebody, the most urgent first, of one kind the greatest number first. */
export const of = ({ configured, inQueue, notReady, problems, queues }: Circumstances): ReadonlyArray<Attention> =>
  [
    ...(notReady === null ? [] : [unready(notReady)]),
    ...(inQueue.heldUp === null ? [] : [standsStill(inQueue.waiting, inQueue.heldUp)]),
    ...(configured === 0 ? [nothingConfigured(inQueue.waiting)] : []),
    ...problems.map(configurationProblem),
    ...(inQueue.heldBack === null ? [] : [heldBack(inQueue.heldBack)]),
    ...queues.flatMap(ofQueue)
  ].sort(
    (a, b) =>
      attentionCodes.indexOf(a.code) - attentionCodes.indexOf(b.code) ||
      Number(b.values.items ?? 0) - Number(a.values.items ?? 0) ||
      ((a.authority ?? "") < (b.authority ?? "") ? -1 : 1)
  )

const unready = (reason: string): Attention => ({
  code: "not_ready",
  authority: null,
  values: { reason },
  text: `Changes can't be accepted or stored: ${reason}`,
  todo: "Remove the cause. The connector goes on by itself, and nothing is lost: changes wait as files.",
  commands: []
})

const standsStill = (items: number, reason: string): Attention => ({
  code: "in_queue_stands_still",
  authority: null,
  values: { items, reason },
  text: `The in queue stands still, ${counted(items, "file")} waiting: ${reason}`,
  todo: "Remove the cause. The in queue goes on by itself.",
  commands: ["id-connector queue show InQueue"]
})

const nothingConfigured = (items: number): Attention => ({
  code: "nothing_configured",
  authority: null,
  values: { items },
  text: `No school authority is configured, ${counted(items, "file")} waiting in the in queue.`,
  todo: "Put a file for each school authority into conf/school_authorities, or create them with POST /school_authorities.",
  commands: ["id-connector check-config"]
})

const configurationProblem = ({ authority, problem }: ConfigurationProblem): Attention => ({
  code: "configuration_problem",
  authority,
  values: { problem },
  text: `A file of the configuration can't be used, its last good state stays in effect: ${problem}`,
  todo: "Correct the file. The connector takes it at once.",
  commands: ["id-connector check-config"]
})

const heldBack = ({ files, reason }: { readonly files: number; readonly reason: string }): Attention => ({
  code: "files_held_back",
  authority: null,
  values: { items: files, reason },
  text: `Plugins hold back ${counted(files, "file")} of the in queue: ${reason}`,
  todo: "Remove the cause, or correct the plugin. The files are tried again by themselves.",
  commands: ["id-connector queue show InQueue"]
})

const ofQueue = (queue: QueueStatus): ReadonlyArray<Attention> => {
  const { authority, dead, held } = queue
  const name = quoted(authority)
  return [
    ...pausedOf(queue, name),
    ...notConfigured(queue, name),
    ...(held === 0
      ? []
      : [
          {
            code: "deletions_held_back",
            authority,
            values: { items: held },
            text: `${authority}: ${counted(held, "deletion")} held back, since there were too many within an hour.`,
            todo: "Look at them. If they are right, let them happen (retry); if not, discard them and look for what went wrong in the source directory.",
            commands: [
              `id-connector queue items ${name} --state held`,
              `id-connector queue retry ${name} --all held`,
              `id-connector queue discard ${name} --all held`
            ]
          } as const
        ]),
    ...(dead === 0
      ? []
      : [
          {
            code: "dead_letters",
            authority,
            values: { items: dead },
            text: `${authority}: ${counted(dead, "dead letter")}, changes that could not be delivered.`,
            todo: "Look at the causes and remove them, then retry.",
            commands: [`id-connector queue groups ${name}`, `id-connector queue retry ${name} --all dead`]
          } as const
        ])
  ]
}

const notConfigured = (queue: QueueStatus, name: string): ReadonlyArray<Attention> => {
  const { authority, configured, waiting } = queue
  if (configured === true || waiting + queue.held + queue.dead === 0) return []
  return [
    {
      code: "not_configured",
      authority,
      values: { items: waiting, ...(configured.since === null ? {} : { since: configured.since }) },
      text: `${authority} is not configured, ${counted(waiting, "change")} for it waiting.`,
      todo: "Put its file back into conf/school_authorities, or create it again, and its queue goes on. If it is gone for good, delete it.",
      commands: ["id-connector check-config", `id-connector authority delete ${name}`]
    }
  ]
}

const pausedOf = ({ authority, status, waiting }: QueueStatus, name: string): ReadonlyArray<Attention> => {
  switch (status?._tag) {
    case "PausedByHand":
      return [
        {
          code: "paused_by_hand",
          authority,
          values: { items: waiting, ...(status.since === null ? {} : { since: status.since }) },
          text: `${authority}: an administrator has paused the queue, ${counted(waiting, "change")} waiting.`,
          todo: "Resume it, if nothing speaks against it any more.",
          commands: [`id-connector queue resume ${name}`]
        }
      ]
    case "Paused": {
      const { code, reason, since, until } = status
      const kind = kindOf(code)
      const values = { items: waiting, reason, since, ...(until === null ? {} : { next_try: until }) }
      return [
        {
          code: kind,
          authority,
          values,
          text: `${authority} is paused, ${counted(waiting, "change")} waiting: ${reason}`,
          ...cures[kind](name)
        }
      ]
    }
    case "Running":
    case undefined:
      return []
  }
}

type Pausing = "credentials_refused" | "configuration_unusable" | "target_fails" | "target_unavailable"

const kindOf = (code: PauseCode): Pausing => {
  switch (code) {
    case "CredentialsRefused":
      return "credentials_refused"
    case "ConfigurationUnusable":
      return "configuration_unusable"
    case "TargetUnavailable":
      return "target_unavailable"
    default:
      return "target_fails"
  }
}

const cures: { readonly [_ in Pausing]: (name: string) => Pick<Attention, "todo" | "commands"> } = {
  credentials_refused: (name) => ({
    todo: "Correct user name or password in the settings of the school authority. Its queue goes on at once.",
    commands: [`id-connector authority check ${name}`]
  }),
  configuration_unusable: (name) => ({
    todo: "Correct the settings of the school authority. Its queue goes on at once.",
    commands: [`id-connector authority check ${name}`]
  }),
  target_fails: (name) => ({
    todo: "Ask those who run the target what is wrong with it. The queue goes on by itself once a delivery succeeds.",
    commands: [`id-connector authority check ${name}`, `id-connector queue resume ${name}`]
  }),
  target_unavailable: (name) => ({
    todo: "Ask those who run the target, or the network. The queue goes on by itself once the target answers; resume asks it at once.",
    commands: [`id-connector authority check ${name}`, `id-connector queue resume ${name}`]
  })
}

/** `1 file`, `12 files` */
const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** As a shell takes it. */
const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`)
