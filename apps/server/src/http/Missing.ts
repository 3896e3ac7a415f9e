/** What the connector lacks to do its work, as `/health/ready` shows it: sentences that name what to set, and no secrets. */
import { Context } from "effect"

export class Missing extends Context.Reference<Missing>()("@id-connector/server/http/Missing", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}
