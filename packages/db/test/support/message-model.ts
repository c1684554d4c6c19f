/** A message store that is a plain list: what the real ones are compared with. */
import type { AppendResult, MessageStore, NewMessage, StoredMessage } from '@parley/core';

type PageInput = Parameters<MessageStore['page']>[0];
type UnreadInput = Parameters<MessageStore['countUnread']>[0];
type Span = Parameters<MessageStore['others']>[0][number];

export function messageModel() {
  const all: StoredMessage[] = [];
  const inChat = (chatId: string) =>
    all.filter((message) => message.chat_id === chatId).sort((a, b) => b.seq - a.seq);
  const within = (chatId: string, from: number, to: number | null) =>
    inChat(chatId).filter((message) => message.seq > from && message.seq <= (to ?? Number.POSITIVE_INFINITY));

  return {
    /** Notes what a store says it stored. */
    store(batch: readonly NewMessage[], results: readonly AppendResult[]): void {
      batch.forEach(({ fingerprint: _fingerprint, context: _context, ...message }, index) => {
        const result = results[index];
        if (result?.outcome !== 'stored') throw new Error('all of these are new');
        all.push({
          ...message,
          seq: result.seq,
          version: result.version,
          forwarded: false,
          forwarded_from: null,
          reactions: {},
          is_deleted: false,
          updated_at: message.created_at,
          edited_at: null,
        });
      });
    },
    markDeleted(messageId: string): void {
      for (const message of all) if (message.message_id === messageId) message.is_deleted = true;
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
    countUnread({ chatId, userId, after, upTo }: UnreadInput): number {
      return within(chatId, after, upTo).filter(
        (message) => message.sender_id !== userId && !message.is_deleted && message.type !== 'system',
      ).length;
    },
    heads(chatIds: readonly string[]): Map<string, { seq: number; version: number }> {
      return new Map(
        chatIds.flatMap((chatId) => {
          const [newest] = inChat(chatId);
          return newest ? [[chatId, { seq: newest.seq, version: newest.version }] as const] : [];
        }),
      );
    },
  };
}
