import type { KeyValue } from '@parley/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instances } from './harness.ts';

/** What every key-value engine does. */
export function keyValueContract(name: string, make: () => Promise<Instances<KeyValue>>): void {
  describe(`key-value (${name})`, () => {
    let engine: Instances<KeyValue>;
    beforeEach(async () => {
      engine = await make();
    });
    afterEach(() => engine.close());

    it('keeps a value for all until its time is over', async () => {
      const [one, other] = engine.both;
      await one.set('a', 'wörter\r\n', 10);
      await engine.pass(9_000);
      expect(await other.get('a')).toBe('wörter\r\n');
      await engine.pass(1_001);
      expect(await one.get('a')).toBeNull();
      expect(await one.delete('a')).toBe(false);
    });

    it('replaces a value and its time', async () => {
      const [one, other] = engine.both;
      await one.set('a', '1', 10);
      await other.set('a', '2', 100);
      await engine.pass(50_000);
      expect(await one.get('a')).toBe('2');
    });

    it('deletes, and says whether there was something', async () => {
      const [one, other] = engine.both;
      await one.set('a', '1', 10);
      expect([await other.delete('a'), await one.delete('a')]).toEqual([true, false]);
    });

    it('deletes only the value that was meant', async () => {
      const [one] = engine.both;
      await one.set('a', '1', 10);
      expect(await one.deleteIfEquals('a', '2')).toBe(false);
      expect(await one.get('a')).toBe('1');
      expect(await one.deleteIfEquals('b', '1')).toBe(false);
    });

    it('lets one of fifty win that delete the same value at once', async () => {
      await engine.both[0].set('a', '1', 10);
      const tries = Array.from({ length: 50 }, (_, n) =>
        engine.both[n % 2 === 0 ? 0 : 1].deleteIfEquals('a', '1'),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });
  });
}
