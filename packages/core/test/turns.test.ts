import { expect, it } from 'vitest';
import { Turns } from '../src/lib/turns.ts';

it('runs what is about the same thing one after the other, also behind what failed, and the rest beside it', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, wait?: Promise<void>) => async () => {
    log.push(`${name} begins`);
    await wait;
    log.push(`${name} ends`);
    return name;
  };
  const first = turns.run('a', work('first', gate.promise));
  const failing = turns.run('a', async () => {
    log.push('fails');
    throw new Error('no');
  });
  const last = turns.run('a', work('last'));
  expect(await turns.run('b', work('other'))).toBe('other');
  expect(log).toEqual(['first begins', 'other begins', 'other ends']);
  gate.resolve();
  expect(await first).toBe('first');
  await expect(failing).rejects.toThrow('no');
  expect(await last).toBe('last');
  expect(log.slice(3)).toEqual(['first ends', 'fails', 'last begins', 'last ends']);
});
