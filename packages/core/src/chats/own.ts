/** What members set of a chat for themselves (contract section 2, Chats): nobody else learns of it. */
import type { InputOf, OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { isIsoTime, isoTime } from '../lib/times.ts';
import type { OwnSettings } from '../ports/stores.ts';
import { publishTold, tellUser } from '../users/telling.ts';
import { accessChat } from './access.ts';
import { muteAt } from './describe.ts';

type Parts = Pick<Core, 'chats' | 'chatCache' | 'publisher' | 'clock'>;

/** Mutes or unmutes; without `mute_until` for ever. Errors: `CHAT_NOT_FOUND`, `VALIDATION_ERROR` (a time beyond the year 9999). */
export async function muteChat(
  core: Parts,
  caller: Caller,
  input: InputOf<'chats.mute'>,
): Promise<OutputOf<'chats.mute'>> {
  const until = input.is_muted && input.mute_until ? new Date(input.mute_until).toISOString() : null;
  if (until !== null && !isIsoTime(until)) {
    const message = 'must be a time from 1970 to 9999';
    throw new AppError('VALIDATION_ERROR', undefined, { details: [{ path: 'mute_until', message }] });
  }
  const wanted = muteAt({ is_muted: input.is_muted, mute_until: until }, isoTime(core.clock.now()));
  const { is_muted, mute_until } = await setOwn(core, caller, input.id, wanted);
  return { chat_id: input.id, is_muted, mute_until };
}

/** Pins to the top of the caller's list, or unpins. Errors: `CHAT_NOT_FOUND`. */
export async function pinChat(
  core: Parts,
  caller: Caller,
  input: InputOf<'chats.pin'>,
): Promise<OutputOf<'chats.pin'>> {
  const { is_pinned } = await setOwn(core, caller, input.id, { is_pinned: input.is_pinned });
  return { chat_id: input.id, is_pinned };
}

async function setOwn(
  core: Parts,
  caller: Caller,
  chatId: string,
  patch: Partial<OwnSettings>,
): Promise<OwnSettings> {
  await accessChat(core, caller, chatId, 'read');
  const tell = tellUser(core, caller, { kind: 'chat', chat_id: chatId, changes: patch });
  const set = await core.chats.setOwn(caller.userId, chatId, patch, tell);
  if (!set) throw new AppError('CHAT_NOT_FOUND');
  publishTold(core, set.told);
  return set.settings;
}
