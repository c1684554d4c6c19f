/** What a process remembers of chats' counters, and for how long. */
import { expect, it } from 'vitest';
import { HeadCache } from '../src/mongo/head-cache.ts';

it('remembers a head while it is used, and not for long without', () => {
  let now = 0;
  const cache = new HeadCache(() => now);
  expect(cache.take('a')).toBeUndefined();
  cache.put('a', { seq: 3, version: 4, tally: 0 });
  now += 1_900;
  expect(cache.take('a')).toEqual({ seq: 3, version: 4, tally: 0 });
  now += 1_900;
  expect(cache.take('a')).toEqual({ seq: 3, version: 4, tally: 0 });
  now += 2_001;
  expect(cache.take('a')).toBeUndefined();
});

it('has a busy process look at the store now and then, so that others get their turn', () => {
  const cache = new HeadCache(() => 0);
  cache.put('a', { seq: 1, version: 1, tally: 0 });
  let uses = 0;
  for (; cache.take('a'); uses++) cache.put('a', { seq: uses + 2, version: uses + 2, tally: 0 });
  expect(uses).toBe(16);
});

it('never goes back, and forgets what it is told to', () => {
  const cache = new HeadCache(() => 0);
  cache.put('a', { seq: 5, version: 5, tally: 0 });
  cache.put('a', { seq: 4, version: 4, tally: 0 });
  expect(cache.take('a')).toEqual({ seq: 5, version: 5, tally: 0 });
  cache.forget(['a', 'b']);
  expect(cache.take('a')).toBeUndefined();
});

it('keeps the chats that were used last when there are too many', () => {
  const cache = new HeadCache(() => 0);
  cache.put('old', { seq: 1, version: 1, tally: 0 });
  cache.put('used', { seq: 1, version: 1, tally: 0 });
  for (let n = 0; n < 9_999; n++) {
    cache.put(String(n), { seq: 1, version: 1, tally: 0 });
    if (n === 0) cache.take('used');
  }
  expect(cache.take('old')).toBeUndefined();
  expect(cache.take('used')).toBeDefined();
});
