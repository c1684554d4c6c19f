/**
 * Changes of a chat and the `system` messages that tell of them. The change is in one store, the message perhaps in another, so they
 * cannot be one commit: the change is committed with an outbox row that holds the message and the events. Whoever publishes the row first
 * stores the message, right after the commit or in a sweep after a crash; its `client_msg_id` makes that once.
 *
 * The place of the message in the chat is when the change took effect: who joined sees what comes from it on, who left what came
 * before it.
 */
import type { AnyBusEvent, SystemAction } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import type { NewMessage, OutboxDraft } from '../ports/stores.ts';

/** A system message to be stored, and whose windows it begins and ends. */
export interface SystemDraft {
  message: NewMessage;
  joined: string[];
  left: string[];
}

/** The payload of outbox rows of subject `chat.change`. */
export interface ChatChangeRow {
  events: AnyBusEvent[];
  system: SystemDraft | null;
}

type Parts = Pick<Core, 'chats' | 'sendQueue' | 'chatCache' | 'signals' | 'log'>;

/** The message that tells what `caller` did. */
export function systemMessage(
  caller: Caller,
  chatId: string,
  now: number,
  what: { action: SystemAction; body: string; user_ids?: string[]; name?: string },
): NewMessage {
  return {
    message_id: newId(),
    chat_id: chatId,
    sender_id: caller.userId,
    client_msg_id: newId(),
    type: 'system',
    payload: what,
    reply_to_message_id: null,
    forwarded_from: null,
    fingerprint: 'system',
    created_at: new Date(now).toISOString(),
    expires_at: null,
    tokens: [],
    // The connection that caused it sent no message: it gets this one like everybody.
    context: { ...newContext(caller), origin: null },
  };
}

/**
 * Stores the system message of a committed change where a crash or an outage kept it from being stored; answers the events, which come
 * after it.
 */
export async function finishChange(core: Parts, row: ChatChangeRow): Promise<AnyBusEvent[]> {
  if (row.system) {
    const { stored, seq } = await storeSystem(core, row.system.message);
    // A message that is stored only now stands behind what was said since: it says nothing about when the change took effect.
    if (!stored) await setWindows(core, row.system, seq);
  }
  return row.events;
}

async function storeSystem(core: Parts, message: NewMessage): Promise<{ stored: boolean; seq: number }> {
  const chat = await core.chatCache.fresh(message.chat_id);
  if (!chat) throw new Error('a chat that was changed is not there');
  const send = { message, quote: null, chat, queuedAt: performance.now() };
  const { outcome, message: placed } = await core.sendQueue.add(send);
  return { stored: outcome === 'stored', seq: placed.seq };
}

async function setWindows(core: Parts, { message, joined, left }: SystemDraft, seq: number): Promise<void> {
  if (joined.length + left.length === 0) return;
  await core.chats.setWindows(message.chat_id, seq, joined, left);
  await core.signals.send({ kind: 'chats', chat_ids: [message.chat_id] });
}

/**
 * Tells of a committed change: everybody's cached chat is old from now on, the system message is stored, the events are published.
 * What cannot be done now is done by a sweep; the change itself stands.
 */
export async function afterChange(
  core: Parts & Pick<Core, 'publisher'>,
  chatId: string,
  outboxId: string,
  draft: OutboxDraft,
): Promise<void> {
  await core.signals.send({ kind: 'chats', chat_ids: [chatId] });
  const { events, system } = draft.payload as ChatChangeRow;
  try {
    if (system) await setWindows(core, system, (await storeSystem(core, system.message)).seq);
    core.publisher.publish(outboxId, events);
  } catch (error) {
    core.log.warn({ err: error }, 'what changed of a chat is told by the sweep');
  }
}
