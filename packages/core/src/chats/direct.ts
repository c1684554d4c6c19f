/** Direct chats (contract section 2, Chats). */
import type { BusEvent, Chat, Participant } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import type { ChatRecord } from '../ports/stores.ts';
import { visibleProfiles } from '../users/profile.ts';
import { checkChat } from './access.ts';

/** A chat as the viewer may see it. */
async function describe(
  core: Pick<Core, 'users' | 'privacy' | 'messages'>,
  viewer: string,
  chat: ChatRecord,
): Promise<Chat> {
  const present = [...chat.members.values()].filter((member) => member.left_seq === null);
  const [profiles, heads] = await Promise.all([
    visibleProfiles(
      core,
      viewer,
      present.map((member) => member.user_id),
    ),
    core.messages.heads([chat.chat_id]),
  ]);
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));
  return {
    chat_id: chat.chat_id,
    type: chat.type,
    name: chat.name,
    avatar_url: chat.avatar_url,
    participants: present.map((member) => ({
      user_id: member.user_id,
      display_name: byId.get(member.user_id)?.display_name ?? '',
      avatar_url: byId.get(member.user_id)?.avatar_url ?? '',
      role: member.role,
      joined_at: member.joined_at,
    })),
    created_at: chat.created_at,
    updated_at: chat.updated_at,
    version: heads.get(chat.chat_id)?.version ?? 0,
    state_version: chat.state_version,
  };
}

/**
 * Opens the direct chat with someone; there is one per pair, also when both ask at once. Errors: `BAD_REQUEST` (with
 * oneself), `NOT_FOUND` (no such user).
 */
export async function openDirect(
  core: Pick<Core, 'chats' | 'users' | 'privacy' | 'messages' | 'publisher' | 'chatCache' | 'clock'>,
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
  return { created: opened.created, chat: await describe(core, caller.userId, opened.chat) };
}

/** The event that tells both of a new chat; names and photos are filled in per viewer when it is delivered. */
export function chatCreatedEvent(
  chat: ChatRecord,
  userVersions: Record<string, number>,
  createdBy: string,
  context: Parameters<typeof makeEvent>[1],
  now: number,
): BusEvent<'chat.created'> {
  const participants: Participant[] = [...chat.members.values()].map((member) => ({
    user_id: member.user_id,
    display_name: '',
    avatar_url: '',
    role: member.role,
    joined_at: member.joined_at,
  }));
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
  core: Pick<Core, 'chatCache' | 'users' | 'privacy' | 'messages'>,
  caller: Caller,
  input: { id: string },
): Promise<Chat> {
  const { chat } = checkChat(await core.chatCache.fresh(input.id), caller.userId, 'read');
  return describe(core, caller.userId, chat);
}

/** The chat as somebody may see it, for `chat.created`. */
export async function describeChat(
  core: Pick<Core, 'chatCache' | 'users' | 'privacy' | 'messages'>,
  viewer: string,
  chatId: string,
): Promise<Chat | undefined> {
  const chat = await core.chatCache.get(chatId);
  return chat?.members.has(viewer) ? describe(core, viewer, chat) : undefined;
}
