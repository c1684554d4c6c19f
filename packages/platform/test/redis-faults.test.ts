/** Redis that stops, hangs, forgets or cuts connections, and comes back. */
import { rateLimits } from '@parley/contract';
import { isUnavailable, type Packet } from '@parley/core';
import { type RunningStore, startRedis } from '@parley/stack';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  isInstanceAway,
  type RedisConnection,
  RedisFanOut,
  type RedisFanOutOptions,
  RedisKeyValue,
  RedisPresence,
  RedisRateLimiter,
  RedisSignals,
} from '../src/index.ts';
import { collect, packetFor } from './contract/fan-out.ts';
import { connect, insist, orWhy, quiet, raw, refusal } from './support/redis.ts';

const { engine, why } = await orWhy(startRedis({ own: true }));
afterAll(() => engine?.[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 20 };

describe.skipIf(!engine)(`Redis that fails${why}`, () => {
  const server = engine as RunningStore;
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  function open(timeoutMs = 1_000): RedisConnection {
    const redis = connect(server.url, { timeoutMs });
    opened.push(() => redis.close());
    return redis;
  }

  function fanOut(options: Partial<RedisFanOutOptions> = {}): {
    redis: RedisConnection;
    fanOut: RedisFanOut;
  } {
    const redis = open();
    const instance = new RedisFanOut(redis, { log: quiet, settleMs: 500, ...options });
    opened.push(() => instance.close());
    return { redis, fanOut: instance };
  }

  it('is unavailable at once while it is stopped, and there again by itself', async () => {
    const redis = open();
    const [keyValue, rates, presence] = [
      new RedisKeyValue(redis),
      new RedisRateLimiter(redis, rateLimits, 1),
      new RedisPresence(redis),
    ];
    await keyValue.set('a', '1', 100);
    let [lost, back] = [0, 0];
    redis.onLost(() => lost++);
    redis.onBack(() => back++);
    await server.stop();
    await vi.waitFor(() => expect(lost).toBe(1));
    const started = performance.now();
    const calls = [
      redis.ping(),
      keyValue.get('a'),
      keyValue.set('a', '2', 10),
      keyValue.deleteIfEquals('a', '1'),
      rates.consume('apiIp', 'a'),
      rates.peek('apiIp', 'a'),
      rates.reset('apiIp', 'a'),
      presence.acquire('u', 'a'),
      presence.renew([{ userId: 'u', connectionId: 'a' }]),
      presence.release('u', 'a'),
      presence.online(['u']),
      presence.expired(1),
    ];
    for (const error of await Promise.all(calls.map(refusal))) expect(isUnavailable(error)).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
    await server.start();
    await vi.waitFor(() => expect(back).toBe(1), patiently);
    expect(await keyValue.get('a')).toBe('1');
    // The server has forgotten the scripts: they are sent again.
    expect(await keyValue.deleteIfEquals('a', '1')).toBe(true);
    expect(await rates.consume('apiIp', 'a')).toEqual({ allowed: true });
  });

  it('can be away when the program starts', async () => {
    await server.stop();
    const redis = open();
    const keyValue = new RedisKeyValue(redis);
    expect(isUnavailable(await refusal(keyValue.get('a')))).toBe(true);
    await server.start();
    await vi.waitFor(() => keyValue.set('a', '1', 10), patiently);
    expect(await keyValue.get('a')).toBe('1');
  });

  it('is unavailable within the time allowed while it hangs, also for what is asked later', async () => {
    const redis = open(500);
    const keyValue = new RedisKeyValue(redis);
    await keyValue.set('a', '1', 100);
    server.pause();
    try {
      const started = performance.now();
      expect(isUnavailable(await refusal(keyValue.get('a')))).toBe(true);
      expect(performance.now() - started).toBeLessThan(1_500);
      const errors = await Promise.all(Array.from({ length: 20 }, () => refusal(keyValue.get('a'))));
      expect(errors.every(isUnavailable)).toBe(true);
      expect(performance.now() - started).toBeLessThan(3_000);
    } finally {
      server.resume();
    }
    await vi.waitFor(async () => expect(await keyValue.get('a')).toBe('1'), patiently);
  });

  it('tells errors of ours as they are', async () => {
    const redis = open();
    const presence = new RedisPresence(redis);
    await new RedisKeyValue(redis).set('presence:wrong', 'a string', 10);
    const error = await refusal(presence.acquire('wrong', 'a'));
    expect(isUnavailable(error)).toBe(false);
    expect(error).toMatchObject({ message: expect.stringContaining('WRONGTYPE') });
  });

  it('refuses what does not fit: a database of a cluster, two addresses of one server', () => {
    expect(() => connect('redis://h/1', { mode: 'cluster' })).toThrow('database 0');
    expect(() => connect('redis://h,redis://i')).toThrow('one address');
    expect(() => connect('redis://h/x')).toThrow('number of a database');
  });

  it('tells of a gap when subscriptions were lost and are there again', async () => {
    const redis = open();
    const signals = new RedisSignals(redis, quiet);
    const other = new RedisSignals(open(), quiet);
    const heard: unknown[] = [];
    let gaps = 0;
    signals.subscribe((signal) => heard.push(signal));
    signals.onGap(() => gaps++);
    await signals.ready();
    expect(gaps).toBe(0);
    await raw(server.url, (admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await vi.waitFor(() => expect(gaps).toBe(1), patiently);
    // After the call for a gap, signals are heard.
    other.send({ kind: 'kick', session_ids: ['1'] });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
  });

  it('sending a signal never throws', async () => {
    const signals = new RedisSignals(open(), quiet);
    const heard: unknown[] = [];
    signals.subscribe((signal) => heard.push(signal));
    await signals.ready();
    await server.stop();
    signals.send({ kind: 'kick', session_ids: ['1'] });
    expect(heard).toHaveLength(1);
    await server.start();
  });

  describe('fan-out', () => {
    it('refuses to send while Redis is away, and has joined what was joined meanwhile when it is back', async () => {
      const [a, b] = [fanOut(), fanOut()];
      const atB = collect(b.fanOut);
      await b.fanOut.join('before');
      await a.fanOut.send(packetFor(['before']));
      await server.stop();
      await vi.waitFor(() => expect([a.redis.ready, b.redis.ready]).toEqual([false, false]));
      const [sent, joined] = await Promise.all([
        refusal(a.fanOut.send(packetFor(['before']))),
        refusal(b.fanOut.join('meanwhile')),
        b.fanOut.leave('never joined'),
      ]);
      expect([isUnavailable(sent), isUnavailable(joined)]).toEqual([true, true]);
      expect(isInstanceAway(sent)).toBe(false);
      await server.start();
      await insist(() => a.fanOut.send(packetFor(['before', 'meanwhile'])));
      await vi.waitFor(() =>
        expect(atB.map(({ topics }) => topics)).toEqual([['before'], ['before', 'meanwhile']]),
      );
    });

    it('can be joined while Redis is away from the beginning', async () => {
      await server.stop();
      const [a, b] = [fanOut(), fanOut()];
      const atB = collect(b.fanOut);
      expect(isUnavailable(await refusal(b.fanOut.join('x')))).toBe(true);
      await server.start();
      await vi.waitFor(async () => {
        await a.fanOut.send(packetFor(['x'], { id: null }));
        expect(atB.length).toBeGreaterThan(0);
      }, patiently);
    });

    it('tells all topics again when Redis lost its data, and sends nothing before', async () => {
      const [a, b] = [fanOut({ settleMs: 1_500 }), fanOut()];
      const atB = collect(b.fanOut);
      const topics = Array.from({ length: 3_000 }, (_, n) => `topic-${n}`);
      await Promise.all(topics.map((topic) => b.fanOut.join(topic)));
      await raw(server.url, (admin) => admin.flushall());
      await server.stop();
      await server.start();
      const packet = packetFor(topics);
      const refused = await insist(() => a.fanOut.send(packet));
      expect(refused).toBeGreaterThan(0);
      await vi.waitFor(() => expect(atB).toEqual([packet]));
    });

    it('sends nothing for a while after the connection was lost, for others may have been, too', async () => {
      const [a, b] = [fanOut({ settleMs: 700 }), fanOut()];
      await b.fanOut.join('x');
      const back = new Promise<number>((resolve) => a.redis.onBack(() => resolve(performance.now())));
      await raw(server.url, (admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      const since = await back;
      expect(a.redis.ready).toBe(true);
      expect(isUnavailable(await refusal(a.fanOut.send(packetFor(['x']))))).toBe(true);
      await insist(() => a.fanOut.send(packetFor(['x'])));
      expect(performance.now() - since).toBeGreaterThan(690);
    });

    it('notices without a lost connection that the data is gone', async () => {
      const [a, b] = [fanOut(), fanOut({ beatMs: 100 })];
      const atB = collect(b.fanOut);
      await b.fanOut.join('x');
      await raw(server.url, (admin) => admin.flushall());
      await vi.waitFor(async () => {
        await a.fanOut.send(packetFor(['x'], { id: null }));
        expect(atB.length).toBeGreaterThan(0);
      }, patiently);
      expect(await routeOf('x')).toBe(`${b.redis.id}/1`);
    });

    describe.each<{ lost: string; sender: string; opened: boolean; damage: (id: string) => string[] }>([
      { lost: 'everything', sender: 'that holds topics', opened: true, damage: () => ['flushall'] },
      { lost: 'the routes', sender: 'that holds topics', opened: true, damage: () => ['del', 'routes:0'] },
      { lost: 'the routes', sender: 'that only sends', opened: false, damage: () => ['del', 'routes:0'] },
      {
        lost: 'the lease',
        sender: 'that holds topics',
        opened: true,
        damage: (id) => ['del', `instance:${id}/0`],
      },
    ])('whose connections stay while Redis loses $lost', ({ lost, sender, opened, damage }) => {
      it(`loses nothing of a sender ${sender}, and is well within 5 seconds`, async () => {
        const [a, b] = [fanOut(), fanOut()];
        const [atA, atB] = [collect(a.fanOut), collect(b.fanOut)];
        const topics = Array.from({ length: 10 }, (_, n) => `at-b-${n}`);
        await Promise.all(topics.map((topic) => b.fanOut.join(topic)));
        if (opened) await a.fanOut.join('at-a');
        await raw(server.url, async (admin) => {
          let damagedAt = Number.POSITIVE_INFINITY;
          const name = `${b.redis.id}/${lost === 'the routes' ? 0 : 1}`;
          const healed = async () =>
            performance.now() > damagedAt && (await admin.hget('routes:0', 'at-b-0')) === name;
          /** Until routes are there again, and for 100 packets more. */
          const stream = async (from: RedisFanOut, to: string[]) => {
            const sent: Packet[] = [];
            const send = async () => {
              const packet = packetFor([to[sent.length % to.length] as string]);
              await insist(() => from.send(packet));
              sent.push(packet);
            };
            do {
              await send();
              expect(performance.now() - damagedAt).toBeLessThan(5_000);
            } while (!(await healed()));
            for (let n = 0; n < 100; n++) await send();
            return sent;
          };
          const streams = [stream(a.fanOut, topics), ...(opened ? [stream(b.fanOut, ['at-a'])] : [])];
          await vi.waitFor(() => expect(atB.length).toBeGreaterThan(100), patiently);
          const [command = '', ...args] = damage(b.redis.id);
          await admin.call(command, ...args);
          damagedAt = performance.now();
          const [toB, toA = []] = await Promise.all(streams);
          await vi.waitFor(() => expect([atB.length, atA.length]).toEqual([toB?.length, toA.length]));
          expect([atB, atA]).toEqual([toB, toA]);
        });
      });
    });

    it('refuses what went to a former name of an instance, for it may be reached under another', async () => {
      const [a, b] = [fanOut(), fanOut({ beatMs: 100 })];
      const atB = collect(b.fanOut);
      await b.fanOut.join('x');
      await raw(server.url, (admin) => admin.del(`instance:${b.redis.id}/0`));
      await vi.waitFor(async () => expect(await routeOf('x')).toBe(`${b.redis.id}/1`), patiently);
      await b.fanOut.loopback();
      // As if it had been read before the name changed.
      await raw(server.url, (admin) => admin.hset('routes:0', 'y', `${b.redis.id}/0`));
      await b.fanOut.join('y');
      const packet = packetFor(['y']);
      expect(isInstanceAway(await refusal(a.fanOut.send(packet)))).toBe(true);
      expect(await routeOf('y')).toBe(`${b.redis.id}/1`);
      await a.fanOut.send(packet);
      await vi.waitFor(() => expect(atB).toEqual([packet]));
      expect(await routeOf(`instance:${b.redis.id}`)).toBe(`${b.redis.id}/1`);
    });

    it('takes back later what could not be taken back while Redis was away', async () => {
      const b = fanOut();
      await Promise.all([b.fanOut.join('x'), b.fanOut.join('y')]);
      await server.stop();
      await vi.waitFor(() => expect(b.redis.ready).toBe(false));
      await b.fanOut.leave('x');
      await server.start();
      await vi.waitFor(async () => expect(await routeOf('x')).toBeNull(), patiently);
      expect(await routeOf('y')).toBe(`${b.redis.id}/0`);
    });

    it('loses nothing it accepted when the line to the mailbox is cut', async () => {
      const [a, b] = [fanOut(), fanOut()];
      const atB = collect(b.fanOut);
      await b.fanOut.join('x');
      const packets = Array.from({ length: 40 }, () => packetFor(['x']));
      let refused = 0;
      for (const [n, packet] of packets.entries()) {
        if (n % 10 === 5) await raw(server.url, (admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
        refused += await insist(() => a.fanOut.send(packet));
      }
      await vi.waitFor(() => expect(atB).toEqual(packets));
      expect(refused).toBeGreaterThan(0);
    });

    it('repeats to those that got a packet do no harm when another instance missed it', async () => {
      const [a, b, c] = [fanOut(), fanOut(), fanOut()];
      const [atB, atC] = [collect(b.fanOut), collect(c.fanOut)];
      await Promise.all([b.fanOut.join('x'), c.fanOut.join('x')]);
      const packet = packetFor(['x']);
      await raw(server.url, async (admin) => {
        const clients = (await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string;
        expect(clients.match(/^id=/gm)).toHaveLength(2);
        await admin.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(clients)?.[1] as string);
      });
      await insist(() => a.fanOut.send(packet));
      await vi.waitFor(() => expect([atB, atC]).toEqual([[packet], [packet]]));
      expect(b.fanOut.counters.repeated + c.fanOut.counters.repeated).toBeGreaterThan(0);
    });

    it('gives up an instance that died without closing: when it does not come back', async () => {
      const [a, dying] = [fanOut({ graceMs: 300 }), fanOut()];
      await dying.fanOut.join('x');
      expect(await routeOf(`instance:${dying.redis.id}`)).toBe(`${dying.redis.id}/0`);
      await dying.redis.close();
      expect(isInstanceAway(await refusal(a.fanOut.send(packetFor(['x']))))).toBe(true);
      await insist(() => a.fanOut.send(packetFor(['x'])));
      expect(await routeOf(`instance:${dying.redis.id}`)).toBeNull();
      await vi.waitFor(async () => expect(await routeOf('x')).toBeNull());
      await raw(server.url, async (admin) =>
        expect(await admin.keys(`instance:${dying.redis.id}*`)).toEqual([]),
      );
    });

    it('gives up an instance that died without closing: when its lease is over', async () => {
      const [a, dying] = [fanOut({ graceMs: 60_000 }), fanOut({ leaseMs: 300 })];
      await dying.fanOut.join('x');
      await dying.redis.close();
      await insist(() => a.fanOut.send(packetFor(['x'])));
      await vi.waitFor(async () => expect(await routeOf('x')).toBeNull());
    });

    it('lets an instance that was given up by mistake come back under a new name', async () => {
      const [a, b] = [fanOut(), fanOut({ beatMs: 100 })];
      const atB = collect(b.fanOut);
      await b.fanOut.join('x');
      await raw(server.url, (admin) => admin.del(`instance:${b.redis.id}/0`));
      await vi.waitFor(async () => expect(await routeOf('x')).toBe(`${b.redis.id}/1`), patiently);
      await b.fanOut.loopback();
      await a.fanOut.send(packetFor(['x']));
      await vi.waitFor(() => expect(atB).toHaveLength(1));
      const mailboxes = await raw(server.url, (admin) =>
        admin.pubsub('CHANNELS', `mailbox:{${b.redis.id}}*`),
      );
      expect(mailboxes).toEqual([`mailbox:{${b.redis.id}}:1`]);
    });

    it('is not there for a loopback while the mailbox is not', async () => {
      const b = fanOut();
      await b.fanOut.loopback();
      server.pause();
      try {
        expect(isUnavailable(await refusal(b.fanOut.loopback()))).toBe(true);
      } finally {
        server.resume();
      }
      await vi.waitFor(() => b.fanOut.loopback(), patiently);
    });

    it('closes in bounded time while Redis hangs', async () => {
      const redis = open(500);
      const instance = new RedisFanOut(redis, { log: quiet });
      await instance.join('x');
      server.pause();
      try {
        const started = performance.now();
        await instance.close();
        await redis.close();
        expect(performance.now() - started).toBeLessThan(3_000);
      } finally {
        server.resume();
      }
    });
  });

  function routeOf(topic: string): Promise<string | null> {
    return raw(server.url, (admin) => admin.hget('routes:0', topic));
  }
});
