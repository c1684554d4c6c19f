/**
 * Events and state converge: after every step of a random conversation of eight people with two devices each, what each device has
 * folded from its events is what it gets when it fetches everything anew, and unread counts are what a naive recount finds.
 */
import type { ChatSummary, InputOf } from '@parley/contract';
import type { ParleyClient } from '@parley/sdk';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { person, secondDevice } from '../support/sdk.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

interface Someone {
  id: string;
  name: string;
  devices: (ParleyClient & { id: string })[];
}

interface World {
  people: Someone[];
  chats: string[];
}

type Step = { who: number; chat: number; other: number; at: number; kind: (typeof kinds)[number] };

/** What people do, more often what they do more often. */
const kinds = [
  ...([
    'say',
    'say',
    'say',
    'say',
    'reply',
    'read',
    'read',
    'deliver',
    'react',
    'react',
    'unreact',
    'edit',
  ] as const),
  ...([
    'delete',
    'hide',
    'star',
    'unstar',
    'forward',
    'add',
    'add',
    'remove',
    'leave',
    'promote',
    'demote',
  ] as const),
  ...(['rename', 'mute', 'pin', 'block', 'unblock', 'private', 'public', 'timer'] as const),
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(7),
  chat: fc.nat(2),
  other: fc.nat(7),
  at: fc.nat(20),
  kind: fc.constantFrom(...kinds),
});

/** Does one step with the person's first or second device; what may not be done is refused, and nothing has happened then. */
async function act(world: World, { who, chat, other, at, kind }: Step): Promise<void> {
  const actor = world.people[who] as Someone;
  const client = actor.devices[at % 2] as ParleyClient;
  const chat_id = world.chats[chat] as string;
  const target = (world.people[other] as Someone).id;
  const seen = (await client.messages.list({ chat_id, limit: 20 }).catch(() => ({ messages: [] }))).messages;
  const message = seen[at % Math.max(1, seen.length)];
  const id = message?.message_id ?? crypto.randomUUID();
  const text = (body: string, more: object = {}): InputOf<'messages.send'> => ({
    chat_id,
    client_msg_id: crypto.randomUUID(),
    type: 'text',
    payload: { body },
    ...more,
  });
  const doing: Record<Step['kind'], () => Promise<unknown>> = {
    say: () => client.realtime.send(text(`${actor.name} says ${at}`)),
    reply: () => client.messages.send(text(`re ${at}`, { reply_to_message_id: id })),
    read: () => client.messages.markRead({ chat_id, up_to_message_id: id }),
    deliver: () => client.realtime.delivered(seen.map((each) => each.message_id)),
    react: () => client.messages.react({ id, emoji: ['👍', '❤️', '😂'][at % 3] as string }),
    unreact: () => client.messages.unreact({ id }),
    edit: () => client.messages.edit({ id, payload: { body: `edited ${at}` } }),
    delete: () => client.messages.delete({ id, for: 'everyone' }),
    hide: () => client.messages.delete({ id }),
    star: () => client.messages.star({ id }),
    unstar: () => client.messages.unstar({ id }),
    forward: () => client.messages.forward({ id, target_chat_ids: [...world.chats] }),
    add: () => client.chats.addParticipants({ id: chat_id, user_ids: [target] }),
    remove: () => client.chats.removeParticipant({ id: chat_id, user_id: target }),
    leave: () => client.chats.removeParticipant({ id: chat_id, user_id: actor.id }),
    promote: () => client.chats.setRole({ id: chat_id, user_id: target, role: 'admin' }),
    demote: () => client.chats.setRole({ id: chat_id, user_id: target, role: 'member' }),
    rename: () => client.chats.update({ id: chat_id, name: `name ${at}`, is_admin_only: at % 7 === 0 }),
    mute: () => client.chats.mute({ id: chat_id, is_muted: at % 2 === 0 }),
    pin: () => client.chats.pin({ id: chat_id, is_pinned: at % 3 !== 0 }),
    block: () => client.users.block({ id: target }),
    unblock: () => client.users.unblock({ id: target }),
    private: () => client.users.updatePrivacy({ read_receipts: false }),
    public: () => client.users.updatePrivacy({ read_receipts: true }),
    timer: () => client.chats.setDisappearing({ id: chat_id, auto_delete_seconds: at % 2 ? 86_400 : 0 }),
  };
  await doing[kind]().catch((error: { code?: string }) => {
    // Refusals belong to it; anything else does not.
    if (!allowed.has(error.code ?? '')) throw error;
  });
}

