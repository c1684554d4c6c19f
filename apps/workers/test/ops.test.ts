/** The operator's command on a real database, and on the database of a running server. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DeadLetterStore } from '@parley/core';
import { startEmbeddedPostgres } from '@parley/platform/embedded-postgres';
import { createRuntime, type Operator, openOperator } from '@parley/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testConfig } from '../../../tests/support/parley.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { runOps } from '../src/ops/run.ts';

let database: TestDatabase;
let operator: Operator;
let letters: DeadLetterStore;
beforeAll(async () => {
  database = await createTestDatabase();
  operator = await openOperator(testConfig({ DATABASE_URL: database.url }));
  letters = operator.deadLetters;
});
afterAll(async () => {
  await operator?.close();
  await database?.drop();
});

const event = (more: object = {}) => ({
  event_id: randomUUID(),
  event_type: 'presence.changed',
  timestamp: '2026-03-01T09:12:44.310Z',
  request_id: 'r',
  trace: null,
  payload: { user_id: randomUUID(), status: 'online', last_seen: null },
  ...more,
});
const put = (error: string, what: object = event()) =>
  letters.put({ consumer: 'realtime', event: what, error, deliveries: 6 });
const newest = async () => (await letters.list({ limit: 1, before: null }))[0]?.id ?? '';

/** Runs a command on the test's database; what it wrote to either stream. */
async function ops(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runOps(args, {
    open: async () => ({ ...operator, close: async () => undefined }),
    out: (chunk) => {
      out += chunk;
    },
    error: (chunk) => {
      error += chunk;
    },
  });
  return { code, out, error };
}

it('explains itself, and says what it did not understand', async () => {
  expect(await ops('--help')).toMatchObject({ code: 0, out: expect.stringContaining('dlq replay') });
  for (const args of [
    [],
    ['dlq'],
    ['what'],
    ['dlq', 'what'],
    ['dlq', 'list', '1'],
    ['dlq', 'list', '--limit', '0'],
    ['dlq', 'list', '--all'],
    ['dlq', 'list', '--what'],
    ['dlq', 'show'],
    ['dlq', 'show', '1', '2'],
    ['dlq', 'replay'],
    ['dlq', 'replay', '1', '--all'],
    ['user'],
    ['user', '12345'],
    ['user', '+491511234567', '--all'],
    ['chat', 'what'],
    ['queue', 'what'],
    ['push'],
    ['push', 'why', randomUUID()],
    ['push', 'who', randomUUID(), randomUUID()],
  ]) {
    expect(await ops(...args), args.join(' ')).toMatchObject({
      code: 2,
      error: expect.stringMatching(/\n\nnpm run ops/),
    });
  }
});

it('lists what is there in a table, without phone numbers, tokens or what people wrote', async () => {
  expect(await ops('dlq', 'list')).toEqual({ code: 0, out: 'There are no dead letters.\n', error: '' });
  await put('no way to +49 151 12345678 with Bearer eyJhbGciOi.eyJzdWIi.c2ln\n  at secret.ts');
  await put(`timeout \u001b[31m ${'k'.repeat(43)}`, { subject: 'msg.new', raw: 'what people wrote' });
  const { code, out } = await ops('dlq', 'list');
  expect(code).toBe(0);
  const [heading, second, first, ...rest] = out.split('\n');
  expect(heading).toMatch(/^id +when +consumer +subject +deliveries +error$/);
  expect(first).toMatch(
    /^\d+ +20\d\d-\S+Z +realtime +presence\.changed +6 +no way to \[phone\] with Bearer \[token\]$/,
  );
  expect(second).toMatch(/^\d+ +20\d\d-\S+Z +realtime +msg\.new +6 +timeout {2}\[31m \[token\]$/);
  expect(rest).toEqual(['']);
  expect((await ops('dlq', 'list', '--limit', '1')).out).toContain('1 of 2');
  const json = JSON.parse((await ops('dlq', 'list', '--json')).out);
  expect(json).toMatchObject([
    { subject: 'msg.new' },
    { deliveries: 6, error: expect.stringContaining('[phone]') },
  ]);
});

it('shows one with its event', async () => {
  const what = event();
  await put('no', what);
  const { code, out } = await ops('dlq', 'show', await newest());
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ consumer: 'realtime', event: what, error: 'no' });
  expect(await ops('dlq', 'show', '999999')).toMatchObject({
    code: 1,
    out: 'There is no dead letter 999999.\n',
  });
});

