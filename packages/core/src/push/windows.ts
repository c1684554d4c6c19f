/**
 * Windows of groups (contract section 6): what came for one recipient within some seconds is one push.
 *
 * 1. taken — with a lease: no other worker takes the window before that ran out;
 * 2. looked at — what was read or deleted meanwhile is not pushed, nor is anything to who left or connected;
 * 3. sent — claimed under the newest message of the window, whatever became of that one: a repeat claims the same;
 * 4. closed — only what was done with. Of a worker that died or could not send, the lease runs out and another one repeats it.
 */
import type { Core } from '../context.ts';
import { isUnavailable } from '../error.ts';
import { isoTime } from '../lib/times.ts';
import { isGone } from '../messages/wire.ts';
import type {
  ChatRecord,
  DeviceToken,
  PushNote,
  PushReason,
  PushWindow,
  StoredMessage,
} from '../ports/stores.ts';
import { messageData, senderViews } from './data.ts';
import { sees } from './message.ts';
import { type Metered, noteOf, record, withoutSettled } from './notes.ts';
import { offlineAmong } from './offline.ts';
import { type Outcome, type SendParts, type Sent, sendAll } from './send.ts';

export type WindowPushParts = SendParts &
  Metered &
  Pick<Core, 'presence' | 'chats' | 'chatCache' | 'messages' | 'users' | 'privacy'>;

/**
 * Milliseconds for which a taken window belongs to its worker. More than a push can take with all its tries: a second worker must not find
 * claims that the first one is about to give back.
 */
export const pushLeaseMs = 60_000;

/** Takes windows that are over, at most `limit`; hand them to `pushWindows`. Errors: `SERVICE_UNAVAILABLE`. */
export function takePushWindows(
  core: Pick<Core, 'pushLedger' | 'clock'>,
  limit: number,
): Promise<PushWindow[]> {
  return core.pushLedger.take(core.clock.now(), limit, pushLeaseMs);
}

/**
 * Pushes what taken windows hold and closes them. A chat that fails leaves its windows to be taken again when their leases have run out,
 * and the others go on. Errors: the first failure, at the end; `SERVICE_UNAVAILABLE` only where there was no other.
 */
export async function pushWindows(core: WindowPushParts, windows: readonly PushWindow[]): Promise<void> {
  const chats = Map.groupBy(windows, ({ chatId }) => chatId);
  const results = await Promise.allSettled([...chats].map(([id, group]) => pushChat(core, id, group)));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw failures.find((failure) => !isUnavailable(failure)) ?? failures[0];
}

/** How things stand in a chat, looked up for all of its windows together. */
interface Standing {
  chat: ChatRecord | undefined;
  muted: ReadonlySet<string>;
  offline: ReadonlySet<string>;
  stored: ReadonlyMap<string, StoredMessage>;
  devices: ReadonlyMap<string, DeviceToken[]>;
  now: number;
}

/** What one window comes to. */
interface Plan {
  window: PushWindow;
  /** Of messages that are not pushed. */
  notes: PushNote[];
  /** Of those that are, oldest first. */
  messages: StoredMessage[];
  /** How many messages the push stands for. */
  count: number;
}

async function pushChat(
  core: WindowPushParts,
  chatId: string,
  windows: readonly PushWindow[],
): Promise<void> {
  const users = [...new Set(windows.map(({ userId }) => userId))];
  const ids = new Set(windows.flatMap(({ messages }) => messages.map(({ messageId }) => messageId)));
  const now = core.clock.now();
  const [chat, muted, offline, stored, devices] = await Promise.all([
    core.chatCache.fresh(chatId),
    core.chats.mutedBy(chatId, users, isoTime(now)),
    offlineAmong(core, users),
    core.messages.byIds([...ids]),
    core.devices.of(users),
  ]);
  const standing = { chat, muted, offline: new Set(offline), stored, devices, now };
  const plans = windows.map((window) => planOf(window, standing));
  const wanted = plans.filter(({ messages }) => messages.length > 0);
  const { outcomes, failure } = await send(core, chat, wanted, devices);
  const sent = wanted.flatMap((plan, index) => notesOf(plan, outcomes[index]));
  const unpushed = plans.flatMap(({ notes }) => notes);
  await record(core, [...(await withoutSettled(core, unpushed)), ...sent]);
  const again = new Set(wanted.filter((_, index) => outcomes[index]?.again).map(({ window }) => window));
  const done = windows.filter((window) => !again.has(window));
  if (done.length > 0) await core.pushLedger.close(done);
  if (failure !== undefined) throw failure;
}

function planOf(window: PushWindow, standing: Standing): Plan {
  const { chat, muted, devices } = standing;
  const { userId, messages } = window;
  const member = chat?.members.get(userId);
  const [notes, left]: [PushNote[], StoredMessage[]] = [[], []];
  for (const { messageId, seq } of messages) {
    const message = standing.stored.get(messageId);
    const note = (reason: PushReason) => notes.push(noteOf(messageId, userId, reason));
    if (!member || !message || !sees(member, seq)) note('gone');
    else if (!standing.offline.has(userId)) note('connected');
    else if (muted.has(userId)) note('muted');
    else if (isGone(message, standing.now)) note('gone');
    else if (member.read_seq >= seq) note('read');
    else if (!devices.has(userId)) note('no_device');
    else left.push(message);
  }
  // The oldest of many are not listed: they count where even the oldest listed one was not read.
  const unlisted = (member?.read_seq ?? 0) < (messages[0]?.seq ?? 0) ? window.count - messages.length : 0;
  return { window, notes, messages: left, count: left.length + unlisted };
}

async function send(
  core: WindowPushParts,
  chat: ChatRecord | undefined,
  plans: readonly Plan[],
  devices: ReadonlyMap<string, DeviceToken[]>,
): Promise<Sent> {
  if (!chat || plans.length === 0) return { outcomes: [], failure: undefined };
  const newest = plans.map(({ messages }) => messages.at(-1) as StoredMessage);
  const senders = await senderViews(
    core,
    plans.map(({ window }, index) => ({ viewer: window.userId, target: newest[index]?.sender_id ?? '' })),
  );
  return sendAll(
    core,
    plans.map(({ window, count }, index) => {
      const message = newest[index] as StoredMessage;
      const { userId, chatId, messages } = window;
      return {
        userId,
        chatId,
        claimId: messages.at(-1)?.messageId ?? message.message_id,
        noteId: message.message_id,
        devices: devices.get(userId) ?? [],
        data: messageData(chat, message, senders[index] ?? { name: '', avatar: '' }, count),
      };
    }),
  );
}

/** The older ones share what became of the newest; where that was sent, they are part of it. */
function notesOf({ window, messages }: Plan, outcome: Outcome | undefined): PushNote[] {
  if (!outcome || outcome.reason === null) return [];
  const { reason, detail } = outcome;
  const newest = messages.at(-1)?.message_id;
  return messages.map(({ message_id }) =>
    reason === 'sent' && message_id !== newest
      ? noteOf(message_id, window.userId, 'collapsed', `part of the push of ${newest}`)
      : noteOf(message_id, window.userId, reason, detail),
  );
}
