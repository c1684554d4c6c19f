import { limits } from '../limits.ts';
import type { MessagesApi } from '../procedures.ts';
import type { History, Room } from './room.ts';

/** Messages of one chat that are fetched again at most; those beyond are let go. */
const againMessages = 300;

/** The page before a cursor, or the newest one. */
export async function pageOf(
  api: MessagesApi,
  chat_id: string,
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<History> {
  const input = { chat_id, limit, ...(cursor === null ? {} : { cursor }) };
  const page = await api.list(input, { signal });
  return { messages: page.messages.reverse(), older: page.next_cursor };
}

/** The newest page; of a chat whose messages are held, as far back as these go. */
export async function newest(api: MessagesApi, room: Room, signal: AbortSignal): Promise<History> {
  const held = room.history?.messages ?? [];
  const until = held[0]?.seq ?? Number.POSITIVE_INFINITY;
  const { default: usual, max } = limits.historyPage;
  const limit = held.length > usual ? max : usual;
  let result = await pageOf(api, room.chatId, null, limit, signal);
  while (
    result.older !== null &&
    (result.messages[0]?.seq ?? 0) > until &&
    result.messages.length < againMessages
  ) {
    const { messages, older } = await pageOf(api, room.chatId, result.older, limit, signal);
    result = { messages: [...messages, ...result.messages], older };
  }
  return result;
}
