/** Who is pushed a message, and when (contract section 6): direct chats at once, groups when their window is over. */
import { type BusEvent, limits } from '@parley/contract';
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import { isGone, isVisible } from '../messages/wire.ts';
import type { ChatRecord, DeviceToken, Member, PushNote } from '../ports/stores.ts';
import { messageData, type PushedMessage, senderViews } from './data.ts';
import { type Metered, noteOf, record, withoutSettled } from './notes.ts';
import { offlineAmong } from './offline.ts';
import { type SendParts, sendAll } from './send.ts';
import { ageOf } from './timing.ts';

export type MessagePushParts = SendParts &
  Metered &
  Pick<Core, 'presence' | 'chats' | 'chatCache' | 'messages' | 'users' | 'privacy'>;

/** What is decided on, looked up for all recipients together. */
interface Situation {
  /** As it is stored where the event is late, else as it was sent. */
  message: PushedMessage;
  /** Undefined where it, or the message, is not there any more. */
  chat: ChatRecord | undefined;
  muted: ReadonlySet<string>;
  devices: ReadonlyMap<string, DeviceToken[]>;
  late: boolean;
  now: number;
}

/**
 * Decides for each recipient, in this order: the sender and those who are connected get nothing; then those who muted the chat; those for
 * whom the message is not there any more, or who read it (looked up only where the event is late); those without a device. Of the others, a
 * direct chat's is pushed to at once, and those of a group wait for their window. What was decided is noted, except for those who are
 * connected: nothing is written for them, and where all are, nothing but presence is asked. `system` messages, and what is older than a
 * day, are not pushed. Repeats do no harm. Errors: `SERVICE_UNAVAILABLE`, after everything that could be done was: call again.
 */
export async function pushMessage(core: MessagePushParts, event: BusEvent<'msg.new'>): Promise<void> {
  const { message, recipients } = event.payload;
  if (message.type === 'system') return;
  const others = recipients.filter((id) => id !== message.sender_id);
  const age = ageOf(message.created_at, core.clock.now());
  if (others.length === 0 || age === 'forgotten') return;
  const offline = await offlineAmong(core, others);
  if (offline.length < others.length) core.meter?.decided('connected', others.length - offline.length);
  if (offline.length === 0) return;
  const situation = await look(core, message, offline, age === 'late');
  const decided = offline.map((userId) => decide(situation, userId));
  const wanted = offline.filter((_, index) => decided[index] === null);
  const unpushed = decided.filter((note) => note !== null);
  const news = situation.late ? await withoutSettled(core, unpushed) : unpushed;
  if (!situation.chat || wanted.length === 0) return record(core, news);
  if (situation.chat.type === 'group') return gather(core, situation, wanted, news);
  return pushNow(core, situation, situation.chat, wanted, news);
}

async function look(
  core: MessagePushParts,
  sent: PushedMessage,
  offline: readonly string[],
  late: boolean,
): Promise<Situation> {
  const { chat_id, message_id } = sent;
  const now = core.clock.now();
  const [muted, devices, chat, stored] = await Promise.all([
    core.chats.mutedBy(chat_id, offline, isoTime(now)),
    core.devices.of(offline),
    late ? core.chatCache.fresh(chat_id) : core.chatCache.get(chat_id),
    late ? core.messages.byIds([message_id]) : new Map([[message_id, sent]]),
  ]);
  const message = stored.get(message_id);
  return { message: message ?? sent, chat: message && chat, muted, devices, late, now };
}

/** Why an offline recipient is not pushed to; null where it is. */
function decide({ message, chat, muted, devices, late, now }: Situation, userId: string): PushNote | null {
  const { message_id, seq } = message;
  if (muted.has(userId)) return noteOf(message_id, userId, 'muted');
  if (!chat || isGone(message, now))
    return noteOf(message_id, userId, 'gone', 'deleted, or its time was over');
  if (late) {
    const member = chat.members.get(userId);
    if (!member || !sees(member, seq)) return noteOf(message_id, userId, 'gone', 'not a member any more');
    if (member.read_seq >= seq) return noteOf(message_id, userId, 'read');
  }
  return devices.has(userId) ? null : noteOf(message_id, userId, 'no_device');
}

/** Whether somebody is a member, and was when the message was sent. */
export function sees(member: Member, seq: number): boolean {
  return member.left_seq === null && isVisible(member, seq);
}

/**
 * The note comes first, so that it cannot take the place of what the window comes to. A late message may have left its window before: then
 * nothing is noted here, and nothing is added.
 */
async function gather(
  core: MessagePushParts,
  { message, late, now }: Situation,
  wanted: readonly string[],
  news: readonly PushNote[],
): Promise<void> {
  const { chat_id, message_id, seq } = message;
  const gathering = late ? [] : wanted.map((userId) => noteOf(message_id, userId, 'gathering'));
  await record(core, [...news, ...gathering]);
  const windowMs = limits.pushWindowSeconds * 1000;
  await core.pushLedger.gather({ chatId: chat_id, messageId: message_id, seq }, wanted, windowMs, now);
}

async function pushNow(
  core: MessagePushParts,
  { message, devices }: Situation,
  chat: ChatRecord,
  wanted: readonly string[],
  news: readonly PushNote[],
): Promise<void> {
  const { chat_id: chatId, message_id, sender_id } = message;
  const senders = await senderViews(
    core,
    wanted.map((viewer) => ({ viewer, target: sender_id })),
  );
  const { outcomes, failure } = await sendAll(
    core,
    wanted.map((userId, index) => ({
      userId,
      chatId,
      claimId: message_id,
      noteId: message_id,
      devices: devices.get(userId) ?? [],
      data: messageData(chat, message, senders[index] ?? { name: '', avatar: '' }, 1),
    })),
  );
  const sent = wanted.flatMap((userId, index) => {
    const { reason, detail } = outcomes[index] ?? { reason: null, detail: null };
    return reason === null ? [] : [noteOf(message_id, userId, reason, detail)];
  });
  await record(core, [...news, ...sent]);
  if (failure !== undefined) throw failure;
}
