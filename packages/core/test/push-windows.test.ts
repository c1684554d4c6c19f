/** Windows of groups: what gathers, what is left of it when they are over, and who pushes it. */
import type { BusEvent } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { pushMessage } from '../src/push/message.ts';
import { pushLeaseMs, takePushWindows } from '../src/push/windows.ts';
import { PushWorld } from './support/fake-push.ts';
import { flushPushWindows } from './support/flush.ts';
import { codeOf } from './support/world.ts';

const windowMs = 3_000;

async function group() {
  const world = new PushWorld();
  const [ann, ben, cem] = [world.user('Ann'), world.user('Ben'), world.user('Cem')];
  const chat = world.chat('group', [ann, ben, cem]);
  await world.device(ben, 'ben');
  await world.device(cem, 'cem');
  world.online.add(cem);
  return { world, ann, ben, cem, chat };
}

/** Messages one after the other, decided at once. */
async function said({ world, ann, chat }: Awaited<ReturnType<typeof group>>, count: number) {
  const events: BusEvent<'msg.new'>[] = [];
  for (let n = 0; n < count; n++) {
    const event = world.message(chat, ann, { payload: { body: `text ${n + 1}` } });
    await pushMessage(world.core, event);
    events.push(event);
  }
  return events;
}

const idOf = (event: BusEvent<'msg.new'> | undefined) => event?.payload.message.message_id ?? '';

describe('a window', () => {
  it('ends three seconds after its first message, and is one push', async () => {
    const it = await group();
    const { world, ann, ben } = it;
    const [first] = await said(it, 1);
    world.now += windowMs - 1;
    const [last] = await said(it, 1);
    expect(await flushPushWindows(world.core, 10)).toBe(0);
    expect([first, last].map((event) => event && world.why(event, ben))).toEqual(['gathering', 'gathering']);
    world.now += 1;
    expect(await flushPushWindows(world.core, 10)).toBe(1);
    expect(world.taken()).toEqual([
      expect.objectContaining({
        type: 'new_message',
        chat_type: 'group',
        chat_name: 'Lake',
        message_id: idOf(last),
        sender_id: ann,
        sender_name: 'Ann',
        message_preview: '2 new messages',
        message_count: '2',
        message_type: 'text',
        timestamp: String(world.now - 1),
      }),
    ]);
    expect([first, last].map((event) => event && world.why(event, ben))).toEqual(['collapsed', 'sent']);
    expect(await flushPushWindows(world.core, 10)).toBe(0);
    expect(world.ledger.windows).toEqual([]);
  });

  it('with one message is pushed like a message alone', async () => {
    const it = await group();
    await said(it, 1);
    it.world.now += windowMs;
    await flushPushWindows(it.world.core, 10);
    expect(it.world.taken()).toMatchObject([{ message_preview: 'text 1', message_count: '1' }]);
  });

  it('counts more messages than it lists', async () => {
    const it = await group();
    await said(it, 130);
    it.world.now += windowMs;
    await flushPushWindows(it.world.core, 10);
    expect(it.world.taken()).toMatchObject([{ message_preview: '130 new messages' }]);
  });

  it('is not opened for who has no device', async () => {
    const it = await group();
    const { world, ben } = it;
    world.devices.all.splice(0);
    const [event] = await said(it, 1);
    expect(event && world.why(event, ben)).toBe('no_device');
    expect(world.ledger.windows).toEqual([]);
  });

  it('of all recipients of a chat costs the same few calls', async () => {
    const world = new PushWorld();
    const ann = world.user('Ann');
    const others = Array.from({ length: 50 }, (_, n) => world.user(`user ${n}`));
    for (const id of others) await world.device(id);
    const chat = world.chat('group', [ann, ...others]);
    await pushMessage(world.core, world.message(chat, ann));
    world.now += windowMs;
    world.calls.splice(0);
    await flushPushWindows(world.core, 50);
    expect(world.pushes).toHaveLength(50);
    const reads = world.calls.filter((call) => !/pushes.send|pushLedger.shown/.test(call)).sort();
    expect(reads).toEqual([
      'chats.find',
      'chats.mutedBy',
      'devices.of',
      'messages.byIds',
      'presence.online',
      'privacy.relations',
      'pushLedger.claim',
      'pushLedger.close',
      'pushLedger.note',
      'pushLedger.take',
      'users.findMany',
    ]);
  });
});

