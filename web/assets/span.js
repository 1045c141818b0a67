/**
 * spanOf is a span of time in words.
 * @param {number} seconds
 */
export function spanOf(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toPrecision(2)} h`
}

/**
 * timeOf is how long something is expected to take, in words: nothing takes no time.
 * @param {number} seconds
 */
export const timeOf = seconds => spanOf(Math.max(1, seconds))
