// The importer as a program of its own, against a whole Parley.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Message, ParleyClient } from '@parley/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { person } from '../../../tests/support/sdk.ts';
import { parseExport } from '../../demo/src/parse.ts';
import { textsOf } from '../src/texts.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const sample = fileURLToPath(new URL('../../demo/sample/trip.txt', import.meta.url));
const run = promisify(execFile);

let folder: string;
let parley: TestParley;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
  parley = await startParley();
});

afterAll(async () => {
  await parley?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A group of Mina's and of whoever imports, and the command that imports into it. */
async function group(name: string) {
  const mina = await person(parley.url, 'Mina');
  onTestFinished(() => mina.close());
  const phone = newPhone();
  const importer = await parley.user('Layla', phone);
  const { chat_id } = await mina.chats.create({ type: 'group', name, participant_ids: [importer.id] });
  const file = join(folder, `${name}.txt`);
  await cp(sample, file);
  const session = join(folder, `${name}.session`);
  const command = [program, file, name, '--url', parley.url, '--phone', phone, '--session', session];
  return { mina, chat_id, file, command };
}

/** All that was sent to the chat, oldest first. */
async function sentTo(client: ParleyClient, chat_id: string): Promise<Message[]> {
  const all: Message[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.messages.list({ chat_id, limit: 100, ...(cursor === null ? {} : { cursor }) });
    all.unshift(...page.messages.toReversed());
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all.filter(({ type }) => type === 'text');
}

const bodies = (messages: readonly Message[]) =>
  messages.map(({ payload }) => ('body' in payload ? payload.body : ''));

async function expected(file: string, chatId: string): Promise<string[]> {
  return textsOf(parseExport(await readFile(file, 'utf8')), chatId).map(({ body }) => body);
}

test('goes on after it was killed, and nothing is there twice', async () => {
  const { mina, chat_id, file, command } = await group('Three tickets');
  await mina.realtime.connect();
  const some = Promise.withResolvers<void>();
  let count = 0;
  mina.realtime.on('message.new', () => {
    if (++count === 60) some.resolve();
  });
  const first: ChildProcess = spawn(process.execPath, command, { stdio: 'ignore' });
  const ended = once(first, 'exit');
  await some.promise;
  first.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  await parley.settled();
  const all = await expected(file, chat_id);
  const before = bodies(await sentTo(mina, chat_id));
  expect(before).toEqual(all.slice(0, before.length));
  expect(before.length).toBeLessThan(all.length);

  const { stdout } = await run(process.execPath, command);
  expect(stdout).toContain(`${before.length} of ${all.length} are there already`);
  expect(bodies(await sentTo(mina, chat_id))).toEqual(all);

  // A later export of the same chat: only what is new is sent.
  await appendFile(file, '\n30/12/2024, 09:00 - Mei: one more\n');
  await run(process.execPath, command);
  expect(bodies(await sentTo(mina, chat_id))).toEqual([...all, 'Mei, 2024-12-30 09:00\none more']);
});

test('says what is wrong', async () => {
  const { command } = await group('Some group');
  const [, , , ...options] = command;
  const fails = (...args: string[]) => run(process.execPath, [program, ...args, ...options]);
  await expect(fails(sample, 'No such group')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('you are in no group with the name No such group'),
  });
  await expect(fails(sample)).rejects.toMatchObject({ stderr: expect.stringContaining('Usage: ') });
  await expect(fails(program, 'Some group')).rejects.toMatchObject({
    stderr: expect.stringContaining('not a WhatsApp chat export'),
  });
});

describe('texts', () => {
  const lines = (...texts: string[]) => texts.map((text) => `14/09/2024, 20:30 - ${text}`).join('\n');

  test('have ids of their own, which are UUIDs and stay the same', () => {
    const chat = parseExport(lines('Mei: hi', 'Mei: hi', 'Arjun: hi', 'Mei added Arjun'));
    const texts = textsOf(chat, 'a chat');
    const ids = texts.map(({ client_msg_id }) => client_msg_id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(textsOf(chat, 'a chat')).toEqual(texts);
    expect(textsOf(chat, 'another chat')).not.toEqual(texts);
  });

  test('that are too long for one message go into several, between letters', () => {
    const [text] = textsOf(parseExport(lines(`Mei: ${'🚂'.repeat(100)}`)), 'a chat');
    const long = textsOf(parseExport(lines(`Mei: ${'🚂'.repeat(10_000)}`)), 'a chat');
    const head = 'Mei, 2024-09-14 20:30\n';
    expect(text?.body).toBe(head + '🚂'.repeat(100));
    expect(long.map(({ body }) => [...body].length)).toEqual([4096, 4096, 10_000 + head.length - 2 * 4096]);
    expect(long.map(({ body }) => body).join('')).toBe(head + '🚂'.repeat(10_000));
  });
});
