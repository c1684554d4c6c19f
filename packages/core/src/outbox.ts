/**
 * From committed outbox rows back to events. Used by the relay for what a crash or a broken bus left unpublished; the
 * usual path makes the same events from what it has at hand. Event ids are stored with the row, so a repeat is told.
 */
import { type AnyBusEvent, type Media, parseBusEvent } from '@parley/contract';
import { chatCreatedEvent } from './chats/direct.ts';
import { type SystemDraft, storeLate } from './chats/system.ts';
import type { Core } from './context.ts';
import { derivedId } from './lib/ids.ts';
import { mediaOf, mediaOfAll } from './media/view.ts';
import { changeEvents } from './messages/changes.ts';
import { type CommittedMove, statusEvents } from './messages/positions.ts';
import { newMessageEvent } from './messages/send-queue.ts';
import { masked, quoteOf, toWire } from './messages/wire.ts';
import type { ChatRecord, CommittedChange, EventContext, OutboxRow, StoredMessage } from './ports/stores.ts';

/** Payloads of `outbox` rows, by subject. */
export interface OutboxPayloads {
  'msg.new': { messages: { id: string; context: EventContext }[] };
  /** Changes of stored messages. */
  'msg.changed': { changes: CommittedChange[] };
  'msg.status.updated': { moves: CommittedMove[] };
  'chat.created': {
    chat_id: string;
    created_by: string;
    user_versions: Record<string, number>;
    context: EventContext;
  };
  /** The system message of a change of a chat, which may not be stored yet. */
  'chat.system': SystemDraft;
  /** Events as they are. */
  events: { events: AnyBusEvent[] };
  /** A dead letter that goes back to the consumer that could not handle it. */
  'dlq.replay': { consumer: string; event: unknown };
}

type Parts = Pick<
  Core,
  | 'messages'
  | 'chats'
  | 'sendQueue'
  | 'chatCache'
  | 'privacy'
  | 'signals'
  | 'media'
  | 'mediaLinks'
  | 'clock'
  | 'log'
>;

/** The events of a row, in their order. */
export async function expandOutbox(core: Parts, row: OutboxRow): Promise<AnyBusEvent[]> {
  switch (row.subject) {
    case 'msg.new':
      return expandMessages(core, row.payload as OutboxPayloads['msg.new']);
    case 'msg.changed':
      return changeEvents(core, (row.payload as OutboxPayloads['msg.changed']).changes);
    case 'msg.status.updated':
      return statusEvents(core, (row.payload as OutboxPayloads['msg.status.updated']).moves);
    case 'chat.created':
      return expandChat(core, row.payload as OutboxPayloads['chat.created']);
    case 'chat.system':
      return storeLate(core, row.payload as OutboxPayloads['chat.system']);
    case 'events':
      return (row.payload as OutboxPayloads['events']).events.map(parseBusEvent);
    case 'dlq.replay': {
      const { consumer, event } = row.payload as OutboxPayloads['dlq.replay'];
      const parsed = parseBusEvent(event);
      // A new id: the bus would take the old one for a repeat and drop it. The same for each publish of this row.
      return [{ ...parsed, event_id: derivedId(parsed.event_id, `replay:${row.id}`), consumer }];
    }
    default:
      throw new Error(`outbox row ${row.id} has an unknown subject`);
  }
}

async function expandMessages(core: Parts, payload: OutboxPayloads['msg.new']): Promise<AnyBusEvent[]> {
  const stored = await core.messages.byIds(payload.messages.map((entry) => entry.id));
  const replyIds = [...stored.values()].flatMap((message) => message.reply_to_message_id ?? []);
  const [replies, media] = await Promise.all([
    core.messages.byIds(replyIds),
    mediaOfAll(core, [...stored.values()]),
  ]);
  const events: AnyBusEvent[] = [];
  for (const { id, context } of payload.messages) {
    const message = stored.get(id);
    const chat = message && (await core.chatCache.get(message.chat_id));
    if (message && chat) events.push(rebuild(core, message, chat, replies, media, context));
  }
  return events;
}

function rebuild(
  core: Parts,
  message: StoredMessage,
  chat: ChatRecord,
  replies: Map<string, StoredMessage>,
  media: Map<string, Media>,
  context: EventContext,
): AnyBusEvent {
  const now = core.clock.now();
  const reply = message.reply_to_message_id ? replies.get(message.reply_to_message_id) : undefined;
  const quote = reply ? quoteOf(reply, now) : null;
  const shown = masked(message, now);
  const wire = toWire(shown, 'sent', quote?.preview ?? null, mediaOf(shown, media));
  return newMessageEvent(wire, chat, quote, context, now);
}

async function expandChat(core: Parts, payload: OutboxPayloads['chat.created']): Promise<AnyBusEvent[]> {
  const chat = await core.chatCache.get(payload.chat_id);
  if (!chat) return [];
  const { user_versions, created_by, context } = payload;
  return [chatCreatedEvent(chat, user_versions, created_by, context, core.clock.now())];
}
