import { describe, expect, it } from 'vitest';
import { ChatCache, type ChatRecord, unavailable } from '../src/index.ts';

function world() {
  const state = { now: 0, loads: 0, away: false, known: true, hang: null as Promise<void> | null };
  const chat = { chat_id: 'c', members: new Map() } as unknown as ChatRecord;
  const cache = new ChatCache(
    {
      async find() {
        state.loads++;
        await state.hang;
        if (state.away) throw unavailable('The store', null);
        return new Map(state.known ? [['c', chat]] : []);
      },
    },
    { now: () => state.now },
  );
  return { state, chat, cache };
}

describe('the cache of chats', () => {
  it('asks again after three seconds, and forgets a chat that is gone', async () => {
    const { state, chat, cache } = world();
    expect(await cache.get('c')).toBe(chat);
    state.now = 2_999;
    expect(await cache.get('c')).toBe(chat);
    expect(cache.peek('c')).toBe(chat);
    expect(state.loads).toBe(1);
    state.now = 3_000;
    expect(cache.peek('c')).toBeUndefined();
    state.known = false;
    expect(await cache.get('c')).toBeUndefined();
    state.away = true;
    await expect(cache.get('c')).rejects.toThrow();
  });

  it('goes on with what it knows while the store is away, for a minute', async () => {
    const { state, chat, cache } = world();
    await cache.get('c');
    state.away = true;
    state.now = 59_999;
    expect(await cache.get('c')).toBe(chat);
    state.now = 60_000;
    await expect(cache.get('c')).rejects.toThrow('not available');
    await expect(cache.fresh('c')).rejects.toThrow('not available');
    state.away = false;
    expect(await cache.get('c')).toBe(chat);
  });

  it('makes nobody wait for a store that is known to be away, and notices its return', async () => {
    const { state, chat, cache } = world();
    await cache.get('c');
    state.away = true;
    state.now = 5_000;
    await cache.get('c');
    const hanging = Promise.withResolvers<void>();
    state.hang = hanging.promise;
    expect(await cache.get('c')).toBe(chat);
    state.away = false;
    hanging.resolve();
    await cache.fresh('c');
    expect(cache.peek('c')).toBe(chat);
  });

  it('waits for a store again a second after it was away', async () => {
    const { state, cache } = world();
    await cache.get('c');
    state.away = true;
    state.now = 5_000;
    await cache.get('c');
    state.away = false;
    state.known = false;
    state.now = 6_000;
    expect(await cache.get('c')).toBeUndefined();
  });

  it('is not told old news by a look-up that began before an invalidation', async () => {
    const { state, cache } = world();
    const hanging = Promise.withResolvers<void>();
    state.hang = hanging.promise;
    const looking = cache.get('c');
    cache.invalidate('c');
    hanging.resolve();
    await looking;
    expect(cache.peek('c')).toBeUndefined();
  });

  it('trusts nothing that was invalidated', async () => {
    const { state, cache } = world();
    await cache.get('c');
    cache.invalidate('c');
    state.away = true;
    await expect(cache.get('c')).rejects.toThrow('not available');
  });
});
