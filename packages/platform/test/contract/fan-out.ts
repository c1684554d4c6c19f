import type { FanOut, Packet } from '@parley/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let made = 0;

/** A packet with an id of its own. */
export function packetFor(topics: string[], parts: Partial<Packet> = {}): Packet {
  return {
    id: `packet-${made++}`,
    topics,
    except: null,
    event: 'message.new',
    data: '{"text":"hé\\n"}',
    ...parts,
  };
}

/** Collects what an instance gets. */
export function collect(fanOut: FanOut): Packet[] {
  const packets: Packet[] = [];
  fanOut.subscribe((packet) => packets.push(packet));
  return packets;
}

export interface FanOutInstances {
  readonly instances: readonly FanOut[];
  close(): Promise<void>;
}

/** What every fan-out does, even where there is but one instance. */
export function fanOutContract(name: string, make: () => Promise<FanOutInstances>): void {
  describe(`fan-out (${name})`, () => {
    it('takes what it is given, and brings nothing back to the sender', async () => {
      const engine = await make();
      const [here] = engine.instances as [FanOut];
      const packets = collect(here);
      await here.join('a');
      await here.join('a');
      await here.send(packetFor(['a', 'b']));
      await here.send(packetFor([]));
      await here.loopback();
      await here.leave('a');
      await here.leave('a');
      expect(packets).toEqual([]);
      await engine.close();
    });
  });
}

/** What a fan-out does between instances; `make` gives three of them. */
export function fanOutBetweenInstances(name: string, make: () => Promise<FanOutInstances>): void {
  describe(`fan-out between instances (${name})`, () => {
    let engine: FanOutInstances;
    let [one, two, three]: FanOut[] = [];
    beforeEach(async () => {
      engine = await make();
      [one, two, three] = engine.instances;
    });
    afterEach(() => engine.close());
    const all = () => [one, two, three] as [FanOut, FanOut, FanOut];

    it('brings a packet to each instance that holds one of its topics, once, with the topics it holds', async () => {
      const [a, b, c] = all();
      const [atB, atC] = [collect(b), collect(c)];
      await Promise.all([b.join('x'), b.join('y'), c.join('y'), c.join('z')]);
      const packet = packetFor(['w', 'x', 'y'], { except: 'connection-1' });
      await a.send(packet);
      await vi.waitFor(() => expect([atB.length, atC.length]).toEqual([1, 1]));
      expect(atB).toEqual([{ ...packet, topics: ['x', 'y'] }]);
      expect(atC).toEqual([{ ...packet, topics: ['y'] }]);
    });

    it('brings whatever is sent once join has resolved', async () => {
      const [a, b] = all();
      const atB = collect(b);
      for (let n = 0; n < 20; n++) {
        await b.join(`topic-${n}`);
        await a.send(packetFor([`topic-${n}`]));
      }
      await vi.waitFor(() =>
        expect(atB.map(({ topics }) => topics[0])).toEqual(range(20).map((n) => `topic-${n}`)),
      );
    });

    it('brings nothing for topics that were left', async () => {
      const [a, b] = all();
      const atB = collect(b);
      await Promise.all([b.join('x'), b.join('y')]);
      await b.leave('x');
      await a.send(packetFor(['x']));
      await a.send(packetFor(['y']));
      await vi.waitFor(() => expect(atB).toHaveLength(1));
      expect(atB[0]?.topics).toEqual(['y']);
    });

    it('keeps the last word when join and leave follow each other', async () => {
      const [a, b] = all();
      const atB = collect(b);
      const words: Promise<void>[] = [];
      for (let n = 0; n < 50; n++) words.push(b.join('in'), b.leave('in'), b.join('out'), b.leave('out'));
      words.push(b.join('in'));
      await Promise.all(words);
      await a.send(packetFor(['out']));
      await a.send(packetFor(['in']));
      await vi.waitFor(() => expect(atB.map(({ topics }) => topics)).toEqual([['in']]));
    });

    it('keeps the order of one sender', async () => {
      const [a, b] = all();
      const atB = collect(b);
      await Promise.all(range(10).map((n) => b.join(`t${n}`)));
      const packets = range(2_000).map((n) => packetFor([`t${n % 10}`], { data: String(n) }));
      await Promise.all(packets.map((packet) => a.send(packet)));
      await vi.waitFor(() => expect(atB).toHaveLength(2_000), { timeout: 10_000 });
      expect(atB.map(({ data }) => data)).toEqual(packets.map(({ data }) => data));
    });

    it('drops a repeat, but not where packets have no id', async () => {
      const [a, b, c] = all();
      const atC = collect(c);
      await c.join('x');
      const packet = packetFor(['x']);
      for (const sender of [a, a, b]) await sender.send(packet);
      for (const sender of [a, b]) await sender.send({ ...packet, id: null });
      await vi.waitFor(() => expect(atC.map(({ id }) => id)).toEqual([packet.id, null, null]));
    });

    it('carries packets of any size for any topics', async () => {
      const [a, b] = all();
      const atB = collect(b);
      const topics = range(600).map((n) => `${n} "ü" \u0001\u001e`);
      await Promise.all(topics.map((topic) => b.join(topic)));
      const packets = range(6).map((n) =>
        packetFor(topics, { data: JSON.stringify(`${n}`.repeat(400_000)) }),
      );
      await Promise.all(packets.map((packet) => a.send(packet)));
      await vi.waitFor(() => expect(atB).toHaveLength(6), { timeout: 10_000 });
      expect(atB).toEqual(packets);
    });

    it('comes back from a loopback', async () => {
      await Promise.all(all().map((fanOut) => fanOut.loopback()));
    });

    it('does not hold up the others when a handler throws', async () => {
      const [a, b] = all();
      await b.join('x');
      b.subscribe(() => {
        throw new Error('a handler that fails');
      });
      const atB = collect(b);
      await a.send(packetFor(['x']));
      await a.send(packetFor(['x']));
      await vi.waitFor(() => expect(atB).toHaveLength(2));
    });
  });
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n);
