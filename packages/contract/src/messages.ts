/** Contract section 2, Messages. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { media } from './media.ts';
import { messageTypes, payloads, type SendableType, storedPayload } from './payloads.ts';
import { counter, timestamp, uuid } from './primitives.ts';

export const messageStatuses = ['sent', 'delivered', 'read'] as const;

export const replyPreview = z
  .object({ message_id: uuid, sender_id: uuid, type: z.enum(messageTypes), preview: z.string() })
  .meta({ id: 'ReplyPreview' });

export const message = z
  .object({
    message_id: uuid,
    chat_id: uuid,
    sender_id: uuid,
    client_msg_id: uuid,
    seq: counter.meta({ description: 'Place in the chat: without gaps, the same for everyone' }),
    version: counter.meta({ description: "The chat's version at this message's last change" }),
    type: z.enum(messageTypes),
    payload: storedPayload,
    reply_to_message_id: uuid.nullable(),
    reply_to_preview: replyPreview.nullable(),
    forwarded: z.boolean(),
    forwarded_from: z.object({ chat_id: uuid.nullable(), message_id: uuid.nullable() }).nullable(),
    reactions: z.record(uuid, z.string()).meta({ description: 'Emoji by user id' }),
    status: z.enum(messageStatuses).meta({
      description: "For one's own message the least far of all recipients; for another's, one's own",
    }),
    is_deleted: z.boolean(),
    is_starred: z.boolean(),
    // Not there in events of programs from before it was.
    media: media.nullable().default(null),
    created_at: timestamp,
    updated_at: timestamp,
    edited_at: timestamp.nullable(),
    // Not there in events of programs from before it was.
    expires_at: timestamp
      .nullable()
      .default(null)
      .meta({ description: 'When it disappears: from then on it reads as deleted; null for never' }),
  })
  .meta({ id: 'Message' });

export type Message = z.output<typeof message>;
export type MessageStatus = (typeof messageStatuses)[number];
export type ReplyPreview = z.output<typeof replyPreview>;

/** A send, as REST (`chat_id` in the path) and `message.send` (in the frame) both have it. */
function sendVariant<T extends SendableType>(type: T) {
  return z
    .object({
      chat_id: uuid,
      client_msg_id: uuid.meta({ description: 'Made by the client: the same id is stored once, for ever' }),
      type: z.literal(type),
      payload: payloads[type],
      reply_to_message_id: uuid.nullish(),
    })
    .meta({ id: `Send${type[0]?.toUpperCase()}${type.slice(1)}Request` });
}

export const sendInput = z.discriminatedUnion('type', [
  sendVariant('text'),
  sendVariant('image'),
  sendVariant('video'),
  sendVariant('audio'),
  sendVariant('document'),
  sendVariant('location'),
]);

export type SendInput = z.output<typeof sendInput>;

/** Shown in the document's examples. */
export const sampleMessage = {
  message_id: '0198c6f4-02b1-7e63-8d1c-90a4e7c55f31',
  chat_id: '0198c6f3-1b77-7a0c-b2b4-5d1f2f6f9a10',
  sender_id: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21',
  client_msg_id: '7a0f1c8e-1df4-4a36-9a86-1f6c2b2f2a55',
  seq: 1,
  version: 1,
  type: 'text',
  payload: { body: 'See you at the lake?' },
  reply_to_message_id: null,
  reply_to_preview: null,
  forwarded: false,
  forwarded_from: null,
  reactions: {},
  status: 'sent',
  is_deleted: false,
  is_starred: false,
  media: null,
  created_at: '2026-03-01T09:21:07.120Z',
  updated_at: '2026-03-01T09:21:07.120Z',
  edited_at: null,
  expires_at: null,
} satisfies Message;

export const listMessages = define({
  kind: 'query',
  method: 'GET',
  path: '/chats/{chat_id}/messages',
  operationId: 'listMessages',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'A page of history, newest first',
  description:
    'Without a cursor the newest page; `next_cursor` of one page is the `cursor` of the next older one. With `after` the page that ' +
    'comes next after a message (a search result, say), newest first as well; `next_cursor` is then the `after` of the next newer one.',
  input: z.object({
    chat_id: uuid,
    cursor: z
      .string()
      .max(256)
      .optional()
      .meta({ description: 'The message_id before which the page begins' }),
    limit: z.int().min(1).max(limits.historyPage.max).default(limits.historyPage.default),
    // The last one, so that calls of generated clients with arguments in their order stay as they are.
    after: z
      .string()
      .max(256)
      .optional()
      .meta({ description: 'The message_id after which the page begins; not together with a cursor' }),
  }),
  output: z
    .object({ messages: z.array(message), next_cursor: uuid.nullable(), has_more: z.boolean() })
    .meta({ id: 'MessagePage' }),
  success: { 200: 'The page' },
  errors: ['CHAT_NOT_FOUND', 'BAD_REQUEST'],
  example: {
    input: { chat_id: sampleMessage.chat_id, limit: 50 },
    output: { messages: [sampleMessage], next_cursor: null, has_more: false },
  },
});

export const sendMessage = define({
  kind: 'mutation',
  method: 'POST',
  path: '/chats/{chat_id}/messages',
  operationId: 'sendMessage',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Send a message',
  description:
    'Answers once the message is stored durably. The same `client_msg_id` by the same sender answers 200 with the first message, for ever; with another chat or payload it is a conflict.',
  input: sendInput,
  output: message,
  success: { 200: 'It was sent before: the first message', 201: 'Accepted' },
  errors: ['CHAT_NOT_FOUND', 'NOT_CHAT_MEMBER', 'NOT_ADMIN', 'USER_BLOCKED', 'NOT_FOUND', 'CONFLICT'],
  example: {
    input: {
      chat_id: sampleMessage.chat_id,
      client_msg_id: sampleMessage.client_msg_id,
      type: 'text',
      payload: { body: 'See you at the lake?' },
    },
    output: sampleMessage,
  },
});

export const markRead = define({
  kind: 'mutation',
  method: 'POST',
  path: '/chats/{chat_id}/messages/read',
  operationId: 'markRead',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Mark as read up to a message',
  description: 'The read position only moves forward; reading implies delivery.',
  input: z.object({ chat_id: uuid, up_to_message_id: uuid }).meta({ id: 'MarkReadRequest' }),
  output: z.object({ unread_count: z.int().nonnegative() }).meta({ id: 'MarkReadResult' }),
  success: { 200: 'What is still unread' },
  errors: ['CHAT_NOT_FOUND', 'NOT_FOUND'],
  example: {
    input: { chat_id: sampleMessage.chat_id, up_to_message_id: sampleMessage.message_id },
    output: { unread_count: 0 },
  },
});
