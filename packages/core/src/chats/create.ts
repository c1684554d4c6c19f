/** New chats (contract section 2, Chats). */
import { type AnyBusEvent, type Chat, type InputOf, limits } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import type { DescribeParts } from './describe.ts';
import { chatCreatedEvent, describeFor, openDirect } from './direct.ts';
import { namesOf } from './names.ts';
import { afterChange, draftsOf, type SystemDraft, systemMessage } from './system.ts';

type Parts = DescribeParts & Pick<Core, 'publisher' | 'sendQueue' | 'chatCache' | 'signals'>;

/**
 * Opens a direct chat, or makes a group of 2 to 256 with the caller as its admin. Errors: `BAD_REQUEST` (a direct chat with oneself),
 * `NOT_FOUND` (one of the users does not exist: then no group is made), `VALIDATION_ERROR` (a group of oneself alone).
 */
export function createChat(
  core: Parts,
  caller: Caller,
  input: InputOf<'chats.create'>,
): Promise<{ created: boolean; chat: Chat }> {
  return input.type === 'direct' ? openDirect(core, caller, input) : createGroup(core, caller, input);
}

async function createGroup(
  core: Parts,
  caller: Caller,
  input: Extract<InputOf<'chats.create'>, { type: 'group' }>,
): Promise<{ created: boolean; chat: Chat }> {
  const others = [...new Set(input.participant_ids)].filter((id) => id !== caller.userId);
  if (others.length === 0 || others.length >= limits.groupMembers) {
    const message = `a group has 1 to ${limits.groupMembers - 1} others`;
    throw new AppError('VALIDATION_ERROR', undefined, { details: [{ path: 'participant_ids', message }] });
  }
  const chatId = newId();
  const nameOf = await namesOf(core, [caller.userId]);
  const { name, description = '' } = input;
  let told: { events: AnyBusEvent[]; system: SystemDraft } | undefined;
  const made = await core.chats.createGroup(
    { chatId, creator: caller.userId, others, name, description },
    (chat, userVersions) => {
      const now = core.clock.now();
      const body = `${nameOf(caller.userId)} created the group “${name}”`;
      const message = systemMessage(caller, chatId, now, { action: 'group_created', body, name });
      const event = chatCreatedEvent(chat, userVersions, caller.userId, newContext(caller), now);
      told = { events: [event], system: { message, joined: [], left: [] } };
      return draftsOf(told.events, told.system);
    },
  );
  if (!made || !told) throw new AppError('NOT_FOUND', 'One of the users does not exist');
  await afterChange(core, chatId, made.outboxIds, told);
  return { created: true, chat: await describeFor(core, caller.userId, made.chat) };
}