const allowed = new Set([
  'NOT_FOUND',
  'CHAT_NOT_FOUND',
  'NOT_CHAT_MEMBER',
  'NOT_ADMIN',
  'FORBIDDEN',
  'USER_BLOCKED',
  'LAST_ADMIN',
  'BAD_REQUEST',
]);

/** Everything that was on its way to this device has arrived and is folded. */
async function caughtUp(client: ParleyClient): Promise<void> {
  // Answered in the order of the frames before it.
  await client.realtime.unsubscribePresence([crypto.randomUUID()]);
  await client.realtime.subscribePresence([client.session ?? '']);
  await client.realtime.unsubscribePresence([client.session ?? '']);
  await client.settled();
}

/** Long after the last frame can have come; what is wrong then stays so. */
const patience = { timeout: 15_000, interval: 100 };

const byId = (a: { user_id: string }, b: { user_id: string }) => (a.user_id < b.user_id ? -1 : 1);

/** Holds what a device shows against what the server says. */
async function check(client: ParleyClient, chats: readonly string[], what: string): Promise<void> {
  await caughtUp(client);
  const listed = await client.chats.list({ limit: 100 });
  // Positions of others raise state_version too, and are told only to those whose messages they passed.
  const shown = (chats: readonly ChatSummary[]) => chats.map(({ state_version: _, ...rest }) => rest);
  expect(shown(client.chats.all), `${what}: the list`).toEqual(shown(listed.chats));
  for (const chat_id of chats) {
    const view = client.messages(chat_id);
    const summary = listed.chats.find((each) => each.chat_id === chat_id);
    if (!summary) {
      expect(view.all, `${what}: a chat that is not the user's`).toEqual([]);
      continue;
    }
    const fresh = (await client.messages.list({ chat_id, limit: 100 })).messages.toReversed();
    expect(view.all, `${what}: messages`).toEqual(fresh);
    const chat = await client.chats.get({ id: chat_id });
    expect([...view.participants].sort(byId), `${what}: participants`).toEqual(
      [...chat.participants].sort(byId),
    );
    const me = client.session;
    const naive = fresh.filter(
      (each) => each.sender_id !== me && !each.is_deleted && each.type !== 'system' && each.status !== 'read',
    );
    expect(summary.unread_count, `${what}: unread`).toBe(naive.length);
  }
}

async function newWorld(): Promise<World> {
  const names = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn', 'gina', 'hugo'];
  const people = await Promise.all(
    names.map(async (name): Promise<Someone> => {
      const first = await person(parley.url, name);
      return { id: first.id, name, devices: [first, await secondDevice(parley.url, first)] };
    }),
  );
  const [ada, ben, cleo, dan] = people as [Someone, Someone, Someone, Someone];
  const client = ada.devices[0] as ParleyClient;
  const group = async (name: string, others: Someone[]) =>
    (await client.chats.create({ type: 'group', name, participant_ids: others.map((each) => each.id) }))
      .chat_id;
  const direct = await client.chats.create({ type: 'direct', participant_id: ben.id });
  const chats = [await group('one', [ben, cleo, dan]), await group('two', people.slice(1)), direct.chat_id];
  const devices = people.flatMap((each) => each.devices);
  await parley.settled();
  await Promise.all(
    devices.map(async (device) => {
      await device.realtime.connect();
      await device.chats.load();
      for (const chat of device.chats.all) await device.messages(chat.chat_id).load();
    }),
  );
  return { people, chats };
}

it('what devices fold from events is what they fetch, after every step', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 40 }), async (steps) => {
      const world = await newWorld();
      const devices = world.people.flatMap((each) =>
        each.devices.map((device) => ({ device, name: each.name })),
      );
      try {
        for (const [index, each] of steps.entries()) {
          await act(world, each);
          await parley.settled();
          // Chats that came new are opened like the others.
          for (const { device } of devices) {
            await caughtUp(device);
            for (const { chat_id } of device.chats.all) await device.messages(chat_id).load();
          }
          await Promise.all(
            devices.map(({ device, name }) => {
              const what = `step ${index} ${JSON.stringify(each)}, ${name}`;
              // In a cluster a frame may still be on its way from one instance to another.
              return vi.waitFor(() => check(device, world.chats, what), patience);
            }),
          );
        }
      } finally {
        await Promise.all(devices.map(({ device }) => device.close()));
      }
    }),
    // The same conversations each time, so that a failure is one's own change; others with CONVERGENCE_SEED. Shrinking would take hours.
    { numRuns: 2, endOnFailure: true, seed: Number(process.env.CONVERGENCE_SEED ?? 20_261_121) },
  );
});
