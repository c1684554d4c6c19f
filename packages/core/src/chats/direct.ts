/** Direct chats, and chats as they are read (contract section 2, Chats). */
import type { BusEvent, Chat, Participant } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import type { ChatRecord, EventContext } from '../ports/stores.ts';
import { checkChat } from './access.ts';
import { type DescribeParts, describe, participantOf } from './describe.ts';

/** The chat as somebody who is in it sees it. Errors: `CHAT_NOT_FOUND`. */
export async function describeFor(core: DescribeParts, viewer: string, chat: ChatRecord): Promise<Chat> {
  const described = await describe(core, viewer, chat);
  if (!described) throw new AppError('CHAT_NOT_FOUND');
  return described;
}

/**
 * Opens the direct chat with someone; there is one per pair, also when both ask at once. Errors: `BAD_REQUEST` (with
 * oneself), `NOT_FOUND` (no such user).
 */
export async function openDirect(
  core: DescribeParts & Pick<Core, 'publisher'>,
  caller: Caller,
  input: { participant_id: string },
): Promise<{ created: boolean; chat: Chat }> {
  const other = input.participant_id;
  if (other === caller.userId) throw new AppError('BAD_REQUEST', 'A chat needs somebody else');
  const users = await core.users.findMany([caller.userId, other]);
  if (!users.has(caller.userId)) throw new AppError('TOKEN_INVALID', 'This account does not exist any more');
  if (!users.has(other)) throw new AppError('NOT_FOUND', 'There is no such user');

  const context = newContext(caller);
  const opened = await core.chats.openDirect({ chatId: newId(), creator: caller.userId, other, context });
  if (opened.created) {
    const event = chatCreatedEvent(
      opened.chat,
      opened.userVersions,
      caller.userId,
      context,
      core.clock.now(),
    );
    core.publisher.publish(opened.outboxId, [event]);
  }
  return { created: opened.created, chat: await describeFor(core, caller.userId, opened.chat) };
}

/** The event that tells all of a new chat; names and photos are filled in per viewer when it is delivered. */
export function chatCreatedEvent(
  chat: ChatRecord,
  userVersions: Record<string, number>,
  createdBy: string,
  context: EventContext,
  now: number,
): BusEvent<'chat.created'> {
  const participants: Participant[] = [...chat.members.values()].map((member) =>
    participantOf(member, undefined),
  );
  return makeEvent(
    'chat.created',
    context,
    {
      chat_id: chat.chat_id,
      type: chat.type,
      name: chat.name,
      created_by: createdBy,
      participants,
      state_version: chat.state_version,
      user_versions: userVersions,
    },
    now,
  );
}

/** One chat with its participants. Errors: `CHAT_NOT_FOUND`. */
export async function getChat(
  core: DescribeParts & Pick<Core, 'chatCache'>,
  caller: Caller,
  input: { id: string },
): Promise<Chat> {
  const { chat } = checkChat(await core.chatCache.fresh(input.id), caller.userId, 'read');
  return describeFor(core, caller.userId, chat);
}
