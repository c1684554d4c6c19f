/** Nothing between store and bus is lost (design rule 2): the relay, alone and several at once. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type OutboxRelay, routePublisher } from '../src/index.ts';
import { until } from './support/bus.ts';
import { relayOn, TestBus, TestLeases, TestOutbox } from './support/outbox.ts';

const relays: OutboxRelay[] = [];
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
const make = (...args: Parameters<typeof relayOn>) => {
  const relay = relayOn(...args);
  relays.push(relay);
  return relay;
};
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe('the relay', () => {
  it('publishes at once, without waiting for what went before, and forgets in the background', async () => {
    const [store, bus, chat] = [new TestOutbox(), new TestBus(), randomUUID()];
    const relay = make(store, bus);
    for (const seq of upTo(50)) {
      const { id, events } = store.commit(chat, seq);
      relay.publish(id, events);
    }
    expect(bus.calls).toBe(50);
    await until(() => store.rows.size === 0);
    expect(bus.seqs(chat)).toEqual(upTo(50));
    expect(store.completions).toBe(1);
  });

  it('gives a store with commits of its own the ids to take along', async () => {
    const [store, bus] = [new TestOutbox(), new TestBus()];
    const relay = make(store, bus, { completeMs: 60_000 });
    const { id, events } = store.commit(randomUUID(), 1);
    relay.publish(id, events);
    await until(() => bus.taken.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(relay.takePublished()).toEqual([id]);
    expect(relay.takePublished()).toEqual([]);
    relay.returnPublished([id]);
    await relay.settled();
    expect(store.rows.size).toBe(0);
  });

  it('keeps the order of a chat when the bus fails in between, and loses nothing', async () => {
    const [store, bus] = [new TestOutbox(), new TestBus()];
    const relay = make(store, bus);
    const chats = [randomUUID(), randomUUID()] as const;
    // Down from the 20th call for a while, and again amid what was waiting.
    let downUntil = 0;
    bus.fails = (call) => {
      if (call === 20 || call === 50) downUntil = performance.now() + 150;
      return performance.now() < downUntil;
    };
    for (const seq of upTo(40)) {
      for (const chat of chats) {
        const { id, events } = store.commit(chat, seq);
        relay.publish(id, events);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => store.rows.size === 0);
    for (const chat of chats) expect(bus.seqs(chat)).toEqual(upTo(40));
  });

  it('sends nothing past what waits, and does not try more often than a few times a second', async () => {
    const [store, bus, chat] = [new TestOutbox(), new TestBus(), randomUUID()];
    const relay = make(store, bus);
    bus.fails = () => true;
    for (const seq of upTo(500)) {
      const { id, events } = store.commit(chat, seq);
      relay.publish(id, events);
      if (seq === 1) await until(() => bus.calls === 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const then = performance.now();
    const calls = bus.calls;
    await until(() => performance.now() > then + 500);
    expect(bus.calls - calls).toBeLessThanOrEqual(4);
    // Back, but what waits has not been sent yet.
    bus.fails = () => false;
    for (const seq of [501, 502]) {
      const { id, events } = store.commit(chat, seq);
      relay.publish(id, events);
    }
    await relay.settled();
    expect(bus.seqs(chat)).toEqual(upTo(502));
  });

  it('lets a row that the bus refuses hold up nobody', async () => {
    const [store, bus, chat] = [new TestOutbox(), new TestBus(), randomUUID()];
    const relay = make(store, bus);
    bus.fails = (call) => call === 2;
    bus.error = () => new Error('too large');
    for (const seq of upTo(4)) {
      const { id, events } = store.commit(chat, seq);
      relay.publish(id, events);
    }
    await relay.settled();
    expect(bus.seqs(chat)).toEqual([1, 3, 4]);
    expect([...store.rows.keys()]).toEqual(['2']);
  });

  it('leaves to the sweep what does not fit into memory', async () => {
    const [store, bus, chat] = [new TestOutbox(), new TestBus(), randomUUID()];
    const relay = make(store, bus);
    bus.fails = () => true;
    for (const seq of upTo(5_600)) {
      const { id, events } = store.commit(chat, seq);
      relay.publish(id, events);
      if (seq === 1) await until(() => bus.calls === 1 && store.rows.size === 1);
      if (seq === 1) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    bus.fails = () => false;
    await relay.settled();
    expect(bus.seqs(chat)).toEqual(upTo(5_000));
    await relay.start();
    await until(() => store.rows.size === 0);
    expect(bus.seqs(chat)).toHaveLength(5_600);
  });

  it('stops while the bus is away; the rows are left for the next process', async () => {
    const [store, bus, chat] = [new TestOutbox(), new TestBus(), randomUUID()];
    const relay = make(store, bus);
    bus.fails = () => true;
    const { id, events } = store.commit(chat, 1);
    relay.publish(id, events);
    await until(() => bus.calls > 1);
    await relay.stop();
    const calls = bus.calls;
    bus.fails = () => false;
    const next = make(store, bus, { exclusive: true });
    await next.start();
    expect([bus.calls, bus.seqs(chat)]).toEqual([calls + 1, [1]]);
  });

  it('publishes everything at the start where nobody else uses the store, only what is old where others do', async () => {
    const [bus, chat] = [new TestBus(), randomUUID()];
    const alone = new TestOutbox();
    alone.commit(chat, 1);
    await make(alone, bus).start();
    expect(bus.seqs(chat)).toEqual([1]);
    const shared = new TestOutbox();
    shared.commit(chat, 2);
    await make(shared, bus, { leases: new TestLeases(), graceSeconds: 0.3 }).start();
    expect(bus.seqs(chat)).toEqual([1]);
    await until(() => shared.rows.size === 0);
    expect(bus.seqs(chat)).toEqual([1, 2]);
  });
});

describe('several relays on one store', () => {
  it('publish the rows of a process that was killed, once, in order, soon', async () => {
    const [store, bus, leases, chat] = [new TestOutbox(), new TestBus(), new TestLeases(), randomUUID()];
    const shared = { leases, graceSeconds: 0.5 };
    const others = [make(store, bus, shared), make(store, bus, shared), make(store, bus, shared)];
    // The killed one had the lease, and committed without publishing.
    await leases.hold('outbox:postgresql', 'killed', 0.3);
    await Promise.all(others.map((relay) => relay.start()));
    const began = performance.now();
    for (const seq of upTo(700)) store.commit(chat, seq);
    await until(() => store.rows.size === 0);
    expect(performance.now() - began).toBeGreaterThan(490);
    expect(bus.taken).toHaveLength(700);
    expect(bus.seqs(chat)).toEqual(upTo(700));
    expect(store.claimed).toHaveLength(700);
  });

  it('leave alone what a live process is publishing', async () => {
    const [store, bus, leases, chat] = [new TestOutbox(), new TestBus(), new TestLeases(), randomUUID()];
    const [one, two] = [make(store, bus, { leases }), make(store, bus, { leases })];
    await Promise.all([one.start(), two.start()]);
    for (const seq of upTo(300)) {
      const { id, events } = store.commit(chat, seq);
      (seq % 2 ? one : two).publish(id, events);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => store.rows.size === 0);
    expect(bus.taken).toHaveLength(300);
    expect(store.claimed).toEqual([]);
  });

  it('do not sweep while nobody can say whose turn it is', async () => {
    const [store, bus, leases, chat] = [new TestOutbox(), new TestBus(), new TestLeases(), randomUUID()];
    leases.away = true;
    await make(store, bus, { leases, graceSeconds: 0 }).start();
    store.commit(chat, 1);
    const then = performance.now();
    await until(() => performance.now() > then + 200);
    expect(bus.taken).toEqual([]);
    leases.away = false;
    await until(() => store.rows.size === 0);
  });

  it('hand the sweep over when one stops', async () => {
    const [store, bus, leases, chat] = [new TestOutbox(), new TestBus(), new TestLeases(), randomUUID()];
    const shared = { leases, graceSeconds: 2 };
    const [one, two] = [make(store, bus, shared), make(store, bus, shared)];
    await one.start();
    await two.start();
    store.commit(chat, 1);
    for (const row of store.rows.values()) row.at = 0;
    await until(() => store.rows.size === 0);
    await one.stop();
    expect(await leases.hold('outbox:postgresql', 'anybody', 0.01)).toBe(true);
    store.commit(chat, 2);
    for (const row of store.rows.values()) row.at = 0;
    await until(() => store.rows.size === 0);
  });
});

it('rows go to the relay of their store', () => {
  const seen: string[] = [];
  const to = (name: string) => ({ publish: (id: string) => void seen.push(`${name} ${id}`) });
  const publisher = routePublisher({ 'mongo:': to('mongo') }, to('sql'));
  publisher.publish('mongo:1', []);
  publisher.publish('1', []);
  expect(seen).toEqual(['mongo mongo:1', 'sql 1']);
});
