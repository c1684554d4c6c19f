/** Contract section 2, Chats: what exists for direct chats. */
import { z } from 'zod';
import { define } from './define.ts';
import { counter, timestamp, uuid } from './primitives.ts';

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

export const chat = z
  .object({
    chat_id: uuid,
    type: z.enum(chatTypes),
    name: z.string().meta({ description: "A group's name; empty in a direct chat" }),
    avatar_url: z.string(),
    participants: z.array(participant),
    created_at: timestamp,
    updated_at: timestamp,
    version: counter.meta({ description: "Rises with every change of the chat's messages" }),
    state_version: counter.meta({ description: 'Rises with every other change that the members share' }),
  })
  .meta({ id: 'Chat' });

const sampleChat = {
  chat_id: '0198c6f3-1b77-7a0c-b2b4-5d1f2f6f9a10',
  type: 'direct',
  name: '',
  avatar_url: '',
  participants: [
    {
      user_id: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21',
      display_name: 'Mina',
      avatar_url: '',
      role: 'member',
      joined_at: '2026-03-01T09:20:00.000Z',
    },
    {
      user_id: '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2',
      display_name: 'Jonas',
      avatar_url: '',
      role: 'member',
      joined_at: '2026-03-01T09:20:00.000Z',
    },
  ],
  created_at: '2026-03-01T09:20:00.000Z',
  updated_at: '2026-03-01T09:20:00.000Z',
  version: 0,
  state_version: 1,
} as const;

export const createChat = define({
  kind: 'mutation',
  method: 'POST',
  path: '/chats',
  operationId: 'createChat',
  tag: 'Chats',
  access: 'signed_in',
  summary: 'Open a direct chat',
  description:
    'There is one direct chat per pair: asking again, from either side or at the same time, gives the same one.',
  input: z
    .object({ type: z.literal('direct'), participant_id: uuid })
    .meta({ id: 'CreateDirectChatRequest' }),
  output: chat,
  success: { 200: 'It was there already', 201: 'It was made' },
  errors: ['BAD_REQUEST', 'NOT_FOUND'],
  example: {
    input: { type: 'direct', participant_id: '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2' },
    output: { ...sampleChat, participants: [...sampleChat.participants] },
  },
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
  example: {
    input: { id: sampleChat.chat_id },
    output: { ...sampleChat, participants: [...sampleChat.participants] },
  },
});

export type Chat = z.output<typeof chat>;
export type Participant = z.output<typeof participant>;
export type ChatType = (typeof chatTypes)[number];
export type Role = (typeof roles)[number];
