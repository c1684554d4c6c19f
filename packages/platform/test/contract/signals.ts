import type { Signal, Signals } from '@parley/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Instances } from './harness.ts';

/** What every engine of signals does. */
export function signalsContract(name: string, make: () => Promise<Instances<Signals>>): void {
  describe(`signals (${name})`, () => {
    let engine: Instances<Signals>;
    beforeEach(async () => {
      engine = await make();
    });
    afterEach(() => engine.close());

    const kick = (id: string): Signal => ({ kind: 'kick', session_ids: [id] });

    it('reach handlers here at once, and once', async () => {
      const heard: Signal[] = [];
      engine.both[0].subscribe((signal) => heard.push(signal));
      engine.both[0].send(kick('1'));
      expect(heard).toEqual([kick('1')]);
      // A signal from the other side shows that an echo of the first would have been here by now.
      engine.both[1].send(kick('2'));
      await vi.waitFor(() => expect(heard).toEqual([kick('1'), kick('2')]));
    });

    it('reach every instance', async () => {
      const heard: Signal[] = [];
      engine.both[1].subscribe((signal) => heard.push(signal));
      const signals = Array.from({ length: 100 }, (_, n) => kick(String(n)));
      for (const signal of signals) engine.both[0].send(signal);
      await vi.waitFor(() => expect(heard).toHaveLength(100));
      expect(heard).toEqual(expect.arrayContaining(signals));
    });

    it('do not reach who is no longer subscribed', async () => {
      const [gone, there]: [Signal[], Signal[]] = [[], []];
      const stop = engine.both[1].subscribe((signal) => gone.push(signal));
      engine.both[1].subscribe((signal) => there.push(signal));
      stop();
      engine.both[0].send(kick('1'));
      await vi.waitFor(() => expect(there).toHaveLength(1));
      expect(gone).toEqual([]);
    });

    it('reach the other handlers when one throws', async () => {
      const heard: Signal[] = [];
      engine.both[1].subscribe(() => {
        throw new Error('a handler that fails');
      });
      engine.both[1].subscribe((signal) => heard.push(signal));
      engine.both[0].send(kick('1'));
      await vi.waitFor(() => expect(heard).toHaveLength(1));
    });
  });
}
