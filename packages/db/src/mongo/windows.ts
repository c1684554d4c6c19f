/** Visible parts of many chats, as a condition on messages. */
import type { Window } from '@parley/core';
import type { Filter } from 'mongodb';
import type { MessageDocument } from './message-document.ts';

/** What lies outside is excluded rather than what is inside included, so that it is no choice for the server's planner. */
export function within(windows: readonly Window[]): Filter<MessageDocument> {
  const byChat = [...Map.groupBy(windows, (window) => window.chatId)];
  const outside = byChat.flatMap(([chatId, own]): Filter<MessageDocument>[] =>
    own.some(({ after, upTo }) => after <= 0 && upTo === null)
      ? []
      : [{ chat_id: chatId, $nor: own.map(({ after, upTo }) => ({ seq: between(after, upTo) })) }],
  );
  return { chat_id: { $in: byChat.map(([chatId]) => chatId) }, ...(outside.length > 0 && { $nor: outside }) };
}

function between(after: number, upTo: number | null): { $gt: number; $lte?: number } {
  return upTo === null ? { $gt: after } : { $gt: after, $lte: upTo };
}
