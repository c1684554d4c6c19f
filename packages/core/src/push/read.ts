/** Silent pushes: what was read on one device is taken back by the others (beyond the contract). */
import type { BusEvent } from '@parley/contract';
import type { Core } from '../context.ts';
import { isUnavailable } from '../error.ts';
import { whenBack } from '../lib/when-back.ts';
import type { DeviceToken } from '../ports/stores.ts';
import { readData } from './data.ts';
import { dropDevice, handOver } from './send.ts';

export type ReadPushParts = Pick<Core, 'pushes' | 'pushLedger' | 'devices' | 'messages' | 'clock' | 'log'>;

/** Whether a device need not be told any more. */
type Told = 'done' | 'again';

/**
 * Tells the reader's devices that show something of the chat, except the one that it was read on, to take it back. Where newer messages
 * are there, they may go on showing these, and are told of the next read too. What could not be sent is told by a repeat. Errors:
 * `SERVICE_UNAVAILABLE`: call again.
 */
export async function pushRead(core: ReadPushParts, event: BusEvent<'msg.status.updated'>): Promise<void> {
  const { status, user_id: userId, chat_id: chatId } = event.payload;
  if (status !== 'read') return;
  const showing = new Set(await core.pushLedger.takeShown(userId, chatId));
  if (showing.size === 0) return;
  // Awaited, however long it takes: a repeat tells only those that are kept.
  const keep = (ids: readonly string[]) =>
    whenBack(core.log, 'what devices show could not be kept', () =>
      core.pushLedger.shown(userId, chatId, ids, core.clock.now()),
    );
  let devices: DeviceToken[];
  let newer: boolean;
  try {
    [devices, newer] = await Promise.all([others(core, event, showing), isBehind(core, event)]);
  } catch (error) {
    await keep([...showing]);
    throw error;
  }
  const results = await Promise.all(devices.map((device) => tell(core, device, event)));
  const left = devices.filter((_, index) => newer || results[index]?.told === 'again');
  if (left.length > 0) await keep(left.map(({ id }) => id));
  const failure = results.find(({ told }) => told === 'again')?.error;
  if (failure !== undefined) throw failure;
}

async function others(
  core: ReadPushParts,
  { payload }: BusEvent<'msg.status.updated'>,
  showing: ReadonlySet<string>,
): Promise<DeviceToken[]> {
  const devices = (await core.devices.of([payload.user_id])).get(payload.user_id) ?? [];
  return devices.filter(
    ({ id, session_id }) => showing.has(id) && (session_id === null || session_id !== payload.session_id),
  );
}

/** Whether the chat has messages after what was read. */
async function isBehind(core: ReadPushParts, { payload }: BusEvent<'msg.status.updated'>): Promise<boolean> {
  const heads = await core.messages.heads([payload.chat_id]);
  return (heads.get(payload.chat_id)?.seq ?? 0) > payload.up_to_seq;
}

/** Never rejects. What the service refuses for good is let go: nobody misses a silent push. */
async function tell(
  core: ReadPushParts,
  device: DeviceToken,
  { payload }: BusEvent<'msg.status.updated'>,
): Promise<{ told: Told; error?: unknown }> {
  // The newest comes first.
  const data = readData(payload.chat_id, payload.message_ids[0], payload.timestamp);
  try {
    const result = await handOver(core, device, data, 'normal');
    if (result.outcome === 'unregistered') await dropDevice(core, device);
    return { told: 'done' };
  } catch (error) {
    if (isUnavailable(error)) return { told: 'again', error };
    core.log.error({ err: error }, 'a silent push could not be handed over');
    return { told: 'done' };
  }
}