it('hands back what it can, and says what it cannot', async () => {
  await put('no');
  const good = await newest();
  await put('no', { raw: '?' });
  const bad = await newest();
  const { code, out } = await ops('dlq', 'replay', good, bad, '999999', good);
  expect(code).toBe(1);
  expect(out.split('\n').sort()).toEqual(
    [
      '',
      `Dead letter ${bad} is no event of this version and cannot be handed back; dlq show ${bad} shows it.`,
      `Dead letter ${good} goes back to its consumer.`,
      'There is no dead letter 999999.',
    ].sort(),
  );
  expect(await letters.find(good)).toBeUndefined();
  expect(await letters.find(bad)).toBeDefined();
  expect(await ops('dlq', 'replay', good)).toMatchObject({ code: 1 });
});

it('hands back all, over any number of pages', async () => {
  const unfit = (await letters.list({ limit: 1_000, before: null })).filter(
    (letter) => !('event_type' in (letter.event as object)),
  ).length;
  const before = await letters.count();
  for (let n = 0; n < 120; n++) await put('no');
  const { code, out } = await ops('dlq', 'replay', '--all');
  expect(code).toBe(unfit > 0 ? 1 : 0);
  expect(out).toContain(`${before + 120 - unfit} dead letters go back to their consumers.`);
  expect(await letters.count()).toBe(unfit);
});

it('brings an event back to the consumer that could not handle it, and to no other', async () => {
  await using fresh = await createTestDatabase();
  const runtime = await createRuntime(testConfig({ DATABASE_URL: fresh.url }), 'test');
  const operator = await openOperator(testConfig({ DATABASE_URL: fresh.url }));
  try {
    const seen: string[] = [];
    const user = randomUUID();
    const arrived = new Promise<void>((resolve) => {
      runtime.core.bus.subscribe('one', 'presence.changed', ({ payload }) => {
        seen.push(`one ${payload.user_id}`);
        resolve();
      });
    });
    runtime.core.bus.subscribe(
      'two',
      'presence.changed',
      ({ payload }) => void seen.push(`two ${payload.user_id}`),
    );
    const payload = { user_id: user, status: 'online', last_seen: null };
    await operator.deadLetters.put({
      consumer: 'one',
      event: event({ payload }),
      error: 'no',
      deliveries: 6,
    });
    const [letter] = await operator.deadLetters.list({ limit: 1, before: null });
    await runtime.start();
    const code = await runOps(['dlq', 'replay', letter?.id ?? ''], {
      open: async () => operator,
      out: () => undefined,
      error: () => undefined,
    });
    expect(code).toBe(0);
    await arrived;
    expect(seen).toEqual([`one ${user}`]);
  } finally {
    await runtime.close();
  }
});

it('finds the embedded database of a server that runs, and says what to do where none does', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-ops-'));
  const command = async () => {
    const child = spawn(process.execPath, ['apps/workers/src/ops/main.ts', 'dlq', 'list'], {
      env: { ...process.env, PARLEY_DATA_DIR: dataDir, DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, error, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code, out, error };
  };
  try {
    expect(await command()).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/start it with npm start, or set DATABASE_URL/),
    });
    const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
    try {
      expect(await command()).toMatchObject({
        code: 1,
        error: expect.stringMatching(/start the server once/),
      });
    } finally {
      await postgres.stop();
    }
    const runtime = await createRuntime(testConfig({ PARLEY_DATA_DIR: dataDir, DATABASE_URL: '' }), 'test');
    try {
      expect(await command()).toEqual({ code: 0, out: 'There are no dead letters.\n', error: '' });
    } finally {
      await runtime.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
