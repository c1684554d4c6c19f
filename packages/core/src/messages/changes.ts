/**
 * Changes of stored messages, and the events that tell of them (contract sections 2 and 5). The change is committed with its outbox
 * row; the events are made right after, and nobody waits for them: what fails here is published by the relay's sweep.
 */
import type { AnyBusEvent } from '@parley/contract';
import type { Core } from '../context.ts';
import { makeEvent } from '../lib/events.ts';
import type {
  ChangeResult,
  ChatRecord,
  CommittedChange,
  MessageChange,
  StoredMessage,
} from '../ports/stores.ts';
import { blindTo, masked, quoteOf, recipientsOf, statusFor, toWire } from './wire.ts';

type EventParts = Pick<Core, 'messages' | 'chatCache' | 'clock'>;
type ChangeParts = EventParts & Pick<Core, 'publisher' | 'sendQueue' | 'log'>;

/** What one outbox row tells of, and the messages as they were changed. */
interface Batch {
  committed: CommittedChange[];
  messages: Map<string, StoredMessage>;
}

/** Commits the changes, then publishes those that changed something. Errors: those of the store. */
export async function applyChanges(
  core: ChangeParts,
  changes: readonly MessageChange[],
): Promise<ChangeResult[]> {
  const results = await core.messages.change(changes);
  core.sendQueue.inTurn(() => publish(core, changes, results));
  return results;
}

async function publish(
  core: ChangeParts,
  changes: readonly MessageChange[],
  results: readonly ChangeResult[],
): Promise<void> {
  const byOutbox = new Map<string, Batch>();
  changes.forEach((change, index) => {
    const result = results[index];
    if (result?.outcome !== 'changed') return;
    const batch: Batch = byOutbox.get(result.outboxId) ?? { committed: [], messages: new Map() };
    byOutbox.set(result.outboxId, batch);
    batch.committed.push(committedOf(change, result.message));
    batch.messages.set(change.messageId, result.message);
  });
  try {
    for (const [outboxId, { committed, messages }] of byOutbox) {
      core.publisher.publish(outboxId, await makeEvents(core, committed, messages));
    }
  } catch (error) {
    core.log.warn({ err: error }, 'events of changed messages wait for the sweep');
  }
}

function committedOf(change: MessageChange, message: StoredMessage): CommittedChange {
  return {
    messageId: change.messageId,
    chatId: change.chatId,
    kind: change.kind,
    seq: message.seq,
    version: message.version,
    userId: change.kind === 'react' ? change.userId : null,
    emoji: change.kind === 'react' ? change.emoji : null,
    context: change.context,
  };
}

/** The events of committed changes, in their order: `msg.deleted`, `msg.edited`, `msg.reaction`. */
export async function changeEvents(
  core: EventParts,
  changes: readonly CommittedChange[],
): Promise<AnyBusEvent[]> {
  return makeEvents(core, changes, await core.messages.byIds(changes.map((change) => change.messageId)));
}

/** `messages` are those that were changed. */
async function makeEvents(
  core: EventParts,
  changes: readonly CommittedChange[],
  messages: Map<string, StoredMessage>,
): Promise<AnyBusEvent[]> {
  const replyIds = changes.flatMap((change) =>
    change.kind === 'edit' ? (messages.get(change.messageId)?.reply_to_message_id ?? []) : [],
  );
  const chatIds = [...new Set(changes.map((change) => change.chatId))];
  const [replies, chats] = await Promise.all([
    replyIds.length > 0 ? core.messages.byIds(replyIds) : new Map<string, StoredMessage>(),
    Promise.all(chatIds.map(async (id) => [id, await core.chatCache.get(id)] as const)),
  ]);
  const byId = new Map(chats);
  return changes.flatMap((change) => {
    const chat = byId.get(change.chatId);
    const message = messages.get(change.messageId);
    return chat && message ? eventOf(core, chat, change, message, replies) : [];
  });
}

function eventOf(
  core: Pick<Core, 'clock'>,
  chat: ChatRecord,
  change: CommittedChange,
  message: StoredMessage,
  replies: ReadonlyMap<string, StoredMessage>,
): AnyBusEvent[] {
  const now = core.clock.now();
  const { context } = change;
  const about = {
    chat_id: change.chatId,
    message_id: change.messageId,
    seq: change.seq,
    version: change.version,
    timestamp: message.updated_at,
  };
  const recipients = recipientsOf(chat, change.seq);
  switch (change.kind) {
    case 'delete':
    case 'expire': {
      const payload = { ...about, expired: change.kind === 'expire', recipients };
      return [makeEvent('msg.deleted', context, payload, now)];
    }
    case 'react': {
      if (change.userId === null) return [];
      const payload = { ...about, user_id: change.userId, emoji: change.emoji, recipients };
      return [makeEvent('msg.reaction', context, payload, now)];
    }
    case 'edit': {
      const reply =
        message.reply_to_message_id === null ? undefined : replies.get(message.reply_to_message_id);
      // One event for all: at least so far did it come with each of them, whatever they keep private.
      const status = statusFor(message, message.sender_id, chat, chat.type !== 'direct');
      const quote = reply ? quoteOf(reply, now) : null;
      const wire = toWire(masked(message, now), status, quote?.preview ?? null);
      const unquoted = blindTo(chat, recipients, quote);
      const payload = { message: { ...wire, version: change.version }, recipients, unquoted };
      return [makeEvent('msg.edited', context, payload, now)];
    }
  }
}
