/** Contract section 2, Chats: a chat as its members see it, opening and reading one. Changing them is in `groups.ts`. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { messageTypes } from './payloads.ts';
import { counter, text, timestamp, uuid } from './primitives.ts';

export const chatTypes = ['direct', 'group'] as const;
export const roles = ['admin', 'member'] as const;

export const participant = z
  .object({
    user_id: uuid,
    display_name: z.string(),
    avatar_url: z.string(),
    role: z.enum(roles),
    joined_at: timestamp,
  })
  .meta({ id: 'Participant' });

/** The newest message that the caller may still see, as one line. */
export const lastMessage = z
  .object({ message_id: uuid, sender_id: uuid, type: z.enum(messageTypes), preview: z.string(), timestamp })
  .meta({ id: 'LastMessage' });

export const autoDeleteSeconds = z
  .union(limits.autoDeleteSeconds.map((seconds) => z.literal(seconds)))
  .meta({ description: 'Seconds after which new messages disappear: 0 (never), a day, a week, 90 days' });

const summaryFields = {
  chat_id: uuid,
  type: z.enum(chatTypes),
  name: z.string().meta({ description: "A group's name; empty in a direct chat" }),
  description: z.string(),
  avatar_url: z.string().meta({ description: "A group's picture; empty in a direct chat" }),
  is_admin_only: z.boolean().meta({ description: 'Only admins may send' }),
  auto_delete_seconds: autoDeleteSeconds,
  participant: participant
    .nullable()
    .meta({ description: 'The other one of a direct chat; null in a group' }),
  is_member: z
    .boolean()
    .meta({ description: 'False after the caller left or was removed: what was there can still be read' }),
  last_message: lastMessage.nullable(),
  unread_count: z.int().nonnegative(),
  is_muted: z.boolean(),
  mute_until: timestamp.nullable().meta({ description: 'When the mute ends; null while muted is for ever' }),
  is_pinned: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp.meta({ description: 'The last activity: the list is sorted by it' }),
  version: counter.meta({ description: "Rises with every change of the chat's messages" }),
  state_version: counter.meta({ description: 'Rises with every other change that the members share' }),
};

/** A chat in the list of chats. */
export const chatSummary = z.object(summaryFields).meta({ id: 'ChatSummary' });

export const chat = z.object({ ...summaryFields, participants: z.array(participant) }).meta({ id: 'Chat' });

const people = [
  {
    user_id: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21',
    display_name: 'Mina',
    avatar_url: '',
    role: 'member' as const,
    joined_at: '2026-03-01T09:20:00.000Z',
  },
  {
    user_id: '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2',
    display_name: 'Jonas',
    avatar_url: '',
    role: 'member' as const,
    joined_at: '2026-03-01T09:20:00.000Z',
  },
];

const sampleSummary: z.output<typeof chatSummary> = {
  chat_id: '0198c6f3-1b77-7a0c-b2b4-5d1f2f6f9a10',
  type: 'direct',
  name: '',
  description: '',
  avatar_url: '',
  is_admin_only: false,
  auto_delete_seconds: 0,
  participant: people[1] ?? null,
  is_member: true,
  last_message: {
    message_id: '0198c6f4-02b1-7e63-8d1c-90a4e7c55f31',
    sender_id: '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2',
    type: 'text',
    preview: 'See you at the lake?',
    timestamp: '2026-03-01T09:21:07.120Z',
  },
  unread_count: 1,
  is_muted: false,
  mute_until: null,
  is_pinned: false,
  created_at: '2026-03-01T09:20:00.000Z',
  updated_at: '2026-03-01T09:21:07.120Z',
  version: 1,
  state_version: 1,
};

/** Shown in the document's examples. */
export const sampleChat: z.output<typeof chat> = { ...sampleSummary, participants: people };

export const createChat = define({
  kind: 'mutation',
  method: 'POST',
  path: '/chats',
  operationId: 'createChat',
  tag: 'Chats',
  access: 'signed_in',
  summary: 'Open a direct chat, or make a group',
  description:
    'There is one direct chat per pair: asking again, from either side or at the same time, gives the same one. A group begins with the caller as its admin and 1 to 255 others, who must all exist.',
  input: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('direct'), participant_id: uuid }).meta({ id: 'CreateDirectChatRequest' }),
      z
        .object({
          type: z.literal('group'),
          name: text({ min: 1, max: limits.groupName }),
          description: text({ max: limits.groupDescription }).optional(),
          participant_ids: z
            .array(uuid)
            .min(1)
            .max(limits.groupMembers - 1),
        })
        .meta({ id: 'CreateGroupRequest' }),
    ])
    .meta({ id: 'CreateChatRequest' }),
  output: chat,
  success: { 200: 'The direct chat was there already', 201: 'It was made' },
  errors: ['BAD_REQUEST', 'NOT_FOUND'],
  example: { input: { type: 'direct', participant_id: people[1]?.user_id ?? '' }, output: sampleChat },
});

export const getChat = define({
  kind: 'query',
  method: 'GET',
  path: '/chats/{id}',
  operationId: 'getChat',
  tag: 'Chats',
  access: 'chat_member',
  summary: 'One chat with its participants',
  description: 'A chat that the caller has never been in answers like one that does not exist.',
  input: z.object({ id: uuid }),
  output: chat,
  success: { 200: 'The chat' },
  errors: ['CHAT_NOT_FOUND'],
  example: { input: { id: sampleChat.chat_id }, output: sampleChat },
});

export const listChats = define({
  kind: 'query',
  method: 'GET',
  path: '/chats',
  operationId: 'listChats',
  tag: 'Chats',
  access: 'self',
  summary: 'My chats, pinned first, then by activity',
  description:
    'Pages hold together while chats move: those listed before are not listed again, and none is left out, since the order is that of the first page.',
  input: z.object({
    cursor: z.string().max(512).optional(),
    limit: z.int().min(1).max(limits.chatPage.max).default(limits.chatPage.default),
  }),
  output: z
    .object({ chats: z.array(chatSummary), next_cursor: z.string().nullable() })
    .meta({ id: 'ChatPage' }),
  success: { 200: 'The page' },
  errors: ['BAD_REQUEST'],
  example: { input: { limit: 20 }, output: { chats: [sampleSummary], next_cursor: null } },
});

export type Chat = z.output<typeof chat>;
export type ChatSummary = z.output<typeof chatSummary>;
export type LastMessage = z.output<typeof lastMessage>;
export type Participant = z.output<typeof participant>;
export type ChatType = (typeof chatTypes)[number];
export type Role = (typeof roles)[number];
/** Seconds after which messages of a chat disappear; 0 is never. */
export type AutoDeleteSeconds = (typeof limits.autoDeleteSeconds)[number];
