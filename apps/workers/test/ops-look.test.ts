/** What an operator looks at, on a real database and a real NATS: accounts, chats, what waits, and why somebody was pushed. */
import { randomUUID } from 'node:crypto';
import { PostgresPushLedger, Sql } from '@parley/db';
import { type Operator, openOperator } from '@parley/runtime';
import { type RunningStore, startNats } from '@parley/stack';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { natsBus, presenceEvent } from '../../../packages/platform/test/support/bus.ts';
import { testConfig } from '../../../tests/support/parley.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { runOps } from '../src/ops/run.ts';

const nowhere = '127.0.0.1:1';
const phone = '+491511234567';
const token = `a-device's-token-${'x'.repeat(40)}-ending`;

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Sql({ url: database.url, poolSize: 2, timeoutMs: 5_000 });
});
afterAll(async () => {
  await sql?.close();
  await database?.drop();
});
beforeEach(() => sql.pool.query('TRUNCATE users, chats, messages, outbox, dead_letters, push_notes CASCADE'));

async function opsWith(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; out: string }> {
  let out = '';
  const write = (chunk: string) => {
    out += chunk;
  };
  const open = (): Promise<Operator> =>
    openOperator(testConfig({ DATABASE_URL: database.url, STORE_TIMEOUT_MS: '500', ...env }));
  const code = await runOps(args, { open, out: write, error: write });
  return { code, out };
}
const ops = (...args: string[]) => opsWith({}, ...args);

/** Inserts a row and gives it back. */
async function row<T>(into: string, values: object): Promise<T> {
  const names = Object.keys(values);
  const places = names.map((_, index) => `$${index + 1}`);
  const { rows } = await sql.pool.query(
    `INSERT INTO ${into} (${names.join(', ')}) VALUES (${places.join(', ')}) RETURNING *`,
    Object.values(values),
  );
  return rows[0] as T;
}

let others = 0;
const person = (display_name: string, number = `+1555${String(++others).padStart(7, '0')}`) =>
  row<{ id: string }>('users', { phone: number, display_name });

async function group(name: string, ...members: { id: string; fields?: object }[]) {
  const chat = await row<{ id: string }>('chats', {
    type: 'group',
    state_version: 4,
    auto_delete_seconds: 86_400,
  });
  await row('groups', { chat_id: chat.id, name, created_by: members[0]?.id, is_admin_only: true });
  for (const { id, fields } of members) {
    await row('chat_participants', {
      chat_id: chat.id,
      user_id: id,
      joined_at: '2026-03-01T09:12:44.310Z',
      ...fields,
    });
  }
  return chat.id;
}

const column = (out: string, name: string) => new RegExp(`^${name} +(.*)$`, 'm').exec(out)?.[1];

