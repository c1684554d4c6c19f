/** Who is pushed a message: each decision, and their order. */
import { describe, expect, it, vi } from 'vitest';
import { pushMessage } from '../src/push/message.ts';
import { registerPushToken, removePushToken } from '../src/push/tokens.ts';
import { PushWorld } from './support/fake-push.ts';
import { codeOf } from './support/world.ts';

async function pair() {
  const world = new PushWorld();
  const [ann, ben] = [world.user('Ann'), world.user('Ben')];
  const chat = world.chat('direct', [ann, ben]);
  const phone = await world.device(ben, 'phone');
  return { world, ann, ben, chat, phone };
}

describe('a message in a direct chat', () => {
  it('is pushed at once, with what the app shows', async () => {
    const { world, ann, ben, chat } = await pair();
    const event = world.message(chat, ann, { payload: { body: `${'x'.repeat(99)}👍👍` } });
    await pushMessage(world.core, event);
    expect(world.pushes).toEqual([
      {
        token: 'phone',
        platform: 'android',
        priority: 'high',
        ttlSeconds: 86_400,
        data: {
          type: 'new_message',
          chat_id: chat.chat_id,
          chat_type: 'direct',
          chat_name: '',
          message_id: event.payload.message.message_id,
          sender_id: ann,
          sender_name: 'Ann',
          sender_avatar: '/avatars/Ann',
          message_preview: `${'x'.repeat(99)}…`,
          message_type: 'text',
          message_count: '1',
          timestamp: String(world.now),
        },
      },
    ]);
    expect(world.why(event, ben)).toBe('sent');
    expect(world.why(event, ann)).toBeUndefined();
  });

  it('shows no photo that the recipient may not see', async () => {
    const { world, ann, chat } = await pair();
    world.hiddenPhotos.add(ann);
    await pushMessage(world.core, world.message(chat, ann, { type: 'image', payload: { media_id: 'm' } }));
    expect(world.taken()).toMatchObject([{ sender_avatar: '', message_preview: '📷 Photo' }]);
  });

  it('goes to all devices of the recipient at the same time', async () => {
    const { world, ann, ben, chat } = await pair();
    await world.device(ben, 'tablet');
    world.answers.set('phone', { outcome: 'refused', reason: 'SENDER_ID_MISMATCH' });
    const event = world.message(chat, ann);
    await pushMessage(world.core, event);
    expect(world.pushes.map(({ token }) => token)).toEqual(['tablet']);
    const [note] = world.ledger.notes.values();
    expect(note).toMatchObject({
      reason: 'sent',
      detail: '1 device sent, 1 device refused: SENDER_ID_MISMATCH',
    });
    expect(world.calls.filter((call) => call === 'pushLedger.claim')).toHaveLength(1);
  });

  it('costs one look at presence where everyone is connected', async () => {
    const { world, ann, ben, chat } = await pair();
    world.online.add(ben);
    const event = world.message(chat, ann);
    await pushMessage(world.core, event);
    expect(world.calls).toEqual(['presence.online']);
    expect(world.why(event, ben)).toBeUndefined();
  });

  it('costs nothing where it is a system message, or nobody else is there', async () => {
    const { world, ann, ben } = await pair();
    const group = world.chat('group', [ann, ben]);
    await pushMessage(world.core, world.message(group, ann, { type: 'system' }));
    await pushMessage(world.core, world.message(world.chat('group', [ann]), ann));
    expect(world.calls).toEqual([]);
  });

  it('is not pushed to who muted the chat, until that is over', async () => {
    const { world, ann, ben, chat } = await pair();
    const send = async () => {
      const event = world.message(chat, ann);
      await pushMessage(world.core, event);
      return world.why(event, ben);
    };
    world.mutes.set(chat.chat_id + ben, null);
    expect(await send()).toBe('muted');
    world.mutes.set(chat.chat_id + ben, new Date(world.now + 1).toISOString());
    expect(await send()).toBe('muted');
    world.mutes.set(chat.chat_id + ben, new Date(world.now).toISOString());
    expect(await send()).toBe('sent');
    expect(world.pushes).toHaveLength(1);
  });

  it('says the first of several reasons', async () => {
    const { world, ann, ben, chat } = await pair();
    await world.devices.remove(ben, world.devices.all[0]?.session_id ?? '');
    const event = world.message(chat, ann);
    world.mutes.set(chat.chat_id + ben, null);
    world.online.add(ben);
    await pushMessage(world.core, event);
    expect(world.why(event, ben)).toBeUndefined();
    world.online.clear();
    await pushMessage(world.core, event);
    expect(world.why(event, ben)).toBe('muted');
    world.mutes.clear();
    const other = world.message(chat, ann);
    await pushMessage(world.core, other);
    expect(world.why(other, ben)).toBe('no_device');
    expect(world.pushes).toEqual([]);
  });

  it('is pushed as if everyone were offline while presence cannot be read, which is told once in a while', async () => {
    const { world, ann, ben, chat } = await pair();
    world.online.add(ben);
    world.away.add('presence');
    for (let n = 0; n < 3; n++) await pushMessage(world.core, world.message(chat, ann));
    expect(world.pushes).toHaveLength(3);
    expect(world.logged).toHaveLength(1);
    world.now += 60_000;
    await pushMessage(world.core, world.message(chat, ann));
    expect(world.logged).toHaveLength(2);
  });
});

