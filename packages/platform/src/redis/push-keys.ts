/** Where the push ledger keeps what: `push:{n}:…`, where all that one step touches has the same n, and so the same slot. */
import { shardOf } from './shards.ts';

/** A cluster spreads them over its nodes. */
const shards = 16;
/** Milliseconds for which everything is kept after it was last written to. */
export const keptMs = 24 * 3600 * 1000;

export const allShards = Array.from({ length: shards }, (_, shard) => shard);

/** Windows by when they are due, of all chats of a shard. */
export const dueKey = (shard: number) => `push:{${shard}}:due`;
/** The windows of a chat: both keys of the steps with windows. */
export const windowKeys = (chatId: string): [string, string] => {
  const shard = shardOf(chatId, shards);
  return [dueKey(shard), `push:{${shard}}:chat:${chatId}`];
};
export const claimsKey = (messageId: string) => `push:{${shardOf(messageId, shards)}}:claims:${messageId}`;
export const notesKey = (messageId: string) => `push:{${shardOf(messageId, shards)}}:notes:${messageId}`;
export const shownKey = (userId: string, chatId: string) =>
  `push:{${shardOf(userId, shards)}}:shown:${userId}:${chatId}`;

/** A whole number that compares as text. */
export const digits = (value: number) => String(value).padStart(16, '0');