describe('user', () => {
  it('shows an account with its sessions and tokens, and neither the phone number nor a whole token', async () => {
    const ada = await person('Ada \u001b[31m Lovelace', phone);
    const ben = await person('Ben');
    await group('Lake', ada, ben);
    await group('Left', { id: ada.id, fields: { left_at: new Date(), left_seq: 3 } }, ben);
    await row('contacts', { user_id: ada.id, contact_id: ben.id, is_blocked: true });
    const session = randomUUID();
    const soon = new Date(Date.now() + 60_000);
    const refresh = (values: object) =>
      row('refresh_tokens', { user_id: ada.id, token_hash: randomUUID(), expires_at: soon, ...values });
    await refresh({ session_id: session, device_name: 'Pixel', created_at: '2026-03-01T09:12:44.310Z' });
    await refresh({ session_id: session, device_name: 'Pixel', created_at: '2026-03-02T09:12:44.310Z' });
    await refresh({ session_id: randomUUID(), device_name: 'revoked', revoked: true });
    await refresh({ session_id: randomUUID(), device_name: 'over', expires_at: new Date(Date.now() - 1) });
    await row('device_tokens', {
      user_id: ada.id,
      token,
      session_id: session,
      updated_at: '2026-03-02T09:12:44.310Z',
    });

    const { code, out } = await ops('user', '+49 (151) 123-45.67');
    expect(code).toBe(0);
    for (const hidden of ['1511234567', "a-device's-token", 'revoked', ' over', '\u001b']) {
      expect(out).not.toContain(hidden);
    }
    expect(column(out, 'id')).toBe(ada.id);
    expect(column(out, 'name')).toBe('Ada  [31m Lovelace');
    expect(column(out, 'chats')).toBe('1, and 1 left');
    expect(column(out, 'contacts')).toBe('1, 1 blocked');
    expect(column(out, 'connected')).toBe('only the server itself knows');
    expect(column(out, session)).toBe('2026-03-01T09:12:44.310Z  2026-03-02T09:12:44.310Z  Pixel');
    expect(column(out, 'android')).toBe(`…ending  2026-03-02T09:12:44.310Z  ${session}`);

    const json = await ops('user', phone, '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      id: ada.id,
      created_at: expect.stringMatching(/^20\d\d-.*Z$/),
      last_seen: null,
      online: null,
      sessions: [{ session_id: session, used_at: '2026-03-02T09:12:44.310Z' }],
      push_tokens: [{ ending: 'ending', registered_at: '2026-03-02T09:12:44.310Z' }],
    });
    expect(json.out).not.toMatch(/1511234567|a-device's-token/);
  });

  it('says that nobody has the number, and what is the matter where Redis is away', async () => {
    for (const more of [[], ['--json']]) {
      expect(await ops('user', '+4915199999999', ...more)).toEqual({
        code: 1,
        out: 'Nobody has this phone number.\n',
      });
    }
    await person('Ada', phone);
    const away = { REDIS_URL: `redis://${nowhere}` };
    const { code, out } = await opsWith(away, 'user', phone);
    expect([code, column(out, 'connected')]).toEqual([0, 'Redis does not answer']);
    const json = await opsWith(away, 'user', phone, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ online: null });
  });
});

describe('chat', () => {
  it('shows its counters and its members, and how far each has read', async () => {
    const [ada, ben, cleo] = [await person('Ada'), await person(`Ben, call ${phone}`), await person('Cleo')];
    const past = new Date(Date.now() - 1);
    const id = await group(
      'Lake\nof secrets',
      { id: ada.id, fields: { role: 'admin', delivered_seq: 9, read_seq: 7, is_muted: true } },
      {
        id: ben.id,
        fields: { left_at: '2026-03-04T09:12:44.310Z', left_seq: 5, is_muted: true, mute_until: past },
      },
      { id: cleo.id },
    );
    const { code, out } = await ops('chat', id.toUpperCase());
    expect(code).toBe(0);
    expect(column(out, 'name')).toBe('Lake');
    expect(column(out, 'state_version')).toBe('4');
    expect(column(out, 'disappearing')).toBe('after 86400 s');
    expect(column(out, 'who may send')).toBe('admins');
    expect(column(out, 'members')).toBe('2, and 1 left');
    const cells = (user: { id: string }) => column(out, user.id)?.split(/ {2,}/);
    expect(cells(ada)).toEqual(['admin', '2026-03-01T09:12:44.310Z', '9', '7', 'yes', '?', 'Ada']);
    expect(cells(ben)).toEqual([
      'left',
      '2026-03-04T09:12:44.310Z',
      '0',
      '0',
      'no',
      '?',
      'Ben, call [phone]',
    ]);
    const json = JSON.parse((await ops('chat', id, '--json')).out);
    expect(json).toMatchObject({ chat_id: id, last_seq: 0, version: 0, is_admin_only: true });
    expect(json.members).toHaveLength(3);
    expect(JSON.stringify(json)).not.toContain(phone);
    expect(json.members).toContainEqual(
      expect.objectContaining({ user_id: ada.id, online: null, joined_at: '2026-03-01T09:12:44.310Z' }),
    );
  });

  it('says that there is none', async () => {
    const id = randomUUID();
    expect(await ops('chat', id)).toEqual({ code: 1, out: `There is no chat ${id}.\n` });
  });
});

