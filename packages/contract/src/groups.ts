/** Contract section 2, Chats: what admins change of a group, and what members set for themselves. */
import { z } from 'zod';
import { autoDeleteSeconds, chat, roles, sampleChat } from './chats.ts';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { text, timestamp, uuid } from './primitives.ts';
import { defineUpload } from './uploads.ts';
import { avatarUrl } from './users.ts';

const chatId = sampleChat.chat_id;
const someone = sampleChat.participants[1]?.user_id ?? '';

export const updateChat = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/chats/{id}',
  operationId: 'updateChat',
  tag: 'Chats',
  access: 'chat_admin',
  summary: 'Change a group',
  description: 'Changes the given fields and leaves the others. A new name is told by a system message.',
  input: z
    .object({
      id: uuid,
      name: text({ min: 1, max: limits.groupName }).optional(),
      description: text({ max: limits.groupDescription }).optional(),
      avatar_url: avatarUrl.optional(),
      is_admin_only: z.boolean().optional(),
    })
    .meta({ id: 'UpdateChatRequest' }),
  output: chat,
  success: { 200: 'The chat after the change' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'FORBIDDEN'],
  example: {
    input: { id: chatId, name: 'Lake house' },
    output: { ...sampleChat, type: 'group', name: 'Lake house', participant: null },
  },
});

export const setChatAvatar = defineUpload({
  method: 'PUT',
  path: '/chats/{id}/avatar',
  operationId: 'setChatAvatar',
  tag: 'Chats',
  access: 'chat_admin',
  summary: "Change a group's photo",
  description: `An image of at most ${limits.mediaBytes.image / 2 ** 20} MB; it is made to fit ${limits.avatarSide} × ${limits.avatarSide} pixels. An empty \`avatar_url\` in \`PATCH /chats/{id}\` removes the photo.`,
  fields: z.object({ id: uuid }),
  file: 'A JPEG, PNG, WebP or GIF',
  maxBytes: limits.mediaBytes.image,
  output: chat,
  success: { 200: 'The chat after the change' },
  errors: [
    'CHAT_NOT_FOUND',
    'NOT_CHAT_MEMBER',
    'NOT_ADMIN',
    'FORBIDDEN',
    'MEDIA_TOO_LARGE',
    'MEDIA_INVALID_TYPE',
  ],
  example: { ...sampleChat, type: 'group', name: 'Lake house', participant: null },
});

export const addParticipants = define({
  kind: 'mutation',
  method: 'POST',
  path: '/chats/{id}/participants',
  operationId: 'addParticipants',
  tag: 'Chats',
  access: 'chat_admin',
  summary: 'Add people to a group',
  description:
    'They see messages from now on, also those who were members before. All must exist; a group holds at most 256.',
  input: z
    .object({
      id: uuid,
      user_ids: z
        .array(uuid)
        .min(1)
        .max(limits.groupMembers - 1),
    })
    .meta({ id: 'AddParticipantsRequest' }),
  output: z
    .object({ added: z.array(uuid), already_members: z.array(uuid) })
    .meta({ id: 'AddParticipantsResult' }),
  success: { 200: 'Who was added, and who was there' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'],
  example: {
    input: { id: chatId, user_ids: [someone] },
    output: { added: [someone], already_members: [] },
  },
});

export const removeParticipant = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/chats/{id}/participants/{user_id}',
  operationId: 'removeParticipant',
  tag: 'Chats',
  access: 'chat_member',
  summary: 'Remove someone from a group, or leave it',
  description:
    'Admins may remove anyone, everyone may remove themselves. Who is gone keeps the history up to then. The last admin promotes somebody first, unless nobody else is left.',
  input: z.object({ id: uuid, user_id: uuid }),
  output: z.object({ chat_id: uuid, user_id: uuid }).meta({ id: 'RemoveParticipantResult' }),
  success: { 200: 'Gone' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'FORBIDDEN', 'NOT_FOUND', 'LAST_ADMIN'],
  example: { input: { id: chatId, user_id: someone }, output: { chat_id: chatId, user_id: someone } },
});

export const setRole = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/chats/{id}/participants/{user_id}/role',
  operationId: 'setParticipantRole',
  tag: 'Chats',
  access: 'chat_admin',
  summary: 'Promote or demote a member',
  description: 'The last admin cannot be demoted before another one is promoted.',
  input: z.object({ id: uuid, user_id: uuid, role: z.enum(roles) }).meta({ id: 'SetRoleRequest' }),
  output: z.object({ chat_id: uuid, user_id: uuid, role: z.enum(roles) }).meta({ id: 'SetRoleResult' }),
  success: { 200: 'The role from now on' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'FORBIDDEN', 'NOT_FOUND', 'LAST_ADMIN'],
  example: {
    input: { id: chatId, user_id: someone, role: 'admin' },
    output: { chat_id: chatId, user_id: someone, role: 'admin' },
  },
});

export const muteChat = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/chats/{id}/mute',
  operationId: 'muteChat',
  tag: 'Chats',
  access: 'chat_member',
  summary: 'Mute or unmute a chat for myself',
  description:
    'Without `mute_until` it is muted until it is unmuted; a time that has passed means not muted.',
  input: z
    .object({ id: uuid, is_muted: z.boolean(), mute_until: z.iso.datetime({ offset: true }).nullish() })
    .meta({ id: 'MuteChatRequest' }),
  output: z
    .object({ chat_id: uuid, is_muted: z.boolean(), mute_until: timestamp.nullable() })
    .meta({ id: 'MuteChatResult' }),
  success: { 200: 'How it is muted' },
  errors: ['CHAT_NOT_FOUND'],
  example: {
    input: { id: chatId, is_muted: true, mute_until: '2026-03-02T08:00:00.000Z' },
    output: { chat_id: chatId, is_muted: true, mute_until: '2026-03-02T08:00:00.000Z' },
  },
});

export const pinChat = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/chats/{id}/pin',
  operationId: 'pinChat',
  tag: 'Chats',
  access: 'chat_member',
  summary: 'Pin a chat to the top of my list',
  description: 'Pinned chats come first, among themselves by activity.',
  input: z.object({ id: uuid, is_pinned: z.boolean() }).meta({ id: 'PinChatRequest' }),
  output: z.object({ chat_id: uuid, is_pinned: z.boolean() }).meta({ id: 'PinChatResult' }),
  success: { 200: 'Whether it is pinned' },
  errors: ['CHAT_NOT_FOUND'],
  example: { input: { id: chatId, is_pinned: true }, output: { chat_id: chatId, is_pinned: true } },
});

export const setDisappearing = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/chats/{id}/disappearing',
  operationId: 'setDisappearing',
  tag: 'Chats',
  access: 'chat_member',
  summary: 'Let messages disappear',
  description:
    'For messages sent from now on, counted from their sending. In a direct chat either may set it, in a group an admin.',
  input: z
    .object({ id: uuid, auto_delete_seconds: autoDeleteSeconds })
    .meta({ id: 'SetDisappearingRequest' }),
  output: z
    .object({ chat_id: uuid, auto_delete_seconds: autoDeleteSeconds })
    .meta({ id: 'SetDisappearingResult' }),
  success: { 200: 'The timer from now on' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'USER_BLOCKED'],
  example: {
    input: { id: chatId, auto_delete_seconds: 86_400 },
    output: { chat_id: chatId, auto_delete_seconds: 86_400 },
  },
});
