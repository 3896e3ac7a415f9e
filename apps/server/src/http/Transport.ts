/** Whether others on the way could read what a client and the connector say to each other. */
import { say } from "@id-connector/api/ErrorSentences"
import * as ClientAddress from "./ClientAddress.js"

export interface Transport {
  /** The connector speaks TLS itself. */
  readonly tls: boolean
  /** What browsers open, when a proxy is in front: `https://host/`. Null: nothing is said. */
  readonly publicUrl: string | null
}

/** Nothing is said: plain HTTP. */
export const plain: Transport = { tls: false, publicUrl: null }

const isThisMachine = ClientAddress.trusting(ClientAddress.loopback)

/** `client`: who sends it, see `ClientAddress`. */
export const isPrivate = ({ publicUrl, tls }: Transport, client: string): boolean =>
  tls || publicUrl?.startsWith("https://") === true || isThisMachine(client)

/** What is said to somebody who comes over plain HTTP from elsewhere. */
export const tooOpen = say("https_needed")
