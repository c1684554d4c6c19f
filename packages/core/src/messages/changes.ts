/**
 * Changes of stored messages, and the events that tell of them (contract sections 2 and 5). The change is committed with its outbox
 * row; the events are made right after, and nobody waits for them: what fails here is published by the relay's sweep.
 */
import type { AnyBusEvent, Media } from '@parley/contract';
import type { Core } from '../context.ts';
import { makeEvent } from '../lib/events.ts';
import { mediaIdOf, mediaOf, mediaOfAll } from '../media/view.ts';
import type {
  ChangeResult,
  ChatRecord,
  CommittedChange,
  MessageChange,
  StoredMessage,
} from '../ports/stores.ts';
import { blindTo, masked, quoteOf, recipientsOf, statusFor, toWire } from './wire.ts';

type EventParts = Pick<Core, 'messages' | 'chatCache' | 'media' | 'mediaLinks' | 'clock'>;
export type ChangeParts = EventParts & Pick<Core, 'publisher' | 'sendQueue' | 'log'>;

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
    batch.committed.push(committedOf(change, result.message, result.released));
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

function committedOf(
  change: MessageChange,
  message: StoredMessage,
  released: string | null,
): CommittedChange {
  return {
    messageId: change.messageId,
    chatId: change.chatId,
    kind: change.kind,
    seq: message.seq,
    version: message.version,
    userId: change.kind === 'react' ? change.userId : null,
    emoji: change.kind === 'react' ? change.emoji : null,
    released,
    context: change.context,
  };
}

/** The events of committed changes, in their order: `msg.deleted`, `msg.edited`, `msg.reaction`, `media.processed`. */
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
  const edited = changes.flatMap((change) =>
    change.kind === 'edit' ? (messages.get(change.messageId) ?? []) : [],
  );
  const replyIds = edited.flatMap((message) => message.reply_to_message_id ?? []);
  const chatIds = [...new Set(changes.map((change) => change.chatId))];
  const [replies, media, chats] = await Promise.all([
    replyIds.length > 0 ? core.messages.byIds(replyIds) : new Map<string, StoredMessage>(),
    mediaOfAll(core, edited),
    Promise.all(chatIds.map(async (id) => [id, await core.chatCache.get(id)] as const)),
  ]);
  const byId = new Map(chats);
  return changes.flatMap((change) => {
    const chat = byId.get(change.chatId);
    const message = messages.get(change.messageId);
    return chat && message ? eventOf(core, chat, change, message, { replies, media }) : [];
  });
}

function eventOf(
  core: Pick<Core, 'clock'>,
  chat: ChatRecord,
  change: CommittedChange,
  message: StoredMessage,
  around: { replies: ReadonlyMap<string, StoredMessage>; media: ReadonlyMap<string, Media> },
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
      const media_id = change.released ?? null;
      const payload = { ...about, expired: change.kind === 'expire', recipients, media_id };
      return [makeEvent('msg.deleted', context, payload, now)];
    }
    case 'media': {
      const media_id = mediaIdOf(message);
      // It was deleted since: that has an event of its own.
      if (media_id === null) return [];
      return [makeEvent('media.processed', context, { ...about, media_id, recipients }, now)];
    }
    case 'react': {
      if (change.userId === null) return [];
      const payload = { ...about, user_id: change.userId, emoji: change.emoji, recipients };
      return [makeEvent('msg.reaction', context, payload, now)];
    }
    case 'edit': {
      const reply =
        message.reply_to_message_id === null ? undefined : around.replies.get(message.reply_to_message_id);
      // One event for all: at least so far did it come with each of them, whatever they keep private.
      const status = statusFor(message, message.sender_id, chat, chat.type !== 'direct');
      const quote = reply ? quoteOf(reply, now) : null;
      const shown = masked(message, now);
      const wire = toWire(shown, status, quote?.preview ?? null, mediaOf(shown, around.media));
      const unquoted = blindTo(chat, recipients, quote);
      const payload = { message: { ...wire, version: change.version }, recipients, unquoted };
      return [makeEvent('msg.edited', context, payload, now)];
    }
  }
}
