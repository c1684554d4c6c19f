/** Pushes that tell of something else than messages: who was added, what was read elsewhere; and what an operator is told. */
import { randomUUID } from 'node:crypto';
import { pushData } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { pushAdded } from '../src/push/added.ts';
import { pushMessage } from '../src/push/message.ts';
import { pushRead } from '../src/push/read.ts';
import { whyPush } from '../src/push/why.ts';
import { PushWorld } from './support/fake-push.ts';
import { codeOf } from './support/world.ts';

async function pair(type: 'direct' | 'group' = 'direct') {
  const world = new PushWorld();
  const [ann, ben] = [world.user('Ann'), world.user('Ben')];
  const chat = world.chat(type, [ann, ben]);
  const phone = await world.device(ben, 'phone', 's-phone');
  const added = (addedBy = ann) =>
    world.event('group.member.added', {
      chat_id: chat.chat_id,
      user_id: ben,
      added_by: addedBy,
      state_version: 2,
      user_version: 2,
      recipients: [ann, ben],
    });
  return { world, ann, ben, chat, phone, added };
}

describe('who was added to a group', () => {
  it('is told by whom, once', async () => {
    const { world, ann, chat, added } = await pair('group');
    const event = added();
    await pushAdded(world.core, event);
    await pushAdded(world.core, event);
    expect(world.pushes).toHaveLength(1);
    expect(world.pushes[0]).toMatchObject({ priority: 'high', ttlSeconds: 86_400, token: 'phone' });
    expect(world.taken()).toEqual([
      {
        type: 'group_added',
        chat_id: chat.chat_id,
        chat_type: 'group',
        chat_name: 'Lake',
        sender_id: ann,
        sender_name: 'Ann',
        sender_avatar: '/avatars/Ann',
        message_preview: 'You were added by Ann',
        message_type: 'system',
        timestamp: String(world.now),
      },
    ]);
  });

  it('is told of each time anew', async () => {
    const { world, added } = await pair('group');
    await pushAdded(world.core, added());
    await pushAdded(world.core, added());
    expect(world.pushes).toHaveLength(2);
  });

  it.each([
    ['added itself', ({ added, ben }) => added(ben)],
    ['is connected', ({ world, added, ben }) => world.online.add(ben) && added()],
    [
      'muted it before',
      ({ world, added, ben, chat }) => world.mutes.set(chat.chat_id + ben, null) && added(),
    ],
    [
      'has left again',
      ({ added, ben, chat }) => Object.assign(chat.members.get(ben) ?? {}, { left_seq: 1 }) && added(),
    ],
    ['has no device', ({ world, added }) => world.devices.all.splice(0) && added()],
  ] as [
    string,
    (it: Awaited<ReturnType<typeof pair>>) => ReturnType<Awaited<ReturnType<typeof pair>>['added']>,
  ][])('is not told who %s', async (_who, eventOf) => {
    const it = await pair('group');
    await pushAdded(it.world.core, eventOf(it));
    expect(it.world.pushes).toEqual([]);
  });

  it('is told later where the push service was away', async () => {
    const { world, added } = await pair('group');
    const event = added();
    world.away.add('gateway');
    expect(await codeOf(pushAdded(world.core, event))).toBe('SERVICE_UNAVAILABLE');
    world.away.clear();
    await pushAdded(world.core, event);
    expect(world.pushes).toHaveLength(1);
  });
});

