/**
 * Changes of a chat and the `system` messages that tell of them. The change is in one store, the message perhaps in another, so they
 * cannot be one commit: the change is committed with its events and, in an outbox row of its own, the message. It is stored right after the
 * commit, or by a sweep after a crash; its `client_msg_id` makes that once.
 *
 * The place of the message in the chat is when the change took effect: who joined sees what comes from it on, who left what came
 * before it.
 */
import type { AnyBusEvent, SystemAction } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import { isoTime } from '../lib/times.ts';
import type { NewMessage, OutboxDraft, StoredMessage } from '../ports/stores.ts';
import { isPresent } from './access.ts';

/** A system message to be stored, and whose windows it begins and ends. */
export interface SystemDraft {
  message: NewMessage;
  joined: string[];
  left: string[];
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
    fingerprint: timelyFingerprint,
    created_at: isoTime(now),
    expires_at: null,
    tokens: [],
    // The connection that caused it sent no message: it gets this one like everybody.
    context: { ...newContext(caller), origin: null },
  };
}

/** Stores the system message of a committed change that a crash or an outage kept from being stored: a row of subject `chat.system`. */
export async function storeLate(core: Parts, system: SystemDraft): Promise<AnyBusEvent[]> {
  await storeSystem(core, system, lateFingerprint);
  // The message has events of its own.
  return [];
}

/** Tells a message that was stored right after the change from one that a sweep stored. */
const [timelyFingerprint, lateFingerprint] = ['system', 'system-late'];

/**
 * Stores the message where it is missing, and sets the windows by its place. One that was stored late stands behind what was said since: it
 * says nothing about when somebody left, whoever finds it. Who joined sees what comes from it on in any case: until then it sees nothing.
 */
async function storeSystem(core: Parts, system: SystemDraft, fingerprint: string): Promise<void> {
  const { chat_id } = system.message;
  const chat = await core.chatCache.fresh(chat_id);
  if (!chat) throw new Error('a chat that was changed is not there');
  const message = { ...system.message, fingerprint };
  const joining = system.joined.filter((id) => isPresent(chat, id));
  const queuedAt = performance.now();
  const result = await core.sendQueue.add({ message, quote: null, media: null, chat, joining, queuedAt });
  const storedWith = result.outcome === 'known' ? result.fingerprint : fingerprint;
  await setWindows(core, system, result.message, storedWith === lateFingerprint);
}

async function setWindows(
  core: Parts,
  { joined, left }: SystemDraft,
  { chat_id, seq, version }: StoredMessage,
  late: boolean,
): Promise<void> {
  if (joined.length + left.length === 0) return;
  // Nothing changes a system message: its version is that with which it was stored.
  await core.chats.setWindows(chat_id, seq, joined, left, { version, late });
  await core.signals.send({ kind: 'chats', chat_ids: [chat_id] });
}

/** The outbox rows of a change: its events, and the message that tells of it, if there is to be one. */
export function draftsOf(events: readonly AnyBusEvent[], system: SystemDraft | null): OutboxDraft[] {
  const told = { subject: 'events', payload: { events } };
  return system ? [told, { subject: 'chat.system', payload: system }] : [told];
}

/**
 * Tells of a committed change: its events are published, everybody's cached chat is old from now on, and the system message is stored. What
 * cannot be done now is done by a sweep; the change itself stands.
 */
export async function afterChange(
  core: Parts & Pick<Core, 'publisher'>,
  chatId: string,
  outboxIds: readonly string[],
  { events, system }: { events: readonly AnyBusEvent[]; system: SystemDraft | null },
): Promise<void> {
  const [toldId, systemId] = outboxIds;
  if (toldId !== undefined) core.publisher.publish(toldId, events);
  await core.signals.send({ kind: 'chats', chat_ids: [chatId] });
  if (!system || systemId === undefined) return;
  try {
    await storeSystem(core, system, timelyFingerprint);
    // There is nothing of this row left to do.
    core.publisher.publish(systemId, []);
  } catch (error) {
    core.log.warn({ err: error }, 'a system message is stored by the sweep');
  }
}
