/** Sync by random histories: clients that know nothing but its answers end with what the server says (design rules 3 and 4). */
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import type { SyncClient } from '../support/sync-client.ts';
import { SyncWorld, step } from '../support/sync-world.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const distributed = inject('engines') === 'distributed';
/** The same histories each time, so that a failure is one's own change; others with SYNC_SEED. */
const seed = Number(process.env.SYNC_SEED ?? 20_261_122);

/** Between two things that happen, some client asks for some pages. */
const move = fc.record({
  step,
  client: fc.nat(3),
  pages: fc.nat(2),
  limit: fc.constantFrom(1, 2, 3, 5, 8, 13, 40, 200),
  twice: fc.boolean(),
  alone: fc.boolean(),
});

it('clients end with what the server says, wherever their pages ended', { timeout: 240_000 }, async () => {
  const history = fc.array(move, { minLength: 70, maxLength: 110 });
  await fc.assert(
    fc.asyncProperty(history, async (moves) => {
      const world = await SyncWorld.make(parley);
      const clients = world.people.map((_, who) => world.client(who));
      for (const { step, client: who, pages, limit, twice, alone } of moves) {
        await world.act(step);
        const client = clients[who] as SyncClient;
        const only = alone ? [...client.chats.keys()].slice(0, 1) : undefined;
        for (let n = 0; n < pages; n++) {
          // Naming only some leaves the others as they were: only then are they asked for as if they were new.
          if (!(await client.page(limit, { twice, ...(only && { only }) }))) break;
        }
      }
      await Promise.all(
        clients.map(async (client, who) => {
          await client.all(() => 7);
          await world.check(who, client, `client ${who}`);
          const fresh = world.client(who);
          await fresh.all(() => 3 + who * 50);
          await world.check(who, fresh, `fresh client ${who}`);
        }),
      );
    }),
    { numRuns: distributed ? 1 : 6, endOnFailure: true, seed },
  );
});

it('loses nothing that is committed while it reads', { timeout: 120_000 }, async () => {
  const world = await SyncWorld.make(parley);
  const steps = fc.sample(step, { numRuns: distributed ? 120 : 500, seed });
  const lanes = [0, 1, 2, 3].map((lane) => steps.filter((_, index) => index % 4 === lane));
  let writing = true;
  const writers = Promise.all(
    lanes.map(async (own) => {
      for (const each of own) await world.act(each);
    }),
  ).finally(() => {
    writing = false;
  });
  const clients = world.people.map((_, who) => world.client(who));
  const readers = clients.map(async (client, who) => {
    for (let page = 0; writing; page++) {
      await client.page([1, 4, 30, 200][(page + who) % 4] as number);
      await pause(1);
    }
  });
  await Promise.all([writers, ...readers]);
  await parley.settled();
  for (const [who, client] of clients.entries()) {
    await client.all(() => 50);
    await world.check(who, client, `client ${who}`);
  }
  expect(clients.some((client) => client.chats.size > 3)).toBe(true);
});
