/** Disappearing messages: what is over is emptied, and everyone who has it is told (contract section 2, Chats). */
import { randomUUID } from 'node:crypto';
import { isoTime } from '../lib/times.ts';
import type { MessageChange } from '../ports/stores.ts';
import { applyChanges, type ChangeParts } from './changes.ts';

/** Messages in one commit at most, so that sends to the same chats are not held up for long. */
const perCommit = 100;

/**
 * Empties messages whose time is over, at most `limit` of them, the longest over first. Says how many it emptied; calls at the same
 * time share the work, and each message is told of once. Errors: `SERVICE_UNAVAILABLE`.
 */
export async function expireMessages(core: ChangeParts, limit: number): Promise<number> {
  const at = isoTime(core.clock.now());
  const over = await core.messages.expired(at, limit);
  let emptied = 0;
  for (let from = 0; from < over.length; from += perCommit) {
    const changes = over.slice(from, from + perCommit).map(
      ({ message_id, chat_id }): MessageChange => ({
        kind: 'expire',
        messageId: message_id,
        chatId: chat_id,
        at,
        context: { eventId: randomUUID(), requestId: `expire-${message_id}`, trace: null, origin: null },
      }),
    );
    const results = await applyChanges(core, changes);
    emptied += results.filter((result) => result.outcome === 'changed').length;
  }
  return emptied;
}
