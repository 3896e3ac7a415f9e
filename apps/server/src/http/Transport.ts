/** Whether others on the way could read what a client and the connector say to each other. */
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
export const tooOpen =
  "Sessions need HTTPS: a password or cookie that comes over plain HTTP from another machine can be read on the way. Open the https:// address of the proxy in front and set IDC_PUBLIC_URL to it, or set IDC_HTTP_TLS_CERT and IDC_HTTP_TLS_KEY."
