/** A push to whoever was added to a group by somebody else (contract section 6). */
import type { BusEvent } from '@parley/contract';
import { isPresent } from '../chats/access.ts';
import type { Core } from '../context.ts';
import { derivedId } from '../lib/ids.ts';
import { isoTime } from '../lib/times.ts';
import { addedData, senderViews } from './data.ts';
import { offlineAmong } from './offline.ts';
import { type SendParts, sendAll } from './send.ts';
import { ageOf } from './timing.ts';

/**
 * Tells somebody who was added, unless they added themselves, are connected, muted the chat (when they were in it before), have left it
 * since, or have no device. Nothing is noted: there is no message to ask about. Repeats do no harm. Errors: `SERVICE_UNAVAILABLE`: call again.
 */
export async function pushAdded(
  core: SendParts & Pick<Core, 'presence' | 'chats' | 'chatCache' | 'users' | 'privacy'>,
  event: BusEvent<'group.member.added'>,
): Promise<void> {
  const { chat_id: chatId, user_id: userId, added_by } = event.payload;
  const now = core.clock.now();
  if (userId === added_by || ageOf(event.timestamp, now) === 'forgotten') return;
  if ((await offlineAmong(core, [userId])).length === 0) return;
  const [chat, muted, devices] = await Promise.all([
    core.chatCache.fresh(chatId),
    core.chats.mutedBy(chatId, [userId], isoTime(now)),
    core.devices.of([userId]),
  ]);
  const own = devices.get(userId);
  if (!own || !chat || !isPresent(chat, userId) || muted.has(userId)) return;
  const [sender] = await senderViews(core, [{ viewer: userId, target: added_by }]);
  const data = addedData(chat, added_by, sender ?? { name: '', avatar: '' }, event.timestamp);
  const claimId = derivedId(event.event_id, 'group_added');
  const { failure } = await sendAll(core, [{ userId, chatId, claimId, noteId: null, devices: own, data }]);
  if (failure !== undefined) throw failure;
}
