/** The times that the metrics get from behind core's ports. */
import type { AnyBusEvent } from '@parley/contract';
import type { AppendResult, MessageStore, NewMessage } from '@parley/core';
import { Metrics } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import { sendTimes, timedMessages, timedPublish } from '../src/stages.ts';

const newStages = () => new Metrics({ process: false }).stages;

/** Takes so many milliseconds. */
function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** A store with this `append`. */
function storeOf(append: () => Promise<AppendResult[]>): MessageStore {
  const refuse = () => Promise.reject(new Error('not asked for'));
  const heads = async () => new Map([['chat', { seq: 7, version: 9 }]]);
  return {
    append,
    heads,
    newerHeads: refuse,
    changedSince: refuse,
    between: refuse,
    known: refuse,
    byIds: refuse,
    page: refuse,
    others: refuse,
    change: refuse,
    unread: refuse,
    newest: refuse,
    activity: refuse,
    expired: refuse,
    carriers: refuse,
    carried: refuse,
    carriedIn: refuse,
    searchChat: refuse,
    searchChats: refuse,
  };
}

const batch = (size: number) => Array.from({ length: size }, () => ({}) as NewMessage);
const events = (type: string, count: number) =>
  Array.from({ length: count }, () => ({ event_type: type }) as AnyBusEvent);

describe('stages behind the ports', () => {
  it('times a commit for each of its messages, and once for their share', async () => {
    const own = newStages();
    const results: AppendResult[] = [{ outcome: 'stored', seq: 1, version: 1, outboxId: '1' }];
    const store = timedMessages(
      storeOf(async () => {
        work(20);
        return results;
      }),
      own,
    );
    expect(await store.append(batch(4))).toBe(results);
    expect(own.store.count).toBe(4);
    expect(own.store.sharedMs).toBeGreaterThanOrEqual(20);
    expect(own.store.spentMs).toBeCloseTo(own.store.sharedMs * 4);
    expect(await store.heads(['chat'])).toEqual(new Map([['chat', { seq: 7, version: 9 }]]));
  });

  it('leaves out commits that fail', async () => {
    const own = newStages();
    const store = timedMessages(
      storeOf(() => Promise.reject(new Error('away'))),
      own,
    );
    await expect(store.append(batch(2))).rejects.toThrow('away');
    expect(own.store.count).toBe(0);
  });

  it('times new messages on their way to the bus, and nothing else', async () => {
    const own = newStages();
    const seen: number[] = [];
    const bus = timedPublish(
      {
        async publish(published) {
          seen.push(published.length);
          work(10);
        },
      },
      own,
    );
    await bus.publish(events('msg.status.updated', 5));
    expect(own.publish.count).toBe(0);
    await bus.publish(events('msg.new', 3));
    expect(seen).toEqual([5, 3]);
    expect(own.publish.count).toBe(3);
    expect(own.publish.sharedMs).toBeGreaterThanOrEqual(10);
  });

  it('passes on what the bus refuses, untimed', async () => {
    const own = newStages();
    const bus = timedPublish({ publish: () => Promise.reject(new Error('away')) }, own);
    await expect(bus.publish(events('msg.new', 1))).rejects.toThrow('away');
    expect(own.publish.count).toBe(0);
  });

  it('takes the times of core', () => {
    const stages = newStages();
    const times = sendTimes(stages);
    times.authorised(3);
    times.queued(8, 4);
    expect([stages.authorise.spentMs, stages.authorise.count]).toEqual([3, 1]);
    expect([stages.queue.spentMs, stages.queue.count]).toEqual([8, 4]);
  });
});
