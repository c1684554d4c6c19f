/** What the tests of the bus share: events, engines with short waits, and conditions with a deadline. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusEvent } from '@parley/contract';
import type { DeadLetterStore } from '@parley/core';
import {
  type BusEngine,
  createLog,
  MemoryBus,
  Metrics,
  NatsBus,
  type NatsBusOptions,
} from '../../src/index.ts';

export type Letter = Parameters<DeadLetterStore['put']>[0];

export function presenceEvent(userId: string = randomUUID()): BusEvent<'presence.changed'> {
  return {
    event_id: randomUUID(),
    event_type: 'presence.changed',
    timestamp: new Date().toISOString(),
    request_id: 'request-1',
    trace: null,
    payload: { user_id: userId, status: 'online', last_seen: null },
  };
}

export function statusEvent(chatId: string, seq: number): BusEvent<'msg.status.updated'> {
  return {
    event_id: randomUUID(),
    event_type: 'msg.status.updated',
    timestamp: new Date().toISOString(),
    request_id: 'request-1',
    trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    payload: {
      chat_id: chatId,
      user_id: randomUUID(),
      status: 'read',
      up_to_seq: seq,
      message_ids: [],
      sender_ids: [],
      state_version: seq,
      timestamp: new Date().toISOString(),
      visible: true,
      delivered_moved: true,
      origin: null,
      session_id: null,
    },
  };
}

/** Dead letters in memory; `refuse` makes it fail that often. */
export class Letters implements Pick<DeadLetterStore, 'put'> {
  readonly kept: Letter[] = [];
  refuse = 0;

  async put(letter: Letter): Promise<void> {
    if (this.refuse-- > 0) throw new Error('the database is away');
    this.kept.push(letter);
  }
}

export const log = createLog({ logLevel: 'silent' }, 'test');

/** Waits until it is so; fails with what was last seen after 20 s. */
export async function until(what: () => unknown, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`it never came to: ${what}`);
    await pause(5);
  }
}

/** One member of a group: its engine, what it keeps, and an end. */
export interface TestBus<B extends BusEngine = BusEngine> {
  bus: B;
  letters: Letters;
  metrics: Metrics;
}

export interface BusTiming {
  backoffSeconds?: readonly number[];
  outageSeconds?: readonly number[];
}

export function memoryBus(timing: BusTiming = {}): TestBus<MemoryBus> {
  const [letters, metrics] = [new Letters(), new Metrics({ process: false })];
  const bus = new MemoryBus({ log, metrics, deadLetters: letters, outageSeconds: [0.01], ...timing });
  return { bus, letters, metrics };
}

export function natsBus(url: string, options: Partial<NatsBusOptions> = {}): TestBus<NatsBus> {
  const [letters, metrics] = [new Letters(), new Metrics({ process: false })];
  const bus = new NatsBus({
    url,
    name: 'test',
    instance: randomUUID(),
    log,
    metrics,
    deadLetters: letters,
    timeoutMs: 2_000,
    heartbeatMs: 500,
    outageSeconds: [0.01],
    ...options,
  });
  return { bus, letters, metrics };
}
