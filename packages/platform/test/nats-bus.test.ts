/** The bus of several processes, on real servers: the contract suite and what only JetStream can show. */
import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { isUnavailable } from '@parley/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog, Metrics, NatsBus, type NatsBusOptions } from '../src/index.ts';
import { type BusTiming, natsBus, presenceEvent, statusEvent, type TestBus, until } from './support/bus.ts';
import { describeBus } from './support/bus-suite.ts';
import { natsServers } from './support/nats.ts';
import { relayOn, TestOutbox } from './support/outbox.ts';

const made: TestBus[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map(({ bus }) => bus.close()));
});

for (const { title, store } of await natsServers()) {
  const url = store?.url ?? '';
  const make = (options: Partial<NatsBusOptions> = {}) => {
    const bus = natsBus(url, options);
    made.push(bus);
    return bus;
  };
  const name = (base = 'group') => `${base}-${randomUUID().slice(0, 8)}`;
  /** JetStream as its operator sees it. */
  const operator = async () => {
    const connection = await connect({ servers: url.replace('nats://', '') });
    const manager = await jetstreamManager(connection);
    return { connection, manager, [Symbol.asyncDispose]: () => connection.close() };
  };

  describe.runIf(store)(`bus (${title})`, () => {
    describeBus((timing?: BusTiming) => make(timing));

    it('can be started by several instances at once, where nothing is there yet', async () => {
      await using server = await operator();
      for (const stream of ['MESSAGES', 'CHATS', 'PRESENCE', 'NOTIFICATIONS', 'MEDIA']) {
        await server.manager.streams.delete(stream).catch(() => undefined);
      }
      const [group, seen] = [name(), [] as string[]];
      const members = Array.from({ length: 5 }, () => make());
      for (const { bus } of members) {
        bus.subscribe(group, 'presence.changed', ({ event_id }) => void seen.push(event_id));
      }
      await Promise.all(members.map(({ bus }) => bus.start()));
      const { config } = await server.manager.streams.info('CHATS');
      expect(config).toMatchObject({
        subjects: ['chat.>', 'group.>'],
        retention: 'limits',
        storage: 'file',
        max_age: 7 * 86_400e9,
        duplicate_window: 120e9,
        num_replicas: 1,
      });
      expect((await server.manager.streams.info('PRESENCE')).config.max_age).toBe(3_600e9);
      const event = presenceEvent();
      await members[4]?.bus.publish([event]);
      await until(() => seen.length > 0);
      expect(seen).toEqual([event.event_id]);
    });

    it('widens a stream that is narrower, and leaves its operator what is wider', async () => {
      await using server = await operator();
      await server.manager.streams.delete('CHATS').catch(() => undefined);
      await server.manager.streams.add({ name: 'CHATS', subjects: ['chat.>'], max_age: 30 * 86_400e9 });
      await make().bus.start();
      const { config } = await server.manager.streams.info('CHATS');
      expect(config).toMatchObject({ subjects: ['chat.>', 'group.>'], max_age: 30 * 86_400e9 });
    });

    it('says so where a stream of another name holds the subjects', async () => {
      await using server = await operator();
      await server.manager.streams.delete('MEDIA').catch(() => undefined);
      await server.manager.streams.add({ name: 'OTHER', subjects: ['media.>'] });
      try {
        await expect(make().bus.start()).rejects.toThrow(/overlap/);
      } finally {
        await server.manager.streams.delete('OTHER');
      }
    });

    it('shares the events of a group among its members', async () => {
      const [group, seen] = [name(), [[], []] as [string[], string[]]];
      const members = [make({ maxHeld: 4 }), make({ maxHeld: 4 })];
      for (const [index, { bus }] of members.entries()) {
        bus.subscribe(group, 'presence.changed', async ({ event_id }) => {
          await new Promise((resolve) => setImmediate(resolve));
          seen[index]?.push(event_id);
        });
        await bus.start();
      }
      const events = Array.from({ length: 400 }, () => presenceEvent());
      await members[0]?.bus.publish(events);
      await until(() => seen[0].length + seen[1].length >= 400);
      expect([...seen[0], ...seen[1]].sort()).toEqual(events.map((event) => event.event_id).sort());
      expect(Math.min(seen[0].length, seen[1].length)).toBeGreaterThan(20);
    });

    it('holds no more events than it has room for', async () => {
      const [group, { bus }] = [name(), make({ maxHeld: 6 })];
      let [open, began] = [() => {}, 0];
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      bus.subscribe(group, 'presence.changed', async () => {
        if (++began > 30) await gate;
      });
      await bus.start();
      await bus.publish(Array.from({ length: 100 }, () => presenceEvent()));
      await until(() => began === 36);
      await using server = await operator();
      // Once the last answers have arrived.
      await until(async () => (await server.manager.consumers.info('PRESENCE', group)).num_ack_pending === 6);
      expect((await server.manager.consumers.info('PRESENCE', group)).num_pending).toBe(64);
      open();
      await until(() => began === 100);
    });

    it('keeps an event that takes longer than the server waits for an answer', async () => {
      const { bus } = make({ ackWaitMs: 900 });
      const began: string[] = [];
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      bus.subscribe(name(), 'presence.changed', async ({ event_id }) => {
        began.push(event_id);
        await gate;
      });
      await bus.start();
      await bus.publish([presenceEvent()]);
      await until(() => began.length > 0);
      // Long enough for two redeliveries.
      const later = performance.now() + 2_500;
      await until(() => performance.now() > later);
      open();
      await bus.settled();
      expect(began).toHaveLength(1);
    });

    it('makes a dead letter of an event whose processes died with it again and again', async () => {
      const group = name();
      const first = make({ ackWaitMs: 200, backoffSeconds: [0, 0] });
      first.bus.subscribe(group, 'presence.changed', () => undefined);
      await first.bus.start();
      await first.bus.close();
      // A process that takes it and never answers, three times.
      await using server = await operator();
      const event = presenceEvent();
      await make().bus.start();
      await made.at(-1)?.bus.publish([event]);
      const consumer = await server.manager.jetstream().consumers.get('PRESENCE', group);
      for (let n = 1; n <= 3; n++) {
        await until(async () => (await consumer.next({ expires: 1_000 }))?.info.deliveryCount === n);
      }
      const { bus, letters } = make({ ackWaitMs: 200, backoffSeconds: [0, 0] });
      let handled = 0;
      bus.subscribe(group, 'presence.changed', () => void handled++);
      await bus.start();
      await until(() => letters.kept.length > 0);
      expect(letters.kept).toEqual([
        { consumer: group, event, error: expect.stringMatching(/ended/), deliveries: 3 },
      ]);
      expect(handled).toBe(0);
      await until(async () => (await consumer.info()).num_ack_pending === 0);
    });

    it('makes a dead letter of what is no event, at once', async () => {
      const [group, { bus, letters }] = [name(), make()];
      bus.subscribe(group, 'presence.changed', () => undefined);
      await bus.start();
      await using server = await operator();
      await server.manager.jetstream().publish('presence.changed', '{"event_id":"no"');
      await until(() => letters.kept.length > 0);
      expect(letters.kept).toEqual([
        {
          consumer: group,
          event: { subject: 'presence.changed', raw: '{"event_id":"no"' },
          error: expect.stringMatching(/JSON/),
          deliveries: 1,
        },
      ]);
    });

    it('stores an event once, however often it is published, with its context in the headers', async () => {
      const { bus } = make();
      const seen: string[] = [];
      bus.subscribe(name(), 'msg.status.updated', ({ event_id }) => void seen.push(event_id));
      await bus.start();
      const event = { ...statusEvent(randomUUID(), 1), consumer: 'somebody' };
      await bus.publish([event, event]);
      await bus.publish([event]);
      const last = statusEvent(randomUUID(), 2);
      await bus.publish([last]);
      await until(() => seen.length > 0);
      await using server = await operator();
      const { last_seq } = (await server.manager.streams.info('MESSAGES')).state;
      const stored = await server.manager.streams.getMessage('MESSAGES', { seq: last_seq - 1 });
      expect(JSON.parse(stored?.string() ?? '')).toEqual(event);
      expect(Object.fromEntries([...(stored?.header ?? [])].map(([key, [value]]) => [key, value]))).toEqual({
        'Nats-Msg-Id': event.event_id,
        'X-Request-Id': event.request_id,
        traceparent: event.trace,
        'Parley-Consumer': 'somebody',
      });
      expect(seen).toEqual([last.event_id]);
    });

    it('gets subjects that the group did not want before', async () => {
      const group = name();
      const first = make();
      first.bus.subscribe(group, 'msg.status.updated', () => undefined);
      await first.bus.start();
      await first.bus.close();
      const { bus, letters } = make();
      const seen: string[] = [];
      bus.subscribe(group, 'msg.status.updated', ({ event_type }) => void seen.push(event_type));
      // Not a valid message: what counts is that it comes.
      bus.subscribe(group, 'msg.new', ({ event_type }) => void seen.push(event_type));
      await bus.start();
      await using server = await operator();
      await server.manager.jetstream().publish('msg.new', 'hello');
      await bus.publish([statusEvent(randomUUID(), 1)]);
      await until(() => seen.length + letters.kept.length === 2);
      expect(letters.kept[0]?.event).toMatchObject({ subject: 'msg.new' });
    });

    it('hands what it has not begun to the others when it stops, and goes on publishing', async () => {
      const group = name();
      const [user, began] = [randomUUID(), [] as string[]];
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const leaving = make();
      leaving.bus.subscribe(group, 'presence.changed', async ({ event_id }) => {
        began.push(event_id);
        await gate;
      });
      await leaving.bus.start();
      const events = Array.from({ length: 20 }, () => presenceEvent(user));
      await leaving.bus.publish(events);
      await until(() => began.length === 1);
      const staying = make();
      // Once and again: a server 2.9 may deliver twice what was given back.
      const seen = new Set<string>();
      staying.bus.subscribe(group, 'presence.changed', ({ event_id }) => void seen.add(event_id));
      await staying.bus.start();
      const stopped = leaving.bus.stop();
      await until(() => seen.size === 19);
      const later = presenceEvent(user);
      await leaving.bus.publish([later]);
      await until(() => seen.has(later.event_id));
      open();
      await stopped;
      expect(began).toEqual([events[0]?.event_id]);
      expect([...seen].sort()).toEqual([...events.slice(1), later].map((event) => event.event_id).sort());
    });

    it('takes no more of a stream once a handler has left', async () => {
      const [group, { bus }, other] = [name(), make(), make()];
      const seen: string[] = [];
      const leave = bus.subscribe(group, 'presence.changed', () => void seen.push('left'));
      other.bus.subscribe(group, 'presence.changed', () => void seen.push('stayed'));
      await bus.start();
      leave();
      await other.bus.start();
      await other.bus.publish(Array.from({ length: 30 }, () => presenceEvent()));
      await until(() => seen.length === 30);
      expect(seen).not.toContain('left');
    });

    it('makes a consumer again that was deleted, without losing what came meanwhile', async () => {
      const [group, { bus }] = [name(), make()];
      const seen = new Set<string>();
      bus.subscribe(group, 'presence.changed', ({ event_id }) => void seen.add(event_id));
      await bus.start();
      await using server = await operator();
      const events = Array.from({ length: 20 }, () => presenceEvent());
      await bus.publish(events.slice(0, 10));
      await server.manager.consumers.delete('PRESENCE', group);
      await bus.publish(events.slice(10));
      await until(() => events.every((event) => seen.has(event.event_id)));
    });

    it('makes a stream again that was deleted', async () => {
      const [group, { bus }] = [name(), make()];
      const seen = new Set<string>();
      bus.subscribe(group, 'presence.changed', ({ event_id }) => void seen.add(event_id));
      await bus.start();
      await using server = await operator();
      await server.manager.streams.delete('PRESENCE');
      const event = presenceEvent();
      await until(() =>
        bus.publish([event]).then(
          () => true,
          (error) => {
            if (!isUnavailable(error)) throw error;
          },
        ),
      );
      await until(() => seen.has(event.event_id));
    });

    it('loses nothing when the server goes and comes back, and rejects quickly meanwhile', async () => {
      const [group, one, two] = [name(), make(), make()];
      const seen: string[] = [];
      for (const { bus } of [one, two]) {
        bus.subscribe(group, 'msg.status.updated', ({ event_id }) => void seen.push(event_id));
        await bus.start();
      }
      const events = Array.from({ length: 600 }, (_, n) => statusEvent(randomUUID(), n));
      let refused = 0;
      let slowest = 0;
      /** As the relay does: until the bus has it. */
      const deliver = async (event: (typeof events)[number]) => {
        for (;;) {
          const began = performance.now();
          try {
            await one.bus.publish([event]);
            return;
          } catch (error) {
            slowest = Math.max(slowest, performance.now() - began);
            if (!isUnavailable(error)) throw error;
            refused++;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      };
      await Promise.all(events.slice(0, 200).map(deliver));
      const during = Promise.all(events.slice(200, 400).map(deliver));
      await store?.stop();
      await until(() => one.bus.ping().then(() => false, isUnavailable));
      const away = Promise.all(events.slice(400).map(deliver));
      await until(() => refused > 100);
      await store?.start();
      await Promise.all([during, away]);
      await until(() => events.every((event) => seen.includes(event.event_id)));
      expect(seen.length).toBeLessThan(900);
      expect(slowest).toBeLessThan(2_500);
      for (const { bus } of [one, two]) {
        await until(() =>
          bus.ping().then(
            () => true,
            () => false,
          ),
        );
      }
    });

    it('gets everything that a relay committed, in the order of each chat, through a restart of the server', async () => {
      const { bus } = make();
      const outbox = new TestOutbox();
      const chats: string[] = [randomUUID(), randomUUID(), randomUUID()];
      const seen = new Map(chats.map((chat) => [chat, [] as number[]]));
      bus.subscribe(name(), 'msg.status.updated', ({ payload }) => {
        seen.get(payload.chat_id)?.push(payload.up_to_seq);
      });
      await bus.start();
      const relay = relayOn(outbox, bus, { exclusive: true, graceSeconds: 60 });
      await relay.start();
      const restart = until(() => outbox.completions > 0).then(async () => {
        await store?.stop('SIGKILL');
        await store?.start();
      });
      let seq = 0;
      let restarted = false;
      void restart.then(() => {
        restarted = true;
      });
      while (!restarted || seq < 300) {
        seq++;
        for (const chat of chats) {
          const { id, events } = outbox.commit(chat, seq);
          relay.publish(id, events);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await restart;
      await until(() => outbox.rows.size === 0);
      const expected = Array.from({ length: seq }, (_, index) => index + 1);
      // The first delivery of each counts: what was not acked before the end comes again.
      const firsts = (chat: string) => [...new Set(seen.get(chat))];
      await until(() => chats.every((chat) => firsts(chat).length === seq));
      for (const chat of chats) expect(firsts(chat)).toEqual(expected);
      await relay.stop();
    });

    it('can be closed while the server is away, in time', async () => {
      const [{ bus }, other] = [make(), make()];
      let began = 0;
      bus.subscribe(name(), 'presence.changed', () => {
        began++;
        return new Promise(() => undefined);
      });
      await bus.start();
      await other.bus.start();
      await bus.publish([presenceEvent()]);
      await until(() => began === 1);
      await store?.stop();
      try {
        const then = performance.now();
        await Promise.all([bus.close(), other.bus.close()]);
        // Its handler never ends: 2 s for the server, and 2 s for the handler.
        expect(performance.now() - then).toBeLessThan(6_000);
      } finally {
        await store?.start();
      }
    });

    it('rejects in time while the server hangs, and goes on when it is back', async () => {
      const { bus } = make({ timeoutMs: 700 });
      const seen: string[] = [];
      bus.subscribe(name(), 'presence.changed', ({ event_id }) => void seen.push(event_id));
      await bus.start();
      store?.pause();
      try {
        // A signal takes its time.
        await until(() => bus.ping().then(() => false, isUnavailable));
        const began = performance.now();
        const results = await Promise.allSettled([bus.publish([presenceEvent()]), bus.ping()]);
        expect(results.map((r) => r.status === 'rejected' && isUnavailable(r.reason))).toEqual([true, true]);
        expect(performance.now() - began).toBeLessThan(1_700);
      } finally {
        store?.resume();
      }
      const event = presenceEvent();
      await until(() =>
        bus.publish([event]).then(
          () => true,
          () => false,
        ),
      );
      await until(() => seen.includes(event.event_id));
    });

    it('shows how far its consumers are behind', async () => {
      const { bus, metrics } = make({ lagMs: 50 });
      const group = name();
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      bus.subscribe(group, 'presence.changed', () => gate);
      await bus.start();
      await bus.publish([presenceEvent(), presenceEvent()]);
      const lag = (count: number) => `parley_bus_lag_events{consumer="${group}",stream="PRESENCE"} ${count}`;
      await until(async () => (await metrics.text()).includes(lag(2)));
      open();
      await until(async () => (await metrics.text()).includes(lag(0)));
    });
  });
}

describe('a bus without a server', () => {
  it('says so at the start and when it is asked to publish', async () => {
    const bus = new NatsBus({
      url: 'nats://127.0.0.1:1',
      name: 'test',
      instance: 'one',
      log: createLog({ logLevel: 'silent' }, 'test'),
      metrics: new Metrics({ process: false }),
      deadLetters: { put: async () => undefined },
      timeoutMs: 500,
    });
    const began = performance.now();
    for (const attempt of [() => bus.start(), () => bus.publish([presenceEvent()]), () => bus.ping()]) {
      expect(isUnavailable(await attempt().catch((error) => error))).toBe(true);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
    await bus.close();
  });
});
