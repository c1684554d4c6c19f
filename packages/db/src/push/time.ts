/** Milliseconds since the epoch as PostgreSQL reads a time. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
