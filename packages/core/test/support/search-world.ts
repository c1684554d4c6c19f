/** Chats, memberships and a message store that are plain lists: as much of the ports as search needs. */

import { randomUUID } from 'node:crypto';
import {
  type Caller,
  ChatCache,
  type ChatRecord,
  type Core,
  type Member,
  type MessageStore,
  type PrivacyRecord,
  type SearchTerm,
  type StoredMessage,
  searchChat,
  searchMessages,
  searchTokens,
  unavailable,
  type Window,
} from '../../src/index.ts';
import { newId } from '../../src/lib/ids.ts';
import { FakeMedia } from './fake-media.ts';

export const start = Date.parse('2026-03-01T09:00:00.000Z');
export const at = (ms: number) => new Date(start + ms).toISOString();
export const caller = (userId: string): Caller => ({ userId, sessionId: 's', requestId: 'r' });

export function searchWorld() {
  const [me, you] = [randomUUID(), randomUUID()];
  const messages: (StoredMessage & { tokens: string[] })[] = [];
  const chats = new Map<string, ChatRecord>();
  const hidden = new Set<string>();
  const leftAt = new Map<string, string>();
  const asked: { windows: Window[]; limit: number }[] = [];
  const state = { now: start, away: false };

  const member = (userId: string, more: Partial<Member> = {}): Member => ({
    user_id: userId,
    role: 'member',
    joined_at: at(0),
    joined_seq: 0,
    left_seq: null,
    delivered_seq: 0,
    read_seq: 0,
    ...more,
  });
  const addChat = (mine: Partial<Member> | null = {}): string => {
    const chat_id = randomUUID();
    const members = [...(mine ? [member(me, mine)] : []), member(you)];
    chats.set(chat_id, {
      chat_id,
      type: 'group',
      name: 'Group',
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 1,
      created_at: at(0),
      updated_at: at(0),
      blocked: false,
      members: new Map(members.map((one) => [one.user_id, one])),
    });
    return chat_id;
  };
  const say = (chatId: string, body: string, more: Partial<StoredMessage> = {}): StoredMessage => {
    const seq = messages.filter(({ chat_id }) => chat_id === chatId).length + 1;
    const created_at = at(messages.length * 1000);
    const message = {
      message_id: newId(),
      chat_id: chatId,
      sender_id: you,
      client_msg_id: randomUUID(),
      seq,
      version: seq,
      type: 'text' as const,
      payload: { body },
      reply_to_message_id: null,
      forwarded: false,
      forwarded_from: null,
      reactions: {},
      is_deleted: false,
      created_at,
      updated_at: created_at,
      edited_at: null,
      expires_at: null,
      ...more,
    };
    messages.push({ ...message, tokens: searchTokens(message.type, message.payload) });
    return message;
  };

  const find = (windows: readonly Window[], terms: readonly SearchTerm[], limit: number): StoredMessage[] => {
    if (state.away) throw unavailable('The store', null);
    asked.push({ windows: [...windows], limit });
    return messages
      .filter(({ chat_id, seq, tokens }) => {
        const window = windows.find(({ chatId }) => chatId === chat_id);
        const visible = window && seq > window.after && seq <= (window.upTo ?? Number.POSITIVE_INFINITY);
        return (
          visible &&
          terms.every(({ token, prefix }) =>
            tokens.some((one) => (prefix ? one.startsWith(token) : one === token)),
          )
        );
      })
      .map(({ tokens: _tokens, ...message }) => message)
      .sort((a, b) => (a.message_id < b.message_id ? 1 : -1));
  };
  const core = {
    clock: { now: () => state.now },
    chatCache: new ChatCache({
      find: async (ids) =>
        new Map(ids.flatMap((id) => (chats.has(id) ? [[id, chats.get(id) as ChatRecord]] : []))),
    }),
    messages: {
      searchChat: async ({ window, terms, limit }) => find([window], terms, limit).slice(0, limit),
      searchChats: async ({ windows, terms, before, limit }) =>
        find(windows, terms, limit)
          .filter(({ message_id }) => before === null || message_id < before)
          .slice(0, limit),
      activity: async (ids) =>
        new Map(messages.filter((m) => ids.includes(m.chat_id)).map((m) => [m.chat_id, m.created_at])),
      byIds: async (ids) =>
        new Map(messages.filter((m) => ids.includes(m.message_id)).map((m) => [m.message_id, m])),
    } satisfies Partial<MessageStore> as unknown as MessageStore,
    chats: {
      memberships: async (userId: string) =>
        [...chats.values()].flatMap(({ chat_id, members }) => {
          const own = members.get(userId);
          if (!own) return [];
          const { joined_at, joined_seq, left_seq } = own;
          const left_at = leftAt.get(chat_id) ?? null;
          return {
            chat_id,
            is_pinned: false,
            pin_changed_at: null,
            joined_at,
            joined_seq,
            left_seq,
            left_at,
          };
        }),
    } satisfies Partial<Core['chats']> as unknown as Core['chats'],
    marks: {
      of: async (_userId: string, ids: readonly string[]) =>
        new Map(ids.map((id) => [id, { starred: false, hidden: hidden.has(id) }])),
    } satisfies Partial<Core['marks']> as unknown as Core['marks'],
    privacy: {
      relations: async (pairs: readonly unknown[]) =>
        pairs.map(() => ({
          privacy: { read_receipts: true } as PrivacyRecord,
          isContact: true,
          blocked: false,
        })),
    } satisfies Partial<Core['privacy']> as unknown as Core['privacy'],
    media: new FakeMedia(),
    mediaLinks: { of: async (key: string) => key } as unknown as Core['mediaLinks'],
  };

  const inChat = async (chat_id: string, q: string, more: { limit?: number; cursor?: string } = {}) =>
    searchChat(core, caller(me), { chat_id, q, ...more });
  const everywhere = async (q: string, more: { limit?: number; cursor?: string } = {}) =>
    searchMessages(core, caller(me), { q, ...more });
  return { me, you, chats, state, hidden, leftAt, asked, core, addChat, say, inChat, everywhere };
}