describe('when a window is over', () => {
  it('who connected meanwhile is not pushed to', async () => {
    const it = await group();
    const { world, ben } = it;
    const [event] = await said(it, 1);
    world.online.add(ben);
    world.now += windowMs;
    await flushPushWindows(world.core, 10);
    expect(world.pushes).toEqual([]);
    expect(event && world.why(event, ben)).toBe('connected');
  });

  it('what was read, deleted or over meanwhile is left out', async () => {
    const it = await group();
    const { world, ben, chat } = it;
    const events = await said(it, 1);
    world.read(chat, ben);
    events.push(...(await said(it, 4)));
    Object.assign(world.messages.get(idOf(events[1])) ?? {}, { is_deleted: true });
    Object.assign(world.messages.get(idOf(events[4])) ?? {}, {
      expires_at: new Date(world.now + 1).toISOString(),
    });
    world.now += windowMs;
    await flushPushWindows(world.core, 10);
    expect(world.taken()).toMatchObject([{ message_preview: '2 new messages', message_id: idOf(events[3]) }]);
    const reasons = events.map((event) => world.why(event, ben));
    expect(reasons).toEqual(['read', 'gone', 'collapsed', 'sent', 'gone']);
  });

  it.each([
    ['read', 'read', ({ world, chat, ben }) => world.read(chat, ben)],
    ['muted', 'muted', ({ world, chat, ben }) => world.mutes.set(chat.chat_id + ben, null)],
    ['left', 'gone', ({ chat, ben }) => Object.assign(chat.members.get(ben) ?? {}, { left_seq: 9 })],
    [
      'left and joined again',
      'gone',
      ({ chat, ben }) => Object.assign(chat.members.get(ben) ?? {}, { joined_seq: 9 }),
    ],
    ['signed out', 'no_device', ({ world }) => world.devices.all.splice(0)],
  ] as [string, string, (it: Awaited<ReturnType<typeof group>>) => unknown][])(
    'nothing is pushed to who %s meanwhile',
    async (_what, reason, happen) => {
      const it = await group();
      const { world, ben } = it;
      const events = await said(it, 2);
      world.now += windowMs;
      await world.core.chatCache.get(it.chat.chat_id);
      happen(it);
      expect(await flushPushWindows(world.core, 10)).toBe(1);
      expect(world.pushes).toEqual([]);
      expect(events.map((event) => world.why(event, ben))).toEqual([reason, reason]);
      expect(world.ledger.windows).toEqual([]);
    },
  );

  it('two workers push it once', async () => {
    const it = await group();
    const { world, cem } = it;
    world.online.delete(cem);
    await said(it, 2);
    world.now += windowMs;
    const workers = [world.worker().core, world.worker().core];
    await Promise.all(workers.flatMap((core) => [flushPushWindows(core, 1), flushPushWindows(core, 1)]));
    expect(world.pushes.map(({ token }) => token).sort()).toEqual(['ben', 'cem']);
  });

  it('it waits for its lease while the push service is away, and then the rest is sent', async () => {
    const it = await group();
    const { world, ben, cem } = it;
    world.online.delete(cem);
    await world.device(ben, 'tablet');
    world.answers.set('tablet', 'away');
    const [event] = await said(it, 1);
    world.now += windowMs;
    expect(await codeOf(flushPushWindows(world.core, 10))).toBe('SERVICE_UNAVAILABLE');
    expect(world.pushes.map(({ token }) => token).sort()).toEqual(['ben', 'cem']);
    expect(event && [world.why(event, ben), world.why(event, cem)]).toEqual(['waiting', 'sent']);
    world.answers.clear();
    world.now += pushLeaseMs - 1;
    expect(await flushPushWindows(world.core, 10)).toBe(0);
    world.now += 1;
    expect(await flushPushWindows(world.core, 10)).toBe(1);
    expect(world.pushes.map(({ token }) => token).sort()).toEqual(['ben', 'cem', 'tablet']);
    expect(event && world.why(event, ben)).toBe('sent');
    expect(world.ledger.windows).toEqual([]);
  });

  it('one whose store is away stays, and those of other chats go on', async () => {
    const it = await group();
    const { world, ann, ben } = it;
    await said(it, 1);
    const broken = world.chat('group', [ann, ben]);
    await pushMessage(world.core, world.message(broken, ann));
    world.now += windowMs;
    const { core } = world.worker();
    const chats = core.chats;
    const failing = {
      ...core,
      chats: Object.assign(Object.create(chats), {
        mutedBy: (chatId: string, ...rest: [string[], string]) =>
          chatId === broken.chat_id
            ? Promise.reject(new Error('no such table'))
            : chats.mutedBy(chatId, ...rest),
      }),
    };
    await expect(flushPushWindows(failing, 10)).rejects.toThrow('no such table');
    expect(world.pushes).toHaveLength(1);
    world.now += pushLeaseMs;
    await flushPushWindows(world.core, 10);
    expect(world.pushes).toHaveLength(2);
  });
});

