/** Blocks (contract section 2, Users): kept by the one who blocks, felt by both, and shown to nobody else. */
import type { InputOf, OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { publishTold, tellUser } from './telling.ts';

type Parts = Pick<Core, 'contacts' | 'chats' | 'signals' | 'publisher' | 'clock'>;

/**
 * Blocks someone: from now on neither can message the other directly, nor see presence, photo or status text of the other. Blocking again
 * changes nothing. Errors: `BAD_REQUEST` (oneself), `NOT_FOUND` (no such user), `SERVICE_UNAVAILABLE` (perhaps done: call again).
 */
export function blockUser(
  core: Parts,
  caller: Caller,
  input: InputOf<'users.block'>,
): Promise<OutputOf<'users.block'>> {
  return setBlocked(core, caller, input.id, true);
}

/**
 * Ends a block of the caller's; one by the other side stays. Unblocking again changes nothing. Errors: `BAD_REQUEST` (oneself),
 * `NOT_FOUND` (no such user), `SERVICE_UNAVAILABLE` (perhaps done: call again).
 */
export function unblockUser(
  core: Parts,
  caller: Caller,
  input: InputOf<'users.unblock'>,
): Promise<OutputOf<'users.unblock'>> {
  return setBlocked(core, caller, input.id, false);
}

async function setBlocked(
  core: Parts,
  caller: Caller,
  id: string,
  blocked: boolean,
): Promise<OutputOf<'users.block'>> {
  if (id === caller.userId) throw new AppError('BAD_REQUEST', 'Nobody can block themselves');
  const tell = tellUser(core, caller, { kind: 'block', user_id: id, blocked });
  const result = await core.contacts.setBlocked(caller.userId, id, blocked, tell);
  if (!result) throw new AppError('NOT_FOUND', 'There is no such user');
  publishTold(core, result.told);
  // After the commit, so that a chat which is opened meanwhile is found here or knows of the block by itself. And each time, so that a call
  // after one that failed here makes up for it.
  const chatId = await core.chats.directOf(caller.userId, id);
  if (chatId !== undefined) await core.signals.send({ kind: 'chats', chat_ids: [chatId] });
  return { user_id: id, blocked };
}