describe('push why', () => {
  it('says what was decided, in a word, with the details, and in a sentence', async () => {
    const [message, user] = [randomUUID(), randomUUID()];
    const at = Date.parse('2026-03-02T09:12:44.310Z');
    const ledger = new PostgresPushLedger(sql);
    const note = (reason: 'sent' | 'muted', detail: string | null) =>
      ledger.note([{ messageId: message, userId: user, reason, detail }], at);
    await note('muted', null);
    expect(await ops('push', 'why', message, user)).toEqual({
      code: 0,
      out: 'muted, decided 2026-03-02T09:12:44.310Z\nThe user had muted the chat.\n',
    });
    await note('sent', '2 devices sent');
    expect((await ops('push', 'why', message.toUpperCase(), user)).out).toBe(
      'sent (2 devices sent), decided 2026-03-02T09:12:44.310Z\nIt was handed to the push service.\n',
    );
    expect(await ops('push', 'why', randomUUID(), user)).toMatchObject({ code: 1 });
  });

  it('where notes are in Redis, needs it', async () => {
    const { code, out } = await opsWith(
      { REDIS_URL: `redis://${nowhere}` },
      'push',
      'why',
      randomUUID(),
      randomUUID(),
    );
    expect([code, out]).toEqual([1, expect.stringMatching(/Redis/)]);
  });
});

describe('queue', () => {
  it('shows the outbox and dead letters of a server whose events stay in its process', async () => {
    const nothing =
      /^Events stay in the process.*\n\noutbox of PostgreSQL {2}nothing\ndead letters {10}none\n$/;
    expect(await ops('queue')).toEqual({ code: 0, out: expect.stringMatching(nothing) });
    for (const seconds of [3, 70]) {
      const created_at = new Date(Date.now() - seconds * 1_000);
      await row('outbox', { subject: 'chat.changed', payload: '{"text":"what people wrote"}', created_at });
    }
    await row('dead_letters', { consumer: 'one', event: '{}', error: 'no', deliveries: 6 });
    const { out } = await ops('queue');
    expect(column(out, 'outbox of PostgreSQL')).toMatch(/^2, the oldest for 7\d\.\d s$/);
    expect(column(out, 'dead letters')).toBe('1 (dlq list shows them)');
    expect(out).not.toContain('wrote');
    expect(JSON.parse((await ops('queue', '--json')).out)).toEqual({
      consumers: null,
      outbox: [{ store: 'PostgreSQL', waiting: 2, oldest_seconds: expect.closeTo(70, -1) }],
      dead_letters: 1,
    });
  });

  it('shows what is in the stores while NATS is away, and says that this is not all', async () => {
    const { code, out } = await opsWith({ NATS_URL: `nats://${nowhere}` }, 'queue');
    expect(code).toBe(1);
    expect(out).toMatch(/^NATS does not answer/);
    expect(column(out, 'dead letters')).toBe('none');
  });

  describe.skipIf('nats' in inject('missing'))('on NATS', () => {
    let nats: RunningStore;
    beforeAll(async () => {
      nats = await startNats();
    });
    afterAll(() => nats?.[Symbol.asyncDispose]());

    it('shows what each consumer has not handled', async () => {
      const env = { NATS_URL: nats.url };
      expect((await opsWith(env, 'queue')).out).toMatch(/^No consumer has ever been there\.$/m);
      const { bus } = natsBus(nats.url);
      const held = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      bus.subscribe('slow', 'presence.changed', () => {
        begun.resolve();
        return held.promise;
      });
      bus.subscribe('quick', 'presence.changed', () => undefined);
      await bus.start();
      await bus.publish([presenceEvent(), presenceEvent()]);
      await begun.promise;
      const queues = async () => JSON.parse((await opsWith(env, 'queue', '--json')).out).consumers;
      const quick = { consumer: 'quick', stream: 'PRESENCE', pending: 0, unanswered: 0, redelivered: 0 };
      // Both were given out, or the second one waits for the first.
      await expect
        .poll(async () => {
          const [one, two] = await queues();
          return [one, two.consumer, two.pending + two.unanswered, two.redelivered];
        })
        .toEqual([quick, 'slow', 2, 0]);
      expect((await opsWith(env, 'queue')).out).toMatch(
        /^consumer +stream +pending +unanswered +redelivered\nquick +PRESENCE +0 +0 +0\nslow +PRESENCE +\d +\d +0\n\noutbox/,
      );
      held.resolve();
      await expect.poll(queues).toEqual([quick, { ...quick, consumer: 'slow' }]);
      await bus.close();
    });
  });
});
