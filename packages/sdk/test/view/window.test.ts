// A view holds a bounded part of a long chat, and can be scrolled through all of it, back and forth.
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { SyncWorld } from '../support/sync-world.ts';

/** A chat with so many messages, whose newest are held. */
async function longChat(count: number): Promise<SyncWorld> {
  const world = new SyncWorld();
  const { model } = world;
  model.fill(model.everyone[1] ?? '', count);
  await world.load();
  return world;
}

const seqs = ({ entry }: SyncWorld) => (entry.room.history?.messages ?? []).map(({ seq }) => seq);
/** Numbers without a hole. */
const isRow = (row: number[]) => row.every((seq, at) => at === 0 || seq === (row[at - 1] ?? 0) + 1);

describe('a long chat', () => {
  test('of 100,000 messages can be scrolled from end to end and back, with 600 held', {
    timeout: 60_000,
  }, async () => {
    const count = 100_000;
    const world = await longChat(count);
    const { store, entry } = world;
    let most = 0;
    const look = () => {
      const row = seqs(world);
      most = Math.max(most, row.length);
      expect(isRow(row)).toBe(true);
    };
    while (entry.room.history?.older) {
      await store.pager.older(entry, limits.historyPage.max);
      look();
    }
    expect(seqs(world)[0]).toBe(1);
    while (entry.room.history?.newer.length) {
      await store.pager.newer(entry);
      look();
    }
    expect(seqs(world).at(-1)).toBe(count);
    expect(most).toBe(600);
  });

  test('counts what is new while older messages are shown, and has it at the newest ones', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    while (entry.room.history?.older) await store.pager.older(entry, 100);
    const before = seqs(world);
    const unread = entry.room.chat?.unread_count ?? 0;
    for (let at = 0; at < 250; at++) model.send(model.everyone[1] ?? '', 'new');
    world.deliverAll();
    expect(seqs(world)).toEqual(before);
    expect(entry.room.chat?.unread_count).toBe(unread + 250);
    expect(entry.room.chat?.last_message?.message_id).toBe(model.messages.at(-1)?.message_id);
    while (entry.room.history?.newer.length) await store.pager.newer(entry);
    expect(isRow(seqs(world))).toBe(true);
    expect(seqs(world).at(-1)).toBe(1150);
    await world.settle();
    world.compare();
  });

  test('goes on where the first message of a page is there no more', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    while (entry.room.history?.older) await store.pager.older(entry, 100);
    const { newer = [] } = entry.room.history ?? {};
    expect(newer.length).toBeGreaterThan(2);
    model.deleteForMe(model.messages.findIndex(({ message_id }) => message_id === newer.at(-1)));
    world.deliverAll();
    while (entry.room.history?.newer.length) await store.pager.newer(entry);
    await world.settle();
    world.compare();
    expect(seqs(world)).toHaveLength(600);
  });

  test('is paged back until a message is there, also from older ones, or to its beginning', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    const [first, late] = [model.messages[3], model.messages[880]];
    expect(await store.pager.reach(entry, first?.message_id ?? '', undefined)).toBe(true);
    expect(seqs(world)).toContain(4);
    expect(await store.pager.reach(entry, late?.message_id ?? '', undefined)).toBe(true);
    expect(seqs(world)).toContain(881);
    expect(await store.pager.reach(entry, 'a0000000-0000-7000-8000-000000000000', undefined)).toBe(false);
    expect(seqs(world)[0]).toBe(1);
  });

  test('of which older messages are shown comes back with its newest ones', async () => {
    const world = await longChat(900);
    const { store, entry } = world;
    while (entry.room.history?.older) await store.pager.older(entry, 100);
    await store.pager.newest(entry);
    expect(seqs(world).at(-1)).toBe(900);
    world.compare();
  });
});
