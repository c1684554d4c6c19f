/** What every bus promises (ports/engines.ts, EventBus): each engine behind the port passes this. */
import { randomUUID } from 'node:crypto';
import { unavailable } from '@parley/core';
import { expect, it } from 'vitest';
import { type BusTiming, presenceEvent, statusEvent, type TestBus, until } from './bus.ts';

/** `make` gives a bus that is not started yet; it is closed by the caller after each test. */
export function describeBus(make: (timing?: BusTiming) => TestBus): void {
  // A group of its own for each test: groups outlive processes.
  const name = (base: string) => `${base}-${randomUUID().slice(0, 8)}`;

  it('gives every consumer every event, in order', async () => {
    const { bus, metrics } = make();
    const seen: Record<'a' | 'b', string[]> = { a: [], b: [] };
    bus.subscribe(name('a'), 'presence.changed', (e) => void seen.a.push(e.event_id));
    bus.subscribe(name('b'), 'presence.changed', async (e) => void seen.b.push(e.event_id));
    await bus.start();
    const user = randomUUID();
    const events = Array.from({ length: 50 }, () => presenceEvent(user));
    await bus.publish(events);
    const ids = events.map((event) => event.event_id);
    await until(() => seen.a.length === 50 && seen.b.length === 50);
    expect(seen).toEqual({ a: ids, b: ids });
    await bus.settled();
    expect(await metrics.text()).toMatch(/parley_bus_events_total\{.*outcome="done"\} 50/);
  });

  it('hands over what was published, and nothing of other subjects', async () => {
    const { bus } = make();
    const [events, seen] = [[statusEvent(randomUUID(), 1), presenceEvent()] as const, [] as unknown[]];
    bus.subscribe(name('a'), 'msg.status.updated', (event) => void seen.push(event));
    await bus.start();
    await bus.publish(events);
    await until(() => seen.length > 0);
    expect(seen).toEqual([events[0]]);
  });

  it('starts the events of one chat in their order, and those of different chats side by side', async () => {
    const { bus } = make();
    const [slow, quick] = [randomUUID(), randomUUID()];
    const [began, ended]: [string[], string[]] = [[], []];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    bus.subscribe(name('a'), 'msg.status.updated', async ({ payload }) => {
      began.push(`${payload.chat_id === slow ? 'slow' : 'quick'} ${payload.up_to_seq}`);
      if (payload.chat_id === slow) await gate;
      ended.push(`${payload.chat_id === slow ? 'slow' : 'quick'} ${payload.up_to_seq}`);
    });
    await bus.start();
    const events = [1, 2, 3].flatMap((seq) => [statusEvent(slow, seq), statusEvent(quick, seq)]);
    const published = bus.publish(events);
    await until(() => ended.length === 3);
    expect(ended).toEqual(['quick 1', 'quick 2', 'quick 3']);
    open();
    await published;
    await until(() => ended.length === 6);
    expect(began.filter((entry) => entry.startsWith('slow'))).toEqual(['slow 1', 'slow 2', 'slow 3']);
  });

  it('tries again when a handler fails', async () => {
    const { bus, letters, metrics } = make({ backoffSeconds: [0.05, 0.05] });
    let tries = 0;
    bus.subscribe(name('a'), 'presence.changed', () => {
      if (++tries < 3) throw new Error('not yet');
    });
    await bus.start();
    await bus.publish([presenceEvent()]);
    await until(() => tries === 3);
    await bus.settled();
    expect(letters.kept).toEqual([]);
    expect(await metrics.text()).toMatch(/outcome="retried"\} 2/);
  });

  it('lets only the handler of a consumer try again that failed', async () => {
    const { bus } = make({ outageSeconds: [0.02] });
    const consumer = name('a');
    const tries = { steady: 0, failing: 0 };
    bus.subscribe(consumer, 'presence.changed', () => void tries.steady++);
    bus.subscribe(consumer, 'presence.changed', async () => {
      if (++tries.failing < 4) throw unavailable('The store', undefined);
    });
    await bus.start();
    await bus.publish([presenceEvent()]);
    await until(() => tries.failing === 4);
    await bus.settled();
    expect(tries).toEqual({ steady: 1, failing: 4 });
  });

  it('keeps a dead letter after the last try, and goes on with the others', async () => {
    const { bus, letters, metrics } = make({ backoffSeconds: [0.05] });
    const user = randomUUID();
    const [bad, good] = [presenceEvent(user), presenceEvent(user)];
    const seen: string[] = [];
    const consumer = name('a');
    bus.subscribe(consumer, 'presence.changed', async (event) => {
      if (event.event_id === bad.event_id) throw new Error('never');
      seen.push(event.event_id);
    });
    await bus.start();
    const published = bus.publish([bad, good]);
    await until(() => letters.kept.length === 1);
    await published;
    expect(seen).toEqual([good.event_id]);
    expect(letters.kept).toEqual([{ consumer, event: bad, error: 'never', deliveries: 2 }]);
    await until(async () => /parley_dead_letters_total\{.*\} 1/.test(await metrics.text()));
  });

  it('keeps trying to store a dead letter while the database is away', async () => {
    const { bus, letters } = make({ backoffSeconds: [] });
    let tries = 0;
    letters.refuse = 3;
    bus.subscribe(name('a'), 'presence.changed', () => {
      tries++;
      throw new Error('never');
    });
    await bus.start();
    const published = bus.publish([presenceEvent()]);
    await until(() => letters.kept.length === 1);
    await published;
    expect(tries).toBe(1);
  });

  it('never makes a dead letter of an event because a store is away, however long', async () => {
    const { bus, letters } = make({ backoffSeconds: [0.02] });
    const user = randomUUID();
    const [first, second] = [presenceEvent(user), presenceEvent(user)];
    const handled: string[] = [];
    let tries = 0;
    bus.subscribe(name('a'), 'presence.changed', async (event) => {
      if (event.event_id !== first.event_id) return;
      tries++;
      if (tries <= 20) throw unavailable('The store', undefined);
      // The outage used up none of the event's tries.
      if (tries === 21) throw new Error('once');
      handled.push(event.event_id);
    });
    await bus.start();
    const published = bus.publish([first, second]);
    await until(() => handled.length === 1);
    await published;
    expect([tries, letters.kept]).toEqual([22, []]);
  });

  it('gives a replayed dead letter only to the consumer that it names', async () => {
    const { bus } = make();
    const [a, b] = [name('a'), name('b')];
    const seen: string[] = [];
    bus.subscribe(a, 'presence.changed', ({ event_id }) => void seen.push(`a ${event_id}`));
    bus.subscribe(b, 'presence.changed', ({ event_id }) => void seen.push(`b ${event_id}`));
    await bus.start();
    const user = randomUUID();
    const [replay, last] = [{ ...presenceEvent(user), consumer: b }, presenceEvent(user)];
    await bus.publish([replay, last]);
    await until(() => seen.length === 3);
    expect(seen.sort()).toEqual([`a ${last.event_id}`, `b ${last.event_id}`, `b ${replay.event_id}`].sort());
  });

  it('answers a ping, and settles when no handler is at work', async () => {
    const { bus } = make();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let state = 'waiting';
    bus.subscribe(name('a'), 'presence.changed', async () => {
      state = 'at work';
      await gate;
      state = 'done';
    });
    await bus.start();
    await bus.ping();
    const published = bus.publish([presenceEvent()]);
    await until(() => state === 'at work');
    const settled = bus.settled().then(() => state);
    open();
    expect(await settled).toBe('done');
    await published;
  });
}
