/** Contract section 2, Messages: finding them again. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { message, sampleMessage } from './messages.ts';
import { text, uuid } from './primitives.ts';

export const highlight = z
  .object({
    field: z
      .enum(['body', 'caption', 'filename', 'name', 'address'])
      .meta({ description: 'A field of the payload' }),
    start: z.int().nonnegative().meta({ description: 'UTF-16 code units from its beginning' }),
    end: z.int().positive().meta({ description: 'The end, exclusive' }),
  })
  .meta({ id: 'Highlight' });

export const foundMessage = message.extend({ highlights: z.array(highlight) }).meta({ id: 'FoundMessage' });

const q = text({ min: 1, max: limits.searchQuery }).meta({
  description: 'Words, or beginnings of words; all must be in the message. Case and accents do not count.',
});
const paging = {
  cursor: z.string().max(256).optional(),
  limit: z.int().min(1).max(limits.searchPage.max).default(limits.searchPage.default),
};
const foundPage = z
  .object({ messages: z.array(foundMessage), next_cursor: z.string().nullable() })
  .meta({ id: 'FoundMessagePage' });
const found = { ...sampleMessage, highlights: [{ field: 'body' as const, start: 15, end: 19 }] };

export const searchChat = define({
  kind: 'query',
  method: 'GET',
  path: '/chats/{chat_id}/messages/search',
  operationId: 'searchChat',
  tag: 'Messages',
  access: 'chat_member',
  summary: 'Search in a chat',
  description:
    'Newest first. Never finds what is deleted, has disappeared, or was sent while the caller was no member.',
  input: z.object({ chat_id: uuid, q, ...paging }),
  output: foundPage,
  success: { 200: 'The page' },
  errors: ['CHAT_NOT_FOUND', 'BAD_REQUEST'],
  example: {
    input: { chat_id: sampleMessage.chat_id, q: 'lake', limit: 20 },
    output: { messages: [found], next_cursor: null },
  },
});

export const searchMessages = define({
  kind: 'query',
  method: 'GET',
  path: '/messages/search',
  operationId: 'searchMessages',
  tag: 'Messages',
  access: 'self',
  summary: 'Search in all my chats',
  description: 'As in one chat, newest first over all of them.',
  input: z.object({ q, ...paging }),
  output: foundPage,
  success: { 200: 'The page' },
  errors: ['BAD_REQUEST'],
  example: { input: { q: 'lake', limit: 20 }, output: { messages: [found], next_cursor: null } },
});

export const listStarred = define({
  kind: 'query',
  method: 'GET',
  path: '/messages/starred',
  operationId: 'listStarred',
  tag: 'Messages',
  access: 'self',
  summary: 'My starred messages',
  description: 'The one starred last comes first. Messages that were deleted since are left out.',
  input: z.object(paging),
  output: z
    .object({ messages: z.array(message), next_cursor: z.string().nullable() })
    .meta({ id: 'StarredMessagePage' }),
  success: { 200: 'The page' },
  errors: ['BAD_REQUEST'],
  example: {
    input: { limit: 20 },
    output: { messages: [{ ...sampleMessage, is_starred: true }], next_cursor: null },
  },
});

export type Highlight = z.output<typeof highlight>;
export type FoundMessage = z.output<typeof foundMessage>;
