import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Batcher, BatchLoader } from '../src/index.ts';

describe('Batcher', () => {
  it('shares one batch among what one turn adds, and gathers the rest while it runs', async () => {
    const batches: number[][] = [];
    let release = () => {};
    const batcher = new Batcher<number, number>({
      maxSize: 3,
      async run(items) {
        batches.push(items);
        if (batches.length === 1) await new Promise<void>((resolve) => (release = resolve));
        return items.map((item) => item * 2);
      },
      isolate: () => true,
    });
    const first = [batcher.add(1), batcher.add(2)];
    await tick();
    const later = [3, 4, 5, 6].map((item) => batcher.add(item));
    release();
    expect(await Promise.all([...first, ...later])).toEqual([2, 4, 6, 8, 10, 12]);
    expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
    await batcher.settled();
    expect(batcher.busy).toBe(false);
  });

  it('never lets one bad item fail its neighbours', async () => {
    const batcher = new Batcher<number, number>({
      maxSize: 10,
      async run(items) {
        if (items.includes(13)) throw new Error('unlucky');
        return items;
      },
      isolate: () => true,
    });
    const results = await Promise.allSettled([1, 13, 2].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails all at once where trying alone makes no sense', async () => {
    let runs = 0;
    const batcher = new Batcher<number, number>({
      maxSize: 10,
      async run() {
        runs++;
        throw new Error('the store is down');
      },
      isolate: () => false,
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(runs).toBe(1);
  });

  it('tells those who wait as well that the store is down, and goes on with the next', async () => {
    let fail = (_: Error) => {};
    let runs = 0;
    const batcher = new Batcher<number, number>({
      maxSize: 10,
      async run(items) {
        if (++runs === 1) await new Promise((_, reject) => (fail = reject));
        return items;
      },
      isolate: () => false,
    });
    const first = batcher.add(1).catch((error: Error) => error.message);
    await tick();
    const waiting = batcher.add(2).catch((error: Error) => error.message);
    fail(new Error('down'));
    expect(await Promise.all([first, waiting])).toEqual(['down', 'down']);
    expect(await batcher.add(3)).toBe(3);
    await batcher.settled();
  });

  it('rejects only the items whose result is an error', async () => {
    const batcher = new Batcher<number, number>({
      maxSize: 10,
      run: async (items) => items.map((item) => (item === 2 ? new Error('no') : item)),
      isolate: () => true,
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('BatchLoader', () => {
  it('asks for equal keys once and remembers nothing', async () => {
    const asked: string[][] = [];
    const loader = new BatchLoader<string, string>(async (keys) => {
      asked.push(keys);
      return new Map(keys.filter((key) => key !== 'none').map((key) => [key, `${key}!`]));
    });
    expect(await Promise.all(['a', 'b', 'a', 'none'].map((key) => loader.load(key)))).toEqual([
      'a!',
      'b!',
      'a!',
      undefined,
    ]);
    await loader.load('a');
    expect(asked).toEqual([['a', 'b', 'none'], ['a']]);
  });
});
