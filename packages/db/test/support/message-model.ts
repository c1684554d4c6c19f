/** A message store that is a plain list: what the real ones are compared with. */
import type {
  AppendResult,
  ChangeResult,
  MessageStore,
  NewMessage,
  StoredMessage,
  Window,
} from '@parley/core';

type PageInput = Parameters<MessageStore['page']>[0];
type UnreadAsk = Parameters<MessageStore['unread']>[0][number];
type NewestAsk = Parameters<MessageStore['newest']>[0][number];
type ChangedAsk = Parameters<MessageStore['changedSince']>[0][number];
type Span = Parameters<MessageStore['others']>[0][number];

export function messageModel() {
  const all: StoredMessage[] = [];
  const heads = new Map<string, { seq: number; version: number }>();
  const inChat = (chatId: string) =>
    all.filter((message) => message.chat_id === chatId).sort((a, b) => b.seq - a.seq);
  const within = (chatId: string, from: number, to: number | null) =>
    inChat(chatId).filter((message) => message.seq > from && message.seq <= (to ?? Number.POSITIVE_INFINITY));
  const isOver = ({ expires_at }: StoredMessage, now: string) => expires_at !== null && expires_at <= now;
  const left = ({ chatId, after, upTo, except }: NewestAsk, now: string) =>
    within(chatId, after, upTo).filter(
      (message) => !message.is_deleted && !isOver(message, now) && !except.includes(message.message_id),
    );

  const carry = (mediaId: string) =>
    all.filter(({ payload }) => 'media_id' in payload && payload.media_id === mediaId);

  return {
    carriers(mediaId: string) {
      return carry(mediaId).map(({ message_id, chat_id, seq }) => ({ message_id, chat_id, seq }));
    },
    carriedIn(mediaId: string, windows: readonly Window[], now: string): boolean {
      const inside = windows.flatMap(({ chatId, after, upTo }) => within(chatId, after, upTo));
      return carry(mediaId).some((message) => inside.includes(message) && !isOver(message, now));
    },
    /** Notes what a store says it stored. */
    store(batch: readonly NewMessage[], results: readonly AppendResult[]): void {
      batch.forEach(({ fingerprint: _f, context: _c, tokens: _t, ...message }, index) => {
        const result = results[index];
        if (result?.outcome !== 'stored') throw new Error('all of these are new');
        const { seq, version } = result;
        heads.set(message.chat_id, { seq, version });
        all.push({
          ...message,
          seq,
          version,
          forwarded: message.forwarded_from !== null,
          reactions: {},
          is_deleted: false,
          updated_at: message.created_at,
          edited_at: null,
        });
      });
    },
    /** Notes what a store says it changed. */
    change(results: readonly ChangeResult[]): void {
      for (const result of results) {
        if (result.outcome !== 'changed') continue;
        const { message } = result;
        const index = all.findIndex(({ message_id }) => message_id === message.message_id);
        all[index] = message;
        const head = heads.get(message.chat_id);
        if (head) heads.set(message.chat_id, { seq: head.seq, version: message.version });
      }
    },
    page({ chatId, before, after, upTo, limit }: PageInput): StoredMessage[] {
      return within(chatId, after, upTo)
        .filter((message) => before === null || message.seq < before)
        .slice(0, limit);
    },
    others({ chatId, userId, from, to, limit }: Span) {
      return within(chatId, from, to)
        .filter((message) => message.sender_id !== userId)
        .slice(0, limit)
        .map(({ message_id, sender_id, seq }) => ({ message_id, sender_id, seq }));
    },
    unread(ask: UnreadAsk, now: string): number {
      return left(ask, now).filter(({ sender_id, type }) => sender_id !== ask.userId && type !== 'system')
        .length;
    },
    newest(ask: NewestAsk, now: string): StoredMessage | undefined {
      return left(ask, now)[0];
    },
    expired(now: string): { message_id: string; chat_id: string }[] {
      return all
        .filter((message) => !message.is_deleted && isOver(message, now))
        .map(({ message_id, chat_id }) => ({ message_id, chat_id }));
    },
    newerHeads(known: readonly { chatId: string; version: number }[]) {
      const none = { seq: 0, version: 0 };
      const all = known.map(({ chatId, version }) => ({ chatId, version, head: heads.get(chatId) ?? none }));
      return new Map(
        all.flatMap(({ chatId, version, head }) =>
          head.version === version ? [] : [[chatId, head] as const],
        ),
      );
    },
    changedSince({ window, version, upToVersion, limit }: ChangedAsk): StoredMessage[] {
      return within(window.chatId, window.after, window.upTo)
        .filter((message) => message.version > version && message.version <= upToVersion)
        .sort((a, b) => a.version - b.version)
        .slice(0, limit);
    },
    heads(chatIds: readonly string[]): Map<string, { seq: number; version: number }> {
      return new Map(
        chatIds.flatMap((chatId) => {
          const head = heads.get(chatId);
          return head ? [[chatId, head] as const] : [];
        }),
      );
    },
    ids: () => all.map(({ message_id }) => message_id),
  };
}
