/** Contacts (contract section 2, Users). */
import { type InputOf, type OutputOf, phone } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { RateDecision } from '../ports/engines.ts';
import { publishTold, tellUser } from './telling.ts';

/**
 * What people and address books put between digits: spaces and dashes of any script, dots, brackets, slashes, and invisible marks of
 * direction. A leading 00 stays: which country's way of dialling it is, nobody knows.
 */
const between = /[\s\p{Pd}\p{Ps}\p{Pe}\p{Cf}\u2212./]/gu;

/** The numbers in E.164 form, each once; what is none is passed over. */
function phonesIn(numbers: readonly string[]): string[] {
  const bare = numbers.map((number) => number.replace(between, ''));
  return [...new Set(bare)].filter((number) => phone.safeParse(number).success);
}

/**
 * Finds out who of an address book is here, and makes them the caller's contacts. Photos are after privacy and blocks; the caller's own number
 * is passed over. At most 5 calls a minute (contract section 3). Errors: `TOO_MANY_REQUESTS`, `SERVICE_UNAVAILABLE`.
 */
export async function syncContacts(
  core: Pick<Core, 'contacts' | 'rates' | 'publisher' | 'clock' | 'log'>,
  caller: Caller,
  input: InputOf<'users.syncContacts'>,
): Promise<OutputOf<'users.syncContacts'>> {
  const decision = await core.rates.consume('contactSync', caller.userId).catch((error): RateDecision => {
    // Without its engine this limit lets through (contract section 3).
    core.log.warn({ err: error }, 'contact syncs cannot be counted, so they are let through');
    return { allowed: true };
  });
  if (!decision.allowed) {
    throw new AppError('TOO_MANY_REQUESTS', 'Contacts were synced too often: try again later', {
      retryAfter: decision.retryAfterSeconds,
    });
  }
  const phones = phonesIn(input.phone_numbers);
  if (phones.length === 0) return { registered_users: [] };
  const tell = tellUser(core, caller, { kind: 'contacts' });
  const { found, told } = await core.contacts.sync(caller.userId, phones, tell);
  publishTold(core, told);
  return { registered_users: found };
}

/** The caller's contacts by name, after privacy and blocks. Errors: `SERVICE_UNAVAILABLE`. */
export async function listContacts(
  core: Pick<Core, 'contacts'>,
  caller: Caller,
): Promise<OutputOf<'users.contacts'>> {
  return { contacts: await core.contacts.list(caller.userId) };
}