describe('an event that is handled late', () => {
  it.each([
    ['read', 'read', ({ world, chat, ben }) => world.read(chat, ben)],
    ['deleted', 'gone', ({ world, id }) => Object.assign(world.messages.get(id) ?? {}, { is_deleted: true })],
    ['not stored any more', 'gone', ({ world, id }) => world.messages.delete(id)],
    ['left behind', 'gone', ({ chat, ben }) => Object.assign(chat.members.get(ben) ?? {}, { left_seq: 9 })],
    [
      'from before the recipient joined again',
      'gone',
      ({ chat, ben }) => Object.assign(chat.members.get(ben) ?? {}, { joined_seq: 9 }),
    ],
    [
      'over',
      'gone',
      ({ world, id }) =>
        Object.assign(world.messages.get(id) ?? {}, {
          expires_at: new Date(world.now + 2_000).toISOString(),
        }),
    ],
  ] as [string, string, (it: Awaited<ReturnType<typeof pair>> & { id: string }) => unknown][])(
    'is not pushed where the message is %s by then',
    async (_what, reason, happen) => {
      const it = await pair();
      const { world, ann, ben, chat } = it;
      const event = world.message(chat, ann);
      await world.core.chatCache.get(chat.chat_id);
      happen({ ...it, id: event.payload.message.message_id });
      world.now += 2_000;
      await pushMessage(world.core, event);
      expect(world.pushes).toEqual([]);
      expect(world.why(event, ben)).toBe(reason);
    },
  );

  it('is pushed as the message reads by then', async () => {
    const { world, ann, chat } = await pair();
    const event = world.message(chat, ann);
    const stored = world.messages.get(event.payload.message.message_id);
    Object.assign(stored ?? {}, { payload: { body: 'Corrected' } });
    world.now += 2_000;
    await pushMessage(world.core, event);
    expect(world.taken()).toMatchObject([{ message_preview: 'Corrected' }]);
  });

  it('is not pushed after a day, when nobody remembers whether it was', async () => {
    const { world, ann, chat } = await pair();
    const event = world.message(chat, ann);
    world.now += 24 * 3600 * 1000;
    await pushMessage(world.core, event);
    expect(world.calls).toEqual([]);
  });
});

describe('what the push service says', () => {
  it('a token that it does not know is forgotten', async () => {
    const { world, ann, ben, chat } = await pair();
    world.answers.set('phone', { outcome: 'unregistered' });
    const event = world.message(chat, ann);
    await pushMessage(world.core, event);
    expect(world.devices.all).toEqual([]);
    expect(world.why(event, ben)).toBe('unregistered');
    expect(world.ledger.showing.size).toBe(0);
  });

  it('what it refuses, or answers in a way that nobody expects, is not tried again', async () => {
    const { world, ann, ben, chat } = await pair();
    for (const answer of ['broken', { outcome: 'refused', reason: 'TOO_BIG' }] as const) {
      world.answers.set('phone', answer);
      const event = world.message(chat, ann);
      await pushMessage(world.core, event);
      expect(world.why(event, ben)).toBe('refused');
      world.answers.clear();
      await pushMessage(world.core, event);
      expect(world.pushes).toEqual([]);
      expect(world.why(event, ben)).toBe('refused');
    }
    expect(world.logged).toEqual(['a push could not be handed over']);
    expect(world.ledger.showing.size).toBe(0);
  });

  it('while it is away the event is kept; the repeat sends the rest, and nothing twice', async () => {
    const { world, ann, ben, chat } = await pair();
    await world.device(ben, 'tablet');
    world.answers.set('tablet', 'away');
    const event = world.message(chat, ann);
    expect(await codeOf(pushMessage(world.core, event))).toBe('SERVICE_UNAVAILABLE');
    expect(world.pushes.map(({ token }) => token)).toEqual(['phone']);
    expect(world.why(event, ben)).toBe('waiting');
    world.answers.clear();
    await pushMessage(world.core, event);
    expect(world.pushes.map(({ token }) => token)).toEqual(['phone', 'tablet']);
    expect(world.why(event, ben)).toBe('sent');
    await pushMessage(world.core, event);
    expect(world.pushes).toHaveLength(2);
  });

  it('while it and the ledger are away nothing is taken for sent', async () => {
    const { world, ann, chat } = await pair();
    const hold = Promise.withResolvers<void>();
    world.hold = hold.promise;
    world.away.add('gateway');
    const event = world.message(chat, ann);
    const first = codeOf(pushMessage(world.core, event));
    await vi.waitFor(() => expect(world.calls).toContain('pushes.send'));
    world.away.add('ledger');
    hold.resolve();
    await vi.waitFor(() => expect(world.calls).toContain('pushLedger.giveBack'));
    world.away.clear();
    expect(await first).toBe('SERVICE_UNAVAILABLE');
    await pushMessage(world.core, event);
    expect(world.pushes).toHaveLength(1);
  });
});

it('a device that was pushed to is known to show something of the chat', async () => {
  const { world, ann, ben, chat, phone } = await pair();
  await pushMessage(world.core, world.message(chat, ann));
  expect(await world.ledger.takeShown(ben, chat.chat_id)).toEqual([phone.id]);
});

it('a session registers its token and takes it back', async () => {
  const { world, ben } = await pair();
  const caller = { userId: ben, sessionId: 's', requestId: 'r' };
  expect(await registerPushToken(world.core, caller, { token: 'web', platform: 'web' })).toEqual({
    platform: 'web',
  });
  expect(world.devices.all).toContainEqual(
    expect.objectContaining({ user_id: ben, session_id: 's', token: 'web', platform: 'web' }),
  );
  expect(await removePushToken(world.core, caller)).toEqual({ removed: true });
  expect(await removePushToken(world.core, caller)).toEqual({ removed: false });
});
