/** Contacts, blocks, privacy and profiles on a real PostgreSQL: what changes, what is told, and what meets what. */
import { randomUUID } from 'node:crypto';
import { isUnavailable, visibleProfiles } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresContactStore, PostgresMarkStore, PostgresPrivacyStore, Sql } from '../src/index.ts';
import { openPeople, type People, telling } from './support/people.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople();
});
afterAll(() => people.close());

const never = () => {
  throw new Error('nothing changed, so there is nothing to tell');
};
const times = <T>(count: number, work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

describe('contact sync', () => {
  it('finds who is here in the order asked for, makes them contacts, and tells of it once', async () => {
    const [me, ada, ben] = [
      await people.person('Me'),
      await people.person('Ada'),
      await people.person('Ben'),
    ];
    const phones = [ben.phone, '+4912345', me.phone, ada.phone, ben.phone];
    const tell = telling(me.id, { kind: 'contacts' });
    const { found, told } = await people.contacts.sync(me.id, phones, tell);
    expect(found).toEqual([
      { phone: ben.phone, user_id: ben.id, display_name: 'Ben', avatar_url: '/photo' },
      { phone: ada.phone, user_id: ada.id, display_name: 'Ada', avatar_url: '/photo' },
    ]);
    expect(told?.events).toMatchObject([{ payload: { user_version: 1, change: { kind: 'contacts' } } }]);
    expect(await people.outbox(me.id)).toEqual([{ id: Number(told?.outboxId), events: told?.events }]);
    expect(await people.changes(me.id)).toEqual([{ version: 1, kind: 'contacts', ref: null }]);

    expect(await people.contacts.sync(me.id, phones, never)).toEqual({ found, told: null });
    expect(await people.contacts.sync(me.id, ['+4912345'], never)).toEqual({ found: [], told: null });
    expect(await people.contacts.sync(me.id, [me.phone], never)).toEqual({ found: [], told: null });
    expect(await people.version(me.id)).toBe(1);
  });

  it('raises the version once where equal syncs meet, and never waits in a circle', async () => {
    const others = await times(30, () => people.person());
    const phones = others.map((other) => other.phone);
    for (let round = 0; round < 5; round++) {
      const me = await people.person();
      const tell = telling(me.id, { kind: 'contacts' });
      const results = await times(8, (n) =>
        people.contacts.sync(me.id, n % 2 ? phones : phones.toReversed(), tell),
      );
      expect(results.filter((result) => result.told)).toHaveLength(1);
      expect(results.every((result) => result.found.length === 30)).toBe(true);
      expect(await people.version(me.id)).toBe(1);
      expect(await people.contacts.list(me.id)).toHaveLength(30);
    }
  });

  it('makes a contact of who was only blocked, and leaves the block', async () => {
    const [me, ada] = [await people.person(), await people.person('Ada')];
    await people.contacts.setBlocked(me.id, ada.id, true, telling(me.id, { kind: 'contacts' }));
    expect(await people.contacts.list(me.id)).toEqual([]);
    const { found, told } = await people.contacts.sync(
      me.id,
      [ada.phone],
      telling(me.id, { kind: 'contacts' }),
    );
    expect(found).toMatchObject([{ user_id: ada.id, avatar_url: '' }]);
    expect(told).not.toBeNull();
    expect(await people.contacts.list(me.id)).toEqual([
      { user_id: ada.id, display_name: 'Ada', avatar_url: '', status_text: '', is_blocked: true },
    ]);
  });

  it('leaves nothing behind where it cannot be told of', async () => {
    const [me, ada] = [await people.person(), await people.person()];
    const fail = () => {
      throw new Error('no');
    };
    await expect(people.contacts.sync(me.id, [ada.phone], fail)).rejects.toThrow('no');
    expect(await people.contacts.list(me.id)).toEqual([]);
    expect(await people.version(me.id)).toBe(0);
    expect(await people.changes(me.id)).toEqual([]);
  });
});

describe('the list of contacts', () => {
  it('goes by name in any script and case, those without one last', async () => {
    const me = await people.person();
    const names = ['', 'zoe', 'Örs', 'Anna', 'álvaro', '李', 'Борис', 'anna'];
    const others = [];
    for (const name of names) others.push(await people.person(name));
    const phones = others.map((other) => other.phone);
    await people.contacts.sync(me.id, phones, telling(me.id, { kind: 'contacts' }));
    const listed = (await people.contacts.list(me.id)).map((contact) => contact.display_name);
    expect(listed).toEqual(['álvaro', 'anna', 'Anna', 'Örs', 'zoe', 'Борис', '李', '']);
  });

  it('and sync show exactly what a profile shows, whatever the settings, contacts and blocks', async () => {
    const me = await people.person();
    const settings = ['everyone', 'contacts', 'nobody'] as const;
    const phones = new Map<string, string>();
    for (const [n, photo] of settings.entries()) {
      for (const about of [settings[(n + 1) % 3] ?? 'everyone', photo]) {
        for (let bits = 0; bits < 8; bits++) {
          const { id, phone } = await people.person();
          phones.set(id, phone);
          const tell = telling(id, { kind: 'privacy' });
          await people.privacy.update(id, { profile_photo: photo, about }, tell);
          if (bits & 1) await people.contacts.sync(id, [me.phone], tell);
          if (bits & 2) await people.contacts.setBlocked(id, me.id, true, tell);
          if (bits & 4) await people.contacts.setBlocked(me.id, id, true, tell);
        }
      }
    }
    const { found } = await people.contacts.sync(
      me.id,
      [...phones.values()],
      telling(me.id, { kind: 'contacts' }),
    );
    const profiles = new Map(
      (await visibleProfiles(people, me.id, [...phones.keys()])).map((profile) => [profile.id, profile]),
    );
    const listed = await people.contacts.list(me.id);
    expect(found).toHaveLength(phones.size);
    expect(listed).toHaveLength(phones.size);
    for (const entry of found) expect(entry.avatar_url).toBe(profiles.get(entry.user_id)?.avatar_url);
    for (const { user_id, avatar_url, status_text } of listed) {
      expect(profiles.get(user_id)).toMatchObject({ avatar_url, status_text });
    }
    // All of it was seen, and not one answer for everybody.
    expect(new Set(listed.map((contact) => contact.avatar_url + contact.status_text)).size).toBe(4);
  });
});

describe('blocks', () => {
  it('change once, are told, and leave no contact behind', async () => {
    const [me, ada] = [await people.person(), await people.person()];
    const block = (blocked: boolean) =>
      people.contacts.setBlocked(
        me.id,
        ada.id,
        blocked,
        telling(me.id, { kind: 'block', user_id: ada.id, blocked }),
      );
    expect((await block(false))?.told).toBeNull();
    const first = await block(true);
    expect(first?.told?.events).toMatchObject([{ payload: { user_version: 1, change: { blocked: true } } }]);
    expect((await block(true))?.told).toBeNull();
    expect(await people.privacy.relations([{ viewer: ada.id, target: me.id }])).toMatchObject([
      { blocked: true, isContact: false },
    ]);
    expect((await block(false))?.told?.events).toMatchObject([{ payload: { user_version: 2 } }]);
    expect((await block(false))?.told).toBeNull();
    expect(await people.changes(me.id)).toEqual([
      { version: 1, kind: 'block', ref: ada.id },
      { version: 2, kind: 'block', ref: ada.id },
    ]);
    expect(await people.outbox(me.id)).toHaveLength(2);
    expect(await people.contacts.list(me.id)).toEqual([]);
    expect(await people.version(ada.id)).toBe(0);
  });

  it('leave a contact what it was', async () => {
    const [me, ada] = [await people.person(), await people.person()];
    const tell = telling(me.id, { kind: 'contacts' });
    await people.contacts.sync(me.id, [ada.phone], tell);
    for (const blocked of [true, false]) {
      await people.contacts.setBlocked(me.id, ada.id, blocked, tell);
      expect(await people.contacts.list(me.id)).toMatchObject([{ user_id: ada.id, is_blocked: blocked }]);
    }
  });

  it('of nobody, and by nobody, are none', async () => {
    const me = await people.person();
    expect(await people.contacts.setBlocked(me.id, randomUUID(), true, never)).toBeUndefined();
    expect(await people.contacts.setBlocked(me.id, randomUUID(), false, never)).toBeUndefined();
    expect(await people.version(me.id)).toBe(0);
  });

  it('raise the version once where equal calls meet, also by both sides at once', async () => {
    const [a, b] = [await people.person(), await people.person()];
    for (const blocked of [true, false, true]) {
      const results = await times(12, (n) => {
        const [me, other] = n % 2 ? [a.id, b.id] : [b.id, a.id];
        return people.contacts.setBlocked(
          me,
          other,
          blocked,
          telling(me, { kind: 'block', user_id: other, blocked }),
        );
      });
      expect(results.filter((result) => result?.told)).toHaveLength(2);
    }
    for (const user of [a, b]) {
      expect((await people.changes(user.id)).map((change) => change.version)).toEqual([1, 2, 3]);
      expect(await people.version(user.id)).toBe(3);
    }
  });

  it('and a sync at the same time both hold', async () => {
    for (let round = 0; round < 10; round++) {
      const me = await people.person();
      const others = await times(5, () => people.person());
      const tell = telling(me.id, { kind: 'contacts' });
      await Promise.all([
        people.contacts.sync(
          me.id,
          others.map((other) => other.phone),
          tell,
        ),
        ...others.map((other) => people.contacts.setBlocked(me.id, other.id, true, tell)),
      ]);
      expect((await people.contacts.list(me.id)).map((contact) => contact.is_blocked)).toEqual(
        others.map(() => true),
      );
      expect((await people.changes(me.id)).map((change) => change.version)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });
});

describe('privacy', () => {
  const defaults = {
    last_seen: 'everyone',
    profile_photo: 'everyone',
    about: 'everyone',
    read_receipts: true,
  };

  it('begins open, changes what is given, and tells only of what changed', async () => {
    const me = await people.person();
    expect(await people.privacy.find(me.id)).toEqual(defaults);
    expect(await people.privacy.update(me.id, {}, never)).toEqual({ privacy: defaults, told: null });
    const same = { last_seen: 'everyone', read_receipts: true } as const;
    expect(await people.privacy.update(me.id, same, never)).toEqual({ privacy: defaults, told: null });

    const tell = telling(me.id, { kind: 'privacy' });
    const first = await people.privacy.update(me.id, { about: 'nobody', read_receipts: false }, tell);
    expect(first.privacy).toEqual({ ...defaults, about: 'nobody', read_receipts: false });
    expect(first.told?.events).toMatchObject([{ payload: { user_version: 1 } }]);
    const second = await people.privacy.update(me.id, { last_seen: 'contacts' }, tell);
    expect(second.privacy).toEqual({ ...first.privacy, last_seen: 'contacts' });
    expect(await people.privacy.update(me.id, { about: 'nobody' }, never)).toEqual({
      privacy: second.privacy,
      told: null,
    });
    expect(await people.privacy.find(me.id)).toEqual(second.privacy);
    expect(await people.changes(me.id)).toEqual([
      { version: 1, kind: 'privacy', ref: null },
      { version: 2, kind: 'privacy', ref: null },
    ]);
    expect(await people.outbox(me.id)).toHaveLength(2);
  });

  it('raises the version once where equal changes meet, and loses none of different ones', async () => {
    for (let round = 0; round < 5; round++) {
      const me = await people.person();
      const tell = telling(me.id, { kind: 'privacy' });
      const equal = await times(8, () => people.privacy.update(me.id, { last_seen: 'nobody' }, tell));
      expect(equal.filter((result) => result.told)).toHaveLength(1);
      expect(equal.every((result) => result.privacy.last_seen === 'nobody')).toBe(true);
      await Promise.all([
        people.privacy.update(me.id, { about: 'contacts' }, tell),
        people.privacy.update(me.id, { profile_photo: 'contacts' }, tell),
      ]);
      expect(await people.privacy.find(me.id)).toMatchObject({
        last_seen: 'nobody',
        about: 'contacts',
        profile_photo: 'contacts',
      });
      expect(await people.version(me.id)).toBe(3);
    }
  });
});

describe('profiles', () => {
  it('tell only of real changes, and give the version that a change raised', async () => {
    const me = await people.person('Mina');
    const tell = telling(me.id, { kind: 'profile' });
    const changed = await people.users.updateProfile(me.id, { status_text: '', avatar_url: '' }, tell);
    expect(changed?.user).toMatchObject({ display_name: 'Mina', status_text: '', user_version: 1 });
    expect(changed?.told?.events).toMatchObject([{ payload: { user_version: 1 } }]);
    expect(await people.users.find(me.id)).toEqual(changed?.user);
    for (const patch of [{}, { status_text: '' }, { display_name: 'Mina', avatar_url: undefined }]) {
      expect(await people.users.updateProfile(me.id, patch, never)).toEqual({
        user: changed?.user,
        told: null,
      });
    }
    expect(await people.outbox(me.id)).toEqual([
      { id: Number(changed?.told?.outboxId), events: changed?.told?.events },
    ]);
    expect(await people.users.updateProfile(randomUUID(), { display_name: 'x' }, never)).toBeUndefined();
  });

  it('raise the version once where equal changes meet, and in their order with all else of the user', async () => {
    const [me, ada] = [await people.person(), await people.person()];
    const tell = telling(me.id, { kind: 'profile' });
    const equal = await times(8, () => people.users.updateProfile(me.id, { display_name: 'Mina' }, tell));
    expect(equal.filter((result) => result?.told)).toHaveLength(1);
    await Promise.all([
      people.users.updateProfile(me.id, { display_name: 'M' }, tell),
      people.privacy.update(me.id, { about: 'nobody' }, tell),
      people.contacts.sync(me.id, [ada.phone], tell),
      people.contacts.setBlocked(me.id, ada.id, true, tell),
      people.marks.hide(me.id, { message_id: randomUUID(), chat_id: randomUUID(), seq: 1 }, tell),
    ]);
    expect((await people.changes(me.id)).map((change) => change.version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await people.version(me.id)).toBe(6);
  });
});

it('all of it says so where the database is away', async () => {
  // Nothing listens on port 1.
  const away = new Sql({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, timeoutMs: 2_000 });
  const [contacts, marks] = [new PostgresContactStore(away), new PostgresMarkStore(away)];
  const privacy = new PostgresPrivacyStore(away);
  const [id, message] = [randomUUID(), { message_id: randomUUID(), chat_id: randomUUID(), seq: 1 }];
  const calls = [
    contacts.sync(id, ['+4912345'], never),
    contacts.list(id),
    contacts.setBlocked(id, randomUUID(), true, never),
    privacy.find(id),
    privacy.update(id, { about: 'nobody' }, never),
    marks.star(id, message, true, never),
    marks.hide(id, message, never),
    marks.of(id, [message.message_id]),
    marks.hiddenIn(id, [{ chatId: message.chat_id, after: 0, upTo: null }]),
    marks.starred(id, null, 10),
  ];
  for (const result of await Promise.allSettled(calls)) {
    expect(result.status === 'rejected' && isUnavailable(result.reason)).toBe(true);
  }
  await away.close();
});
