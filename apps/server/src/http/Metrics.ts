/** Prometheus' text format: pure. */
import type { QueueStatus } from "@id-connector/core/Connector"

interface Family {
  readonly name: string
  readonly help: string
  readonly type: "gauge" | "counter"
  readonly samples: ReadonlyArray<{ readonly labels: { readonly [name: string]: string }; readonly value: number }>
}

/** The text of all figures. `memory` in bytes. */
export const render = (
  queues: ReadonlyArray<QueueStatus>,
  /** Names that the mapping alone has. */
  notConfigured: ReadonlyArray<string>,
  inQueueFiles: number,
  memory: number
): string =>
  [
    gauge("id_connector_in_queue_files", "Listener files that wait.", [{ labels: {}, value: inQueueFiles }]),
    gauge(
      "id_connector_items",
      "Items of an out queue by state.",
      queues.flatMap(({ authority, dead, held, inFlight, waiting }) =>
        Object.entries({ waiting, in_flight: inFlight, held, dead }).map(([state, value]) => ({
          labels: { school_authority: authority, state },
          value
        }))
      )
    ),
    gauge(
      "id_connector_queue_running",
      "1: delivers; 0: paused or not active.",
      queues.map(({ authority, status }) => ({
        labels: { school_authority: authority },
        value: status?._tag === "Running" ? 1 : 0
      }))
    ),
    gauge(
      "id_connector_authority_configured",
      "1: configured; 0: its file is missing, or only the mapping names it; its items wait.",
      [
        ...queues.map(({ authority, configured }) => ({
          labels: { school_authority: authority },
          value: configured === true ? 1 : 0
        })),
        ...notConfigured
          .filter((name) => !queues.some(({ authority }) => authority === name))
          .map((name) => ({ labels: { school_authority: name }, value: 0 }))
      ]
    ),
    {
      ...gauge(
        "id_connector_deliveries_total",
        "Deliveries since the queue started, by result.",
        queues.flatMap(({ authority, report }) =>
          report === null
            ? []
            : [
                { labels: { school_authority: authority, result: "delivered" }, value: report.delivered },
                { labels: { school_authority: authority, result: "failed" }, value: report.failed }
              ]
        )
      ),
      type: "counter" as const
    },
    gauge("process_resident_memory_bytes", "Memory of the process.", [{ labels: {}, value: memory }])
  ]
    .map(text)
    .join("")

const gauge = (name: string, help: string, samples: Family["samples"]): Family => ({
  name,
  help,
  type: "gauge",
  samples
})

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
