// Whether the connector in this container is ready: exit code 0, or 1 with the reason. What Docker's HEALTHCHECK runs.
import { request as http } from "node:http"
import { request as https } from "node:https"
import process from "node:process"

const { IDC_HTTP_HOST: host = "", IDC_HTTP_PORT: port = "", IDC_HTTP_TLS_CERT: certificate = "" } = process.env
const isTls = certificate !== ""
const anywhere = ["", "0.0.0.0", "::"]

const fail = (reason) => {
  console.error(reason)
  process.exit(1)
}

const asked = (isTls ? https : http)(
  {
    host: anywhere.includes(host) ? "127.0.0.1" : host,
    port: port === "" ? 8911 : Number(port),
    path: "/ucsschool-id-connector/api/v1/health/ready",
    // It asks itself: whose name the certificate has does not matter.
    rejectUnauthorized: false,
    timeout: 4_000
  },
  (response) => {
    let text = ""
    response.setEncoding("utf8").on("data", (some) => {
      text += some
    })
    response.on("end", () => {
      console.log(text)
      process.exit(response.statusCode === 200 ? 0 : 1)
    })
  }
)
asked.on("timeout", () => fail("no answer within 4 seconds"))
asked.on("error", ({ message }) => fail(message))
asked.end()
