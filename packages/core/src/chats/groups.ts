/** Groups: settings, members, roles (contract section 2, Chats). */
import { type Chat, type InputOf, limits, type OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { claimPhoto, releasePhoto } from '../media/photos.ts';
import type { ChatRecord, MemberChange } from '../ports/stores.ts';
import { checkChat, isPresent, present } from './access.ts';
import { type ChangeParts, changeChat, keepAnAdmin } from './change.ts';
import type { DescribeParts } from './describe.ts';
import { describeFor } from './direct.ts';
import { listOf, namesOf } from './names.ts';
import { systemMessage } from './system.ts';

/** Refuses what is not a group. Errors: `FORBIDDEN`. */
function needGroup(chat: ChatRecord): void {
  if (chat.type !== 'group') throw new AppError('FORBIDDEN', 'This is not a group');
}

/**
 * Changes a group's name, description, picture, or who may send; a new name is told by a system message. Errors: `CHAT_NOT_FOUND`,
 * `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN` (no group), `VALIDATION_ERROR` (a photo kept here that the caller did not upload).
 */
export async function updateChat(
  core: ChangeParts & DescribeParts & Pick<Core, 'media'>,
  caller: Caller,
  input: InputOf<'chats.update'>,
): Promise<Chat> {
  const { id, name, description, avatar_url, is_admin_only } = input;
  const nameOf = await namesOf(core, [caller.userId]);
  const { avatar_url: photo } = checkChat(await core.chatCache.get(id), caller.userId, 'admin').chat;
  await claimPhoto(core, caller.userId, avatar_url, photo);
  const given = Object.entries({ name, description, avatar_url, is_admin_only });
  const settings = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  await changeChat(
    core,
    caller,
    id,
    'admin',
    () => ({ result: undefined, settings }),
    (changed) => {
      const renamed = changed.settings.name;
      if (renamed === undefined) return null;
      const body = `${nameOf(caller.userId)} renamed the group to “${renamed}”`;
      return systemMessage(caller, id, core.clock.now(), { action: 'group_renamed', body, name: renamed });
    },
  );
  const { chat } = checkChat(await core.chatCache.fresh(id), caller.userId, 'read');
  if (avatar_url !== undefined) await releasePhoto(core, photo, chat.avatar_url);
  return describeFor(core, caller.userId, chat);
}

/**
 * Adds people to a group, told by a system message; they see what comes from it on. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`,
 * `FORBIDDEN` (no group), `NOT_FOUND` (one of them does not exist: then nobody is added), `CONFLICT` (more than 256 members).
 */
export async function addParticipants(
  core: ChangeParts,
  caller: Caller,
  input: InputOf<'chats.addParticipants'>,
): Promise<OutputOf<'chats.addParticipants'>> {
  const wanted = [...new Set(input.user_ids)];
  checkChat(await core.chatCache.get(input.id), caller.userId, 'admin');
  const [users, nameOf] = await Promise.all([
    core.users.findMany(wanted),
    namesOf(core, [caller.userId, ...wanted]),
  ]);
  if (wanted.some((id) => !users.has(id))) throw new AppError('NOT_FOUND', 'One of the users does not exist');
  return changeChat(
    core,
    caller,
    input.id,
    'admin',
    (chat) => {
      const added = wanted.filter((id) => !isPresent(chat, id));
      if (present(chat).length + added.length > limits.groupMembers) {
        throw new AppError('CONFLICT', `A group has at most ${limits.groupMembers} members`);
      }
      // Former members keep their place, and every look at the chat reads them.
      const strangers = added.filter((id) => !chat.members.has(id)).length;
      if (chat.members.size + strangers > limits.everMembers) {
        throw new AppError('CONFLICT', 'Too many people have been in this group');
      }
      const members = added.map((userId): MemberChange => ({ kind: 'join', userId, role: 'member' }));
      return { result: { added, already_members: wanted.filter((id) => !added.includes(id)) }, members };
    },
    (_changed, { added }) => {
      const body = `${nameOf(caller.userId)} added ${listOf(added.map(nameOf))}`;
      return systemMessage(caller, input.id, core.clock.now(), {
        action: 'members_added',
        body,
        user_ids: added,
      });
    },
  );
}

/**
 * Removes somebody, or leaves, told by a system message to those who stay. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN`
 * (no group), `NOT_FOUND` (no member), `LAST_ADMIN`.
 */
export async function removeParticipant(
  core: ChangeParts,
  caller: Caller,
  input: InputOf<'chats.removeParticipant'>,
): Promise<OutputOf<'chats.removeParticipant'>> {
  const { id, user_id } = input;
  const leaving = user_id === caller.userId;
  const nameOf = await namesOf(core, [caller.userId, user_id]);
  await changeChat(
    core,
    caller,
    id,
    leaving ? 'member' : 'admin',
    (chat) => {
      needGroup(chat);
      if (!isPresent(chat, user_id)) throw new AppError('NOT_FOUND', 'There is no such member');
      keepAnAdmin(chat, user_id);
      return { result: undefined, members: [{ kind: 'leave', userId: user_id }] };
    },
    () => {
      const [who, whom] = [nameOf(caller.userId), nameOf(user_id)];
      return systemMessage(caller, id, core.clock.now(), {
        action: leaving ? 'member_left' : 'member_removed',
        body: leaving ? `${who} left` : `${who} removed ${whom}`,
        user_ids: [user_id],
      });
    },
  );
  return { chat_id: id, user_id };
}

/**
 * Promotes or demotes a member. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN` (no group), `NOT_FOUND` (no member),
 * `LAST_ADMIN`.
 */
export async function setRole(
  core: ChangeParts,
  caller: Caller,
  input: InputOf<'chats.setRole'>,
): Promise<OutputOf<'chats.setRole'>> {
  const { id, user_id, role } = input;
  await changeChat(
    core,
    caller,
    id,
    'admin',
    (chat) => {
      if (!isPresent(chat, user_id)) throw new AppError('NOT_FOUND', 'There is no such member');
      if (role === 'member') {
        // Unlike leaving, this needs another admin even where nobody else is left.
        if (present(chat).length === 1) throw new AppError('LAST_ADMIN');
        keepAnAdmin(chat, user_id);
      }
      return { result: undefined, members: [{ kind: 'role', userId: user_id, role }] };
    },
    () => null,
  );
  return { chat_id: id, user_id, role };
}

/**
 * Sets after how long new messages disappear: either of a direct chat, an admin of a group. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`,
 * `NOT_ADMIN`, `USER_BLOCKED`.
 */
export async function setDisappearing(
  core: ChangeParts,
  caller: Caller,
  input: InputOf<'chats.setDisappearing'>,
): Promise<OutputOf<'chats.setDisappearing'>> {
  const { id, auto_delete_seconds } = input;
  await changeChat(
    core,
    caller,
    id,
    'take_part',
    (chat) => {
      if (chat.type === 'group') checkChat(chat, caller.userId, 'admin');
      return { result: undefined, settings: { auto_delete_seconds } };
    },
    () => null,
  );
  return { chat_id: id, auto_delete_seconds };
}
