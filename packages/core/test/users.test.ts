/** What users set for themselves and about each other, on hand-made stores. */
import { type AnyBusEvent, busPayloads, type UserChange } from '@parley/contract';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AppError, unavailable } from '../src/error.ts';
import type { Log, RateDecision, Signal } from '../src/ports/engines.ts';
import type { ContactStore, Tell, Told, UserRecord } from '../src/ports/stores.ts';
import { blockUser, unblockUser } from '../src/users/blocks.ts';
import { listContacts, syncContacts } from '../src/users/contacts.ts';
import { getPrivacy, updatePrivacy } from '../src/users/privacy.ts';
import { updateMe } from '../src/users/profile.ts';

const me = '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21';
const other = '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2';
const chat = '0198c6f3-1111-7d44-9e10-7e0a54b1c3d2';
const caller = { userId: me, sessionId: 's', requestId: 'req-1', connectionId: 'c', trace: '00-a-b-01' };
const now = Date.parse('2026-03-01T09:12:44.310Z');

/** What was done, in its order. */
let steps: string[];
let published: AnyBusEvent[];
beforeEach(() => {
  steps = [];
  published = [];
});

const clock = { now: () => now };
const publisher = {
  publish(_outboxId: string, events: readonly AnyBusEvent[]) {
    steps.push('publish');
    published.push(...events);
  },
};

/** What a store does with `tell` where something changed. */
function commit(tell: Tell, changes: boolean): Told | null {
  steps.push(changes ? 'commit' : 'nothing changed');
  return changes ? { outboxId: '7', events: tell(4) } : null;
}

function expectPublished(change: UserChange): void {
  expect(published).toEqual([
    {
      event_id: expect.any(String),
      event_type: 'user.updated',
      timestamp: '2026-03-01T09:12:44.310Z',
      request_id: 'req-1',
      trace: '00-a-b-01',
      payload: { user_id: me, user_version: 4, change },
    },
  ]);
  expect(busPayloads['user.updated'].parse(published[0]?.payload)).toEqual(published[0]?.payload);
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: AppError) => ({ code: error.code, retryAfter: error.retryAfter }),
  );

describe('contact sync', () => {
  function parts(decide: () => Promise<RateDecision> = async () => ({ allowed: true }), changes = true) {
    const asked: string[][] = [];
    const warn = vi.fn();
    const found = [{ phone: '+491511234567', user_id: other, display_name: 'Jonas', avatar_url: '' }];
    const contacts = {
      async sync(_userId: string, phones: readonly string[], tell: Tell) {
        asked.push([...phones]);
        return { found, told: commit(tell, changes) };
      },
    } as ContactStore;
    const consume = vi.fn(decide);
    const rates = { consume, peek: decide, reset: async () => undefined };
    const log = { warn } as unknown as Log;
    return { core: { contacts, rates, publisher, clock, log }, asked, found, consume, warn };
  }

  it('reads numbers as people write them, each once, and passes over what is none', async () => {
    const { core, asked, found } = parts();
    const numbers = [
      '+49 151 123-4500',
      '+49\u00a0151\u202f1234501',
      '\u202a+491511234502\u202c',
      '+49\u2011151\u2013123\u20144503',
      '+49 (151) 123.4504',
      '+49/151/[123]{4505}',
      '+49 151 123\u22124506',
      ' +44\t20\u30007946 0000\n',
      '+49.151.1234500',
      // As they are: no country is guessed, and nothing but what stands between digits is taken away.
      '0049 151 1234567',
      '0151 1234567',
      '+49 151 123x4567',
      '+0 151 1234567',
      '+1234567890123456',
      '++491511234567',
      '+',
      '',
      ' -. ',
    ];
    const result = await syncContacts(core, caller, { phone_numbers: numbers });
    const german = Array.from({ length: 7 }, (_, n) => `+49151123450${n}`);
    expect(asked).toEqual([[...german, '+442079460000']]);
    expect(result).toEqual({ registered_users: found });
    expectPublished({ kind: 'contacts' });
  });

  it('asks nobody where no number is left, and tells nobody where nothing changed', async () => {
    const none = parts();
    expect(await syncContacts(none.core, caller, { phone_numbers: ['hello'] })).toEqual({
      registered_users: [],
    });
    expect(none.asked).toEqual([]);
    const same = parts(undefined, false);
    await syncContacts(same.core, caller, { phone_numbers: ['+491511234567'] });
    expect(published).toEqual([]);
  });

  it('is counted for each user, also where there is nothing to ask for', async () => {
    const { core, asked, consume } = parts(async () => ({ allowed: false, retryAfterSeconds: 42 }));
    for (const phone_numbers of [['+491511234567'], ['hello']]) {
      expect(await refusal(syncContacts(core, caller, { phone_numbers }))).toEqual({
        code: 'TOO_MANY_REQUESTS',
        retryAfter: 42,
      });
    }
    expect(consume.mock.calls).toEqual([
      ['contactSync', me],
      ['contactSync', me],
    ]);
    expect(asked).toEqual([]);
  });

  it('is let through, and logged, while nobody can count', async () => {
    const { core, asked, warn } = parts(async () => {
      throw unavailable('The cache', null);
    });
    await syncContacts(core, caller, { phone_numbers: ['+491511234567'] });
    expect(asked).toHaveLength(1);
    expect(warn).toHaveBeenCalledOnce();
  });

  it('leads to the list as the store gives it', async () => {
    const contact = { user_id: other, display_name: 'J', avatar_url: '', status_text: '', is_blocked: true };
    const contacts = { list: async (id: string) => (id === me ? [contact] : []) } as ContactStore;
    expect(await listContacts({ contacts }, caller)).toEqual({ contacts: [contact] });
  });
});

