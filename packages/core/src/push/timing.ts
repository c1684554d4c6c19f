/** How old what is pushed may be. */

/**
 * Milliseconds after which a message may have been read or deleted since: an event that is handled so late (an outage, a redelivery, the
 * first one comes after a second) is looked up before anything is pushed.
 */
const lateMs = 2_000;

/**
 * Milliseconds for which the ledger surely knows what was pushed: it keeps that for a day, and nothing is pushed before it was sent. What
 * is older is not pushed, because nobody could say whether it was before.
 */
export const rememberedMs = 24 * 3600 * 1000;

/** What the age of something that was sent at `at` (ISO 8601) means at `now` (milliseconds since the epoch). */
export function ageOf(at: string, now: number): 'fresh' | 'late' | 'forgotten' {
  const age = now - Date.parse(at);
  if (age >= rememberedMs) return 'forgotten';
  return age >= lateMs ? 'late' : 'fresh';
}
