/** Times as the contract has them: ISO 8601 UTC with milliseconds. */

/** Whether it is such a time, one that the calendar has, since 1970. */
export function isIsoTime(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const time = new Date(value);
  return value >= '1970' && !Number.isNaN(time.getTime()) && time.toISOString() === value;
}

/** A time in milliseconds since the epoch, as text. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
