/** Contract section 2, Messages: what can be done with a message that was sent. */
import { z } from 'zod';
import { define } from './define.ts';
import { isEmoji } from './emoji.ts';
import { limits } from './limits.ts';
import { message, messageStatuses, sampleMessage } from './messages.ts';
import { text, timestamp, uuid } from './primitives.ts';

const id = sampleMessage.message_id;
const someone = '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2';
/** Refusals of everything that needs to see the message: one that the caller cannot see is not there. */
const reading = ['NOT_FOUND'] as const;
const changing = ['NOT_FOUND', 'NOT_CHAT_MEMBER', 'FORBIDDEN'] as const;

export const deleteFor = z.enum(['me', 'everyone']);

/** One emoji, as people see it: a single one, whatever it is made of. */
export const emoji = text({ min: 1, max: 32 }).refine(isEmoji, 'must be one emoji');

/** What an edit replaces: the text of a text message, the caption of a file. */
export const editPayload = z
  .union([
    z.object({ body: text({ min: 1, max: limits.messageBody }) }),
    z.object({ caption: text({ max: limits.caption }) }),
  ])
  .meta({ id: 'EditPayload' });

export const deleteMessage = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/messages/{id}',
  operationId: 'deleteMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Delete a message for me, or for everyone',
  description:
    'For me: anyone who sees it; it is gone from my history, search, previews and counts. For everyone: its sender, or an admin of the group; what is left says only that it was deleted. Deleting again changes nothing.',
  input: z.object({ id: uuid, for: deleteFor.default('me') }),
  output: z.object({ message_id: uuid, deleted_for: deleteFor }).meta({ id: 'DeleteMessageResult' }),
  success: { 200: 'Deleted' },
  errors: changing,
  example: { input: { id, for: 'everyone' }, output: { message_id: id, deleted_for: 'everyone' } },
});

export const editMessage = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/messages/{id}',
  operationId: 'editMessage',
  tag: 'Messages',
  access: 'message_sender',
  summary: 'Edit a message',
  description:
    'The sender may replace the text, or the caption of a file, within 15 minutes of sending. A caption may become empty, a text may not.',
  input: z.object({ id: uuid, payload: editPayload }).meta({ id: 'EditMessageRequest' }),
  output: message,
  success: { 200: 'The message after the change' },
  errors: [...changing, 'USER_BLOCKED', 'NOT_ADMIN'],
  example: {
    input: { id, payload: { body: 'See you at the pier?' } },
    output: {
      ...sampleMessage,
      payload: { body: 'See you at the pier?' },
      version: 2,
      edited_at: '2026-03-01T09:22:10.004Z',
    },
  },
});

export const forwardMessage = define({
  kind: 'mutation',
  method: 'POST',
  path: '/messages/{id}/forward',
  operationId: 'forwardMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Forward a message to other chats',
  description: 'To all of them or to none: each must be one that the caller may send to.',
  input: z
    .object({ id: uuid, target_chat_ids: z.array(uuid).min(1).max(limits.forwardTargets) })
    .meta({ id: 'ForwardMessageRequest' }),
  output: z
    .object({
      forwarded_messages: z.array(
        z.object({ chat_id: uuid, message_id: uuid }).meta({ id: 'ForwardedMessage' }),
      ),
    })
    .meta({ id: 'ForwardMessageResult' }),
  success: { 201: 'The new messages' },
  errors: [...changing, 'CHAT_NOT_FOUND', 'NOT_ADMIN', 'USER_BLOCKED'],
  example: {
    input: { id, target_chat_ids: [sampleMessage.chat_id] },
    output: {
      forwarded_messages: [
        { chat_id: sampleMessage.chat_id, message_id: '0198c6f5-1111-7e63-8d1c-90a4e7c55f31' },
      ],
    },
  },
});

const starResult = z.object({ message_id: uuid, is_starred: z.boolean() }).meta({ id: 'StarResult' });

export const starMessage = define({
  kind: 'mutation',
  method: 'POST',
  path: '/messages/{id}/star',
  operationId: 'starMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Star a message for myself',
  description: 'Starring again changes nothing.',
  input: z.object({ id: uuid }),
  output: starResult,
  success: { 200: 'Starred' },
  errors: reading,
  example: { input: { id }, output: { message_id: id, is_starred: true } },
});

export const unstarMessage = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/messages/{id}/star',
  operationId: 'unstarMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Take the star off again',
  description: 'A message without one stays as it is.',
  input: z.object({ id: uuid }),
  output: starResult,
  success: { 200: 'Not starred' },
  errors: reading,
  example: { input: { id }, output: { message_id: id, is_starred: false } },
});

const reactionsResult = z
  .object({ message_id: uuid, reactions: z.record(uuid, z.string()) })
  .meta({ id: 'ReactionsResult' });

export const reactToMessage = define({
  kind: 'mutation',
  method: 'POST',
  path: '/messages/{id}/react',
  operationId: 'reactToMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'React to a message',
  description: 'One emoji per person and message: another one takes its place.',
  input: z.object({ id: uuid, emoji }).meta({ id: 'ReactRequest' }),
  output: reactionsResult,
  success: { 200: 'All reactions after it' },
  errors: [...changing, 'USER_BLOCKED'],
  example: { input: { id, emoji: '👍' }, output: { message_id: id, reactions: { [someone]: '👍' } } },
});

export const unreactToMessage = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/messages/{id}/react',
  operationId: 'removeReaction',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Take my reaction back',
  description: 'Without one nothing changes.',
  input: z.object({ id: uuid }),
  output: reactionsResult,
  success: { 200: 'All reactions after it' },
  errors: [...changing, 'USER_BLOCKED'],
  example: { input: { id }, output: { message_id: id, reactions: {} } },
});

export const messageReceipts = define({
  kind: 'query',
  method: 'GET',
  path: '/messages/{id}/receipts',
  operationId: 'getReceipts',
  tag: 'Messages',
  access: 'message_sender',
  summary: 'Who got and who read my message, and when',
  description:
    'One entry for everyone else who was a member when it was sent. In a direct chat reads are left out where either keeps them private.',
  input: z.object({ id: uuid }),
  output: z
    .object({
      receipts: z.array(
        z
          .object({
            user_id: uuid,
            status: z.enum(messageStatuses),
            delivered_at: timestamp.nullable(),
            read_at: timestamp.nullable(),
          })
          .meta({ id: 'Receipt' }),
      ),
    })
    .meta({ id: 'Receipts' }),
  success: { 200: 'The receipts' },
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  example: {
    input: { id },
    output: {
      receipts: [
        { user_id: someone, status: 'delivered', delivered_at: '2026-03-01T09:21:08.020Z', read_at: null },
      ],
    },
  },
});
