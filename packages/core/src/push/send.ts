/**
 * Handing pushes to the service, to each device at most once (contract section 6).
 *
 * 1. claimed — the ledger lets one worker send it to one device, for ever;
 * 2. handed over — all devices at the same time;
 * 3. given back — only where the service surely did not take it, so that a repeat can send it;
 * 4. shown — the ledger knows that the device shows something of the chat.
 *
 * A worker that dies between 1 and 2 leaves a claim that nobody uses: better no push than two. One that dies after 2 leaves claims
 * without a note; whoever repeats it finds them, and notes it.
 */
import { limits, type PushData } from '@parley/contract';
import type { Core } from '../context.ts';
import { isUnavailable } from '../error.ts';
import { whenBack } from '../lib/when-back.ts';
import type { DeviceToken, PushReason, PushResult } from '../ports/stores.ts';
import { isSettled } from './notes.ts';

export type SendParts = Pick<Core, 'pushes' | 'pushLedger' | 'devices' | 'clock' | 'log'>;

/** A push for all devices of one user. */
export interface Outgoing {
  userId: string;
  chatId: string;
  /** What is claimed: the same for every repeat. */
  claimId: string;
  /** The message whose note tells what became of an earlier try; null where nothing is noted. */
  noteId: string | null;
  devices: readonly DeviceToken[];
  data: PushData;
}

/** What became of it, over all devices. */
export interface Outcome {
  /** Null where there is nothing to note: an earlier try did, or a later one will. */
  reason: Extract<PushReason, 'sent' | 'unregistered' | 'refused' | 'waiting'> | null;
  detail: string | null;
  /** Something is left to do: it must be tried again. */
  again: boolean;
}

type DeviceResult =
  | PushResult
  | { outcome: 'waiting'; error: unknown }
  /** An earlier try claimed it. */
  | { outcome: 'before' };

export interface Sent {
  /** In the order of what was given. */
  outcomes: Outcome[];
  /** What has to be thrown once everything else is done: something is to be tried again. */
  failure: unknown;
}

/** Sends to all devices of all of these users at the same time. Errors: `SERVICE_UNAVAILABLE` (the ledger is away: nothing was sent). */
export async function sendAll(core: SendParts, outgoing: readonly Outgoing[]): Promise<Sent> {
  const pairs = outgoing.map(({ claimId, devices }) =>
    devices.map(({ id }) => ({ messageId: claimId, deviceId: id })),
  );
  const claimed = await core.pushLedger.claim(pairs.flat(), core.clock.now());
  const results = await Promise.all(
    outgoing.map(({ devices, data }) => {
      const own = claimed.splice(0, devices.length);
      return Promise.all(devices.map((device, index) => sendOne(core, device, data, own[index] ?? false)));
    }),
  );
  const all = results.flat();
  const waiting = pairs.flat().filter((_, index) => all[index]?.outcome === 'waiting');
  if (waiting.length > 0) {
    // Awaited, however long it takes: a repeat that finds them still claimed would take them for sent.
    const giveBack = () => core.pushLedger.giveBack(waiting);
    await whenBack(core.log, 'pushes that were not sent could not be given back', giveBack);
  }
  const finished = await Promise.allSettled(
    outgoing.map((each, index) => finish(core, each, results[index] ?? [])),
  );
  let failure = all.find((result) => result.outcome === 'waiting')?.error;
  const outcomes = finished.map((result): Outcome => {
    if (result.status === 'fulfilled') return result.value;
    failure ??= result.reason;
    // Without a note the next try sees that something was left out here.
    return { reason: null, detail: null, again: true };
  });
  return { outcomes, failure };
}

/** One push to one device, where it could be claimed. Never rejects. */
async function sendOne(
  core: SendParts,
  device: DeviceToken,
  data: PushData,
  claimed: boolean,
): Promise<DeviceResult> {
  if (!claimed) return { outcome: 'before' };
  try {
    const result = await handOver(core, device, data, 'high');
    if (result.outcome === 'unregistered') await dropDevice(core, device);
    return result;
  } catch (error) {
    if (isUnavailable(error)) return { outcome: 'waiting', error };
    // It may have been taken, so it stays claimed.
    core.log.error({ err: error }, 'a push could not be handed over');
    return { outcome: 'refused', reason: 'it failed in an unexpected way: see the log' };
  }
}

/** Errors: `SERVICE_UNAVAILABLE` (it was not taken). */
export function handOver(
  core: Pick<Core, 'pushes'>,
  device: DeviceToken,
  data: PushData,
  priority: 'high' | 'normal',
): Promise<PushResult> {
  const { token, platform } = device;
  return core.pushes.send({ token, platform, data, priority, ttlSeconds: limits.pushTtlSeconds });
}

/** Forgets a token that the service does not know; where that fails, the next push finds it out again. Never rejects. */
export async function dropDevice(core: Pick<Core, 'devices' | 'log'>, device: DeviceToken): Promise<void> {
  await core.devices
    .drop(device)
    .catch((error) => core.log.warn({ err: error }, 'an unregistered push token could not be forgotten'));
}

/** Notes which devices show it now. Errors: `SERVICE_UNAVAILABLE`. */
async function finish(core: SendParts, each: Outgoing, results: readonly DeviceResult[]): Promise<Outcome> {
  const { userId, chatId, noteId, devices } = each;
  const idsWith = (outcome: DeviceResult['outcome']) =>
    devices.filter((_, index) => results[index]?.outcome === outcome).map(({ id }) => id);
  const before = idsWith('before');
  const noted = before.length > 0 && noteId !== null ? await core.pushLedger.why(noteId, userId) : undefined;
  // Without a note that try ended in the middle, and what it sent may be shown.
  const interrupted = noteId !== null && (noted === undefined || noted.reason === 'gathering');
  const shown = interrupted ? [...idsWith('sent'), ...before] : idsWith('sent');
  if (shown.length > 0) await core.pushLedger.shown(userId, chatId, shown, core.clock.now());
  return outcomeOf(results, isSettled(noted) || noteId === null);
}

/** `known`: what an earlier try came to was noted. */
function outcomeOf(results: readonly DeviceResult[], known: boolean): Outcome {
  const count = (outcome: DeviceResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const refusal = results.find((result) => result.outcome === 'refused');
  const detail = [
    told(count('sent'), 'sent'),
    told(count('before'), 'handed over before'),
    told(count('waiting'), 'waiting for the push service'),
    told(count('unregistered'), 'not registered any more'),
    refusal && told(count('refused'), `refused: ${refusal.reason}`),
  ]
    .filter(Boolean)
    .join(', ');
  if (count('waiting') > 0) return { reason: 'waiting', detail, again: true };
  if (count('sent') > 0) return { reason: 'sent', detail, again: false };
  if (count('before') > 0) return { reason: known ? null : 'sent', detail, again: false };
  return { reason: refusal ? 'refused' : 'unregistered', detail, again: false };
}

function told(devices: number, what: string): string | undefined {
  return devices === 0 ? undefined : `${devices} ${devices === 1 ? 'device' : 'devices'} ${what}`;
}