describe('blocks', () => {
  function parts(options: {
    changes?: boolean;
    known?: boolean;
    directOf?: () => Promise<string | undefined>;
  }) {
    const { changes = true, known = true, directOf = async () => chat } = options;
    const signalled: Signal[] = [];
    const contacts = {
      async setBlocked(_userId: string, _target: string, _blocked: boolean, tell: Tell) {
        return known ? { told: commit(tell, changes) } : undefined;
      },
    } as ContactStore;
    const chats = {
      directOf(a: string, b: string) {
        expect([a, b]).toEqual([me, other]);
        steps.push('look');
        return directOf();
      },
    };
    const signals = {
      async send(signal: Signal) {
        steps.push('signal');
        signalled.push(signal);
      },
      subscribe: () => () => undefined,
      onGap: () => () => undefined,
    };
    const core = { contacts, chats, signals, publisher, clock } as unknown as Parameters<typeof blockUser>[0];
    return { core, signalled };
  }

  it.each([
    ['block', blockUser, true],
    ['unblock', unblockUser, false],
  ] as const)('%s: after the commit, what is cached of the direct chat goes', async (_, call, blocked) => {
    const { core, signalled } = parts({});
    expect(await call(core, caller, { id: other })).toEqual({ user_id: other, blocked });
    expect(steps).toEqual(['commit', 'publish', 'look', 'signal']);
    expect(signalled).toEqual([{ kind: 'chats', chat_ids: [chat] }]);
    expectPublished({ kind: 'block', user_id: other, blocked });
  });

  it('signal again when they change nothing, so that a repeated call makes up for a lost signal', async () => {
    const { core } = parts({ changes: false });
    expect(await blockUser(core, caller, { id: other })).toEqual({ user_id: other, blocked: true });
    expect(steps).toEqual(['nothing changed', 'look', 'signal']);
  });

  it('are published also where the chat cannot be looked up then, and the caller learns of it', async () => {
    const { core, signalled } = parts({
      directOf: async () => {
        throw unavailable('The database', null);
      },
    });
    expect((await refusal(blockUser(core, caller, { id: other })))?.code).toBe('SERVICE_UNAVAILABLE');
    expectPublished({ kind: 'block', user_id: other, blocked: true });
    expect(signalled).toEqual([]);
  });

  it('need no chat', async () => {
    const { core, signalled } = parts({ directOf: async () => undefined });
    await blockUser(core, caller, { id: other });
    expect(signalled).toEqual([]);
  });

  it('are refused for oneself and for nobody', async () => {
    for (const call of [blockUser, unblockUser]) {
      expect((await refusal(call(parts({}).core, caller, { id: me })))?.code).toBe('BAD_REQUEST');
      expect((await refusal(call(parts({ known: false }).core, caller, { id: other })))?.code).toBe(
        'NOT_FOUND',
      );
    }
    expect(steps).toEqual([]);
  });
});

describe('privacy settings', () => {
  const settings = {
    last_seen: 'contacts',
    profile_photo: 'everyone',
    about: 'nobody',
    read_receipts: true,
  } as const;

  it('change as given, and are told', async () => {
    const patches: object[] = [];
    const privacy = {
      find: async () => settings,
      relations: async () => [],
      async update(_userId: string, patch: object, tell: Tell) {
        patches.push(patch);
        return { privacy: settings, told: commit(tell, Object.keys(patch).length > 0) };
      },
    };
    const core = { privacy, publisher, clock };
    expect(await getPrivacy(core, caller)).toEqual(settings);
    expect(await updatePrivacy(core, caller, { about: 'nobody', last_seen: undefined })).toEqual(settings);
    expectPublished({ kind: 'privacy' });
    await updatePrivacy(core, caller, {});
    expect(patches).toEqual([{ about: 'nobody' }, {}]);
    expect(published).toHaveLength(1);
  });
});

describe('the own profile', () => {
  it('is changed and told, and not there for who is not there', async () => {
    const user: UserRecord = {
      id: me,
      phone: '+491511234567',
      display_name: 'Mina',
      avatar_url: '',
      status_text: '',
      last_seen: null,
      user_version: 4,
      created_at: '2026-03-01T09:12:44.310Z',
      updated_at: '2026-03-01T09:12:44.310Z',
    };
    const store = (known: boolean) => ({
      updateProfile: async (_id: string, patch: { display_name?: string | undefined }, tell: Tell) =>
        known ? { user, told: commit(tell, patch.display_name !== undefined) } : undefined,
    });
    const core = (known: boolean) =>
      ({ users: store(known), publisher, clock }) as unknown as Parameters<typeof updateMe>[0];
    const { last_seen: _, user_version: __, ...shown } = user;
    expect(await updateMe(core(true), caller, { display_name: 'Mina' })).toEqual(shown);
    expectPublished({ kind: 'profile' });
    expect(await updateMe(core(true), caller, {})).toEqual(shown);
    expect(published).toHaveLength(1);
    expect((await refusal(updateMe(core(false), caller, {})))?.code).toBe('NOT_FOUND');
  });
});