describe('what was read', () => {
  it('is taken back by the other devices that show something of the chat, silently', async () => {
    const { world, ann, ben, chat } = await pair();
    await world.device(ben, 'tablet', 's-tablet');
    const event = world.message(chat, ann);
    await pushMessage(world.core, event);
    world.taken();
    await world.device(ben, 'new', 's-new');
    const read = world.read(chat, ben, 's-tablet');
    await pushRead(world.core, read);
    expect(world.pushes).toEqual([
      {
        token: 'phone',
        platform: 'android',
        priority: 'normal',
        ttlSeconds: 86_400,
        data: {
          type: 'chat.read',
          chat_id: chat.chat_id,
          message_id: event.payload.message.message_id,
          timestamp: String(world.now),
        },
      },
    ]);
    await pushRead(world.core, read);
    expect(world.pushes).toHaveLength(1);
  });

  it('is no news where nothing is shown, or only delivery moved', async () => {
    const { world, ben, ann, chat } = await pair();
    await pushRead(world.core, world.read(chat, ben));
    expect(world.calls).toEqual(['pushLedger.takeShown']);
    await pushMessage(world.core, world.message(chat, ann));
    const delivered = world.read(chat, ben);
    delivered.payload.status = 'delivered';
    await pushRead(world.core, delivered);
    expect(world.taken()).toHaveLength(1);
    expect(world.ledger.showing.size).toBe(1);
  });

  it('is told again with the next read where newer messages are there', async () => {
    const { world, ann, ben, chat } = await pair();
    await pushMessage(world.core, world.message(chat, ann));
    const first = world.read(chat, ben, 's-web');
    await pushMessage(world.core, world.message(chat, ann));
    world.taken();
    await pushRead(world.core, first);
    await pushRead(world.core, world.read(chat, ben, 's-web'));
    expect(world.taken()).toMatchObject([{ type: 'chat.read' }, { type: 'chat.read' }]);
    expect(world.ledger.showing.size).toBe(0);
  });

  it.each(['gateway', 'devices', 'messages'] as const)(
    'is told by a repeat where %s was away',
    async (what) => {
      const { world, ann, ben, chat } = await pair();
      await world.device(ben, 'tablet', 's-tablet');
      await pushMessage(world.core, world.message(chat, ann));
      world.taken();
      const read = world.read(chat, ben, 's-web');
      if (what === 'gateway') world.answers.set('phone', 'away');
      else world.away.add(what);
      expect(await codeOf(pushRead(world.core, read))).toBe('SERVICE_UNAVAILABLE');
      const before = world.taken().length;
      world.away.clear();
      world.answers.clear();
      await pushRead(world.core, read);
      expect(before + world.taken().length).toBe(2);
      expect(world.ledger.showing.size).toBe(0);
    },
  );

  it('forgets a token that the service does not know', async () => {
    const { world, ann, ben, chat } = await pair();
    await pushMessage(world.core, world.message(chat, ann));
    world.answers.set('phone', { outcome: 'unregistered' });
    await pushRead(world.core, world.read(chat, ben));
    expect(world.devices.all).toEqual([]);
  });
});

describe('an operator who asks why', () => {
  it('is told what was noted, and when', async () => {
    const { world, ann, ben, chat } = await pair();
    const event = world.message(chat, ann);
    await pushMessage(world.core, event);
    expect(await whyPush(world.core, event.payload.message.message_id, ben)).toEqual({
      kind: 'noted',
      reason: 'sent',
      detail: '1 device sent',
      at: new Date(world.now).toISOString(),
      text: 'It was handed to the push service.',
    });
  });

  it('is told what can be known where nothing was noted', async () => {
    const { world, ann, ben, chat } = await pair('group');
    const ask = async (event: ReturnType<typeof world.message>, userId: string) => {
      const answer = await whyPush(world.core, event.payload.message.message_id, userId);
      expect(answer.text).toMatch(/^[A-Z].*\.$/);
      return answer.kind;
    };
    const event = world.message(chat, ann);
    expect((await whyPush(world.core, randomUUID(), ben)).kind).toBe('unknown_message');
    expect(await ask(world.message(chat, ann, { type: 'system' }), ben)).toBe('system_message');
    expect(await ask(event, ann)).toBe('sender');
    expect(await ask(event, world.user('Eve'))).toBe('never_member');
    expect(await ask(event, ben)).toBe('undecided');
    world.now += 30_000;
    expect(await ask(event, ben)).toBe('connected');
    world.now += 24 * 3600 * 1000;
    expect(await ask(event, ben)).toBe('too_old');
    Object.assign(chat.members.get(ben) ?? {}, { joined_seq: 1 });
    expect(await ask(event, ben)).toBe('not_recipient');
  });
});

it('pushes are what the contract says they are', async () => {
  const { world, ann, ben, chat, added } = await pair('group');
  const direct = world.chat('direct', [ann, ben]);
  await pushMessage(world.core, world.message(direct, ann));
  await pushAdded(world.core, added());
  await pushRead(world.core, world.read(direct, ben));
  await pushRead(world.core, world.read(chat, ben));
  const data = world.taken();
  expect(data).toHaveLength(4);
  for (const each of data) expect(pushData.strict().parse(each)).toEqual(each);
});
