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
    while (entry.room.history?.newer) {
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
    await world.toEnd();
    expect(isRow(seqs(world))).toBe(true);
    expect(seqs(world).at(-1)).toBe(1150);
    await world.settle();
    world.compare();
  });

  test('goes on where the last message that was held is there no more', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    while (entry.room.history?.older) await store.pager.older(entry, 100);
    expect(seqs(world).at(-1)).toBe(600);
    for (const seq of [600, 601, 650]) model.deleteForMe(seq - 1);
    world.deliverAll();
    expect(seqs(world).at(-1)).toBe(599);
    await world.toEnd();
    await world.settle();
    world.compare();
    expect(seqs(world)).toHaveLength(600);
  });

  test('is left for a message far back, or for a newer one, with two pages', async () => {
    const world = await longChat(50_000);
    const { model, store, entry } = world;
    for (const at of [20_000, 3, 40_000, 49_990]) {
      const { message_id = '', seq = 0 } = model.messages[at] ?? {};
      world.pages = 0;
      expect(await store.pager.reach(entry, message_id, undefined)).toBe(true);
      expect(world.pages).toBeLessThanOrEqual(3);
      const row = seqs(world);
      expect(isRow(row)).toBe(true);
      // There is something to read on both sides, where there is something.
      expect(row.indexOf(seq)).toBeGreaterThanOrEqual(Math.min(at, 49));
      expect(row.length - row.indexOf(seq)).toBeGreaterThan(Math.min(50_000 - at - 1, 49));
    }
    await world.toEnd();
    expect(seqs(world).at(-1)).toBe(50_000);
    world.compare();
  });

  test('has what comes while it goes to another place', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    const { message_id = '' } = model.messages[700] ?? {};
    await store.pager.newest(entry);
    let reached: boolean | undefined;
    void world.goTo(message_id).then((result) => {
      reached = result;
    });
    // With every page that comes.
    while (reached === undefined) {
      model.send(model.everyone[1] ?? '', 'meanwhile');
      world.deliverAll();
      world.answer(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reached).toBe(true);
    expect(seqs(world)).toContain(701);
    await world.settle();
    await world.toEnd();
    await world.settle();
    expect(seqs(world).at(-1)).toBe(model.head);
    expect(model.head).toBeGreaterThan(902);
    world.compare();
  });

  test('goes to a message that is older or newer, and stays where there is no such message', async () => {
    const world = await longChat(900);
    const { model, store, entry } = world;
    const [first, late] = [model.messages[3], model.messages[880]];
    expect(await store.pager.reach(entry, first?.message_id ?? '', undefined)).toBe(true);
    expect(seqs(world)).toContain(4);
    expect(await store.pager.reach(entry, late?.message_id ?? '', undefined)).toBe(true);
    expect(seqs(world)).toContain(881);
    expect(await store.pager.reach(entry, 'a0000000-0000-7000-8000-000000000000', undefined)).toBe(false);
    expect(seqs(world)).toContain(881);
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
