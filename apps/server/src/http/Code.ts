/** Words for programs, as the API has them. */

/** `target_unavailable` of `TargetUnavailable` */
export const ofTag = (tag: string): string => tag.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase()
