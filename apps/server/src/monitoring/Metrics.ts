/** What is counted and measured, and Prometheus' text format for it: pure. */
import type { ConnectorShape, QueueStatus } from "@id-connector/core/Connector"
import type { Effect } from "effect"

/** A figure, with a sample for each combination of its labels. Labels are bounded: authorities, states, directories. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: "gauge" | "counter"
  readonly samples: ReadonlyArray<Sample>
}

export interface Sample {
  readonly labels: { readonly [name: string]: string }
  readonly value: number
}

/** What the figures are taken from. */
export interface Snapshot {
  readonly queues: ReadonlyArray<QueueStatus>
  /** Names that the mapping alone has. */
  readonly notConfigured: ReadonlyArray<string>
  readonly inQueue: Effect.Effect.Success<ConnectorShape["inQueue"]>
  /** Files by trash. */
  readonly trash: { readonly [trash: string]: number }
  /** In bytes, by what is written there. Null: not known. */
  readonly disks: { readonly [directory: string]: { readonly free: number; readonly size: number } | null }
  readonly isReady: boolean
  readonly process: {
    readonly version: string
    /** In bytes. */
    readonly memory: number
    /** In seconds since 1970. */
    readonly startedAt: number
    readonly cpuSeconds: number
  }
}

export const families = (snapshot: Snapshot): ReadonlyArray<Family> => [
  ...ofInQueue(snapshot),
  ...ofOutQueues(snapshot),
  gauge("id_connector_trash_files", "Files in the trash.", by("trash", snapshot.trash)),
  gauge("id_connector_ready", "1: changes can be accepted and stored; 0: they wait as files.", [
    { labels: {}, value: flag(snapshot.isReady) }
  ]),
  gauge("id_connector_disk_free_bytes", "Room that is left on a disk.", ofDisks(snapshot, "free")),
  gauge("id_connector_disk_size_bytes", "Size of a disk.", ofDisks(snapshot, "size")),
  gauge("id_connector_build_info", "Always 1; the version that runs.", [
    { labels: { version: snapshot.process.version }, value: 1 }
  ]),
  gauge("process_resident_memory_bytes", "Memory of the process.", [{ labels: {}, value: snapshot.process.memory }]),
  gauge("process_start_time_seconds", "Start of the process in seconds since 1970.", [
    { labels: {}, value: snapshot.process.startedAt }
  ]),
  counter("process_cpu_seconds_total", "Processor time of the process.", [
    { labels: {}, value: snapshot.process.cpuSeconds }
  ])
]

const ofInQueue = ({ inQueue }: Snapshot): ReadonlyArray<Family> => [
  gauge("id_connector_in_queue_files", "Listener files that wait.", [{ labels: {}, value: inQueue.waiting }]),
  gauge("id_connector_in_queue_held_up", "1: a file or a failure holds up the in queue.", [
    { labels: {}, value: flag(inQueue.heldUp !== null) }
  ]),
  gauge("id_connector_in_queue_held_back_files", "Files that a plugin holds back.", [
    { labels: {}, value: inQueue.heldBack?.files ?? 0 }
  ]),
  counter(
    "id_connector_files_total",
    "Files that have left the in queue since the start, by result.",
    by("result", { ...inQueue.left })
  )
]

const ofOutQueues = ({ notConfigured, queues }: Snapshot): ReadonlyArray<Family> => {
  const each = (value: (queue: QueueStatus) => number): Family["samples"] =>
    queues.map((queue) => ({ labels: { school_authority: queue.authority }, value: value(queue) }))
  const eachBy = (label: string, values: (queue: QueueStatus) => { readonly [value: string]: number }) =>
    queues.flatMap((queue) =>
      Object.entries(values(queue)).map(([name, value]) => ({
        labels: { school_authority: queue.authority, [label]: name },
        value
      }))
    )
  return [
    gauge(
      "id_connector_items",
      "Items of an out queue by state.",
      eachBy("state", ({ dead, held, inFlight, waiting }) => ({ waiting, in_flight: inFlight, held, dead }))
    ),
    gauge(
      "id_connector_items_due",
      "Waiting items that could be delivered now: they wait neither for their time nor for others.",
      each(({ due }) => due)
    ),
    gauge(
      "id_connector_queue_running",
      "1: delivers; 0: paused or not active.",
      each(({ status }) => flag(status?._tag === "Running"))
    ),
    gauge(
      "id_connector_queue_state",
      "1 for the state that an out queue is in, 0 for the others.",
      eachBy("state", ({ status }) => ({
        running: flag(status?._tag === "Running"),
        paused: flag(status?._tag === "Paused"),
        paused_by_hand: flag(status?._tag === "PausedByHand"),
        off: flag(status === null)
      }))
    ),
    gauge(
      "id_connector_authority_configured",
      "1: configured; 0: its file is missing, or only the mapping names it; its items wait.",
      [
        ...each(({ configured }) => flag(configured === true)),
        ...notConfigured
          .filter((name) => !queues.some(({ authority }) => authority === name))
          .map((name) => ({ labels: { school_authority: name }, value: 0 }))
      ]
    ),
    counter(
      "id_connector_deliveries_total",
      "Deliveries since the queue started, by result.",
      eachBy("result", ({ report }) => (report === null ? {} : { delivered: report.delivered, failed: report.failed }))
    ),
    gauge(
      "id_connector_last_delivery_timestamp_seconds",
      "Last delivery that went well since the queue started, in seconds since 1970.",
      queues.flatMap(({ authority, report }) =>
        report === null || report.lastDeliveredAt === null
          ? []
          : [{ labels: { school_authority: authority }, value: report.lastDeliveredAt / 1000 }]
      )
    )
  ]
}

const flag = (is: boolean): number => (is ? 1 : 0)

const by = (label: string, values: { readonly [value: string]: number }): Family["samples"] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }))

const ofDisks = ({ disks }: Snapshot, which: "free" | "size"): Family["samples"] =>
  Object.entries(disks).flatMap(([directory, room]) =>
    room === null ? [] : [{ labels: { directory }, value: room[which] }]
  )

const gauge = (name: string, help: string, samples: Family["samples"]): Family => ({
  name,
  help,
  type: "gauge",
  samples
})

const counter = (name: string, help: string, samples: Family["samples"]): Family => ({
  ...gauge(name, help, samples),
  type: "counter"
})

/** Of Prometheus' text format. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

/** In Prometheus' text format. */
export const render = (all: ReadonlyArray<Family>): string => all.map(text).join("")

const text = ({ help, name, samples, type }: Family): string =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels, value }) => `${name}${inBraces(labels)} ${value}`),
    ""
  ].join("\n")

const inBraces = (labels: { readonly [name: string]: string }): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
