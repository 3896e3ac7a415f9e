// @effect-diagnostics globalDate:off
// Loggers get a `Date` for each line, of which there are many.
/** The time of a line: that of the process's time zone, with its distance from UTC, `2026-02-03T05:05:06.789+01:00`. */

const minute = 60_000

const two = (value: number): string => String(value).padStart(2, "0")

/** `offset`: how many minutes the local time is ahead of UTC. */
export const format = (time: number, offset: number): string => {
  const local = new Date(time + offset * minute).toISOString()
  const ahead = Math.abs(offset)
  return `${local.slice(0, -1)}${offset < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`
}

/** Many lines are of the same millisecond. */
let last = { time: Number.NaN, text: "" }

export const local = (date: Date): string => {
  const time = date.getTime()
  if (last.time !== time) last = { time, text: format(time, -date.getTimezoneOffset()) }
  return last.text
}