describe('a worker that dies', () => {
  it('between take and close leaves the window to another', async () => {
    const it = await group();
    const { world } = it;
    await said(it, 2);
    world.now += windowMs;
    expect(await takePushWindows(world.core, 10)).toHaveLength(1);
    world.now += pushLeaseMs;
    await flushPushWindows(world.core, 10);
    expect(world.taken()).toMatchObject([{ message_preview: '2 new messages' }]);
  });

  it('after sending is not repeated, even where the newest message was deleted since', async () => {
    const it = await group();
    const { world, ben } = it;
    const events = await said(it, 2);
    world.now += windowMs;
    // take, five look-ups, two of the sender, claim, send: the next call is its last.
    const { core, death } = world.worker({ calls: 10, effect: false });
    await Promise.race([flushPushWindows(core, 10), death]);
    expect(world.pushes).toHaveLength(1);
    Object.assign(world.messages.get(idOf(events[1])) ?? {}, { is_deleted: true });
    world.now += pushLeaseMs;
    expect(await flushPushWindows(world.core, 10)).toBe(1);
    expect(world.pushes).toHaveLength(1);
    expect(events.map((event) => world.why(event, ben))).toEqual(['sent', 'gone']);
    expect(world.ledger.showing.size).toBe(1);
  });

  it('before the close takes nothing back of what it noted', async () => {
    const it = await group();
    const { world, ben, chat } = it;
    const [event] = await said(it, 1);
    world.now += windowMs;
    const { core, death } = world.worker({ calls: 12, effect: false });
    await Promise.race([flushPushWindows(core, 10), death]);
    expect(world.calls.at(-1)).toBe('pushLedger.note');
    world.read(chat, ben);
    world.now += pushLeaseMs;
    expect(await flushPushWindows(world.core, 10)).toBe(1);
    expect(world.pushes).toHaveLength(1);
    expect(event && world.why(event, ben)).toBe('sent');
  });
});

describe('an event that comes again', () => {
  it('does not open a window anew, nor take the place of what was noted', async () => {
    const it = await group();
    const { world, ben, chat } = it;
    const [event] = await said(it, 1);
    if (!event) throw new Error('nothing was said');
    world.now += windowMs;
    await flushPushWindows(world.core, 10);
    expect(world.why(event, ben)).toBe('sent');
    await pushMessage(world.core, event);
    expect(world.why(event, ben)).toBe('sent');
    expect(world.ledger.windows).toEqual([]);
    world.mutes.set(chat.chat_id + ben, null);
    await pushMessage(world.core, event);
    expect(world.why(event, ben)).toBe('sent');
  });

  it('within the window counts once', async () => {
    const it = await group();
    const { world } = it;
    const [event] = await said(it, 2);
    if (event) await pushMessage(world.core, event);
    world.now += windowMs;
    await flushPushWindows(world.core, 10);
    expect(world.taken()).toMatchObject([{ message_count: '2' }]);
  });
});
