/** How many rows at most. */
import type { SqlClient } from "@effect/sql"

/**
 * `LIMIT` with a number that is given for each run. SQLite reads a bare parameter there to find the best plan, so that it plans
 * the statement anew for each run, which takes it ten times as long as the run; into a sum it does not look.
 */
export const limitOf = (sql: SqlClient.SqlClient, rows: number) => sql`LIMIT 0 + ${Math.max(0, rows)}`
