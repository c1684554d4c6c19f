// The bot as a program of its own, against a whole Parley.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ParleyClient } from '@parley/sdk';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { person } from '../../../tests/support/sdk.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let folder: string;
let parley: TestParley;
let session: string;
const phone = newPhone();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-echo-'));
  session = join(folder, 'session');
  parley = await startParley();
});

afterAll(async () => {
  await parley?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the bot; resolves with its user id when it answers. */
async function start(): Promise<{ bot: ChildProcess; id: string }> {
  const bot = spawn(process.execPath, [program, parley.url, phone, session], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void bot.kill('SIGKILL'));
  for await (const line of createInterface(bot.stdout)) {
    const [, id] = /^Answering as (\S+)$/.exec(line) ?? [];
    if (id) return { bot, id };
  }
  throw new Error('The bot ended before it answered');
}

async function stop(bot: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(bot, 'exit');
  bot.kill(signal);
  const [code] = await ended;
  return code;
}

/** Says something; resolves with what the bot answers. */
async function say(mina: ParleyClient, chat_id: string, body: string): Promise<string> {
  const answer = Promise.withResolvers<string>();
  const forget = mina.realtime.on('message.new', ({ payload, reply_to_message_id }) => {
    if (reply_to_message_id && 'body' in payload) answer.resolve(payload.body);
  });
  await mina.realtime.send({ chat_id, type: 'text', payload: { body } });
  return answer.promise.finally(forget);
}

test('has no more than 40 lines', async () => {
  expect((await readFile(program, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(40);
});

test('answers each message once, also those that came while it was away', async () => {
  const { bot, id } = await start();
  const mina = await person(parley.url, 'Mina');
  onTestFinished(() => mina.close());
  await mina.realtime.connect();
  const { chat_id } = await mina.chats.create({ type: 'direct', participant_id: id });
  expect(await say(mina, chat_id, 'See you at the lake?')).toBe('See you at the lake?');
  expect(await stop(bot, 'SIGTERM')).toBe(0);

  for (const body of ['one', 'two']) {
    await mina.realtime.send({ chat_id, type: 'text', payload: { body } });
  }
  const again = await start();
  // The session was kept: it is the same user.
  expect(again.id).toBe(id);
  const said = async () => {
    const { messages } = await mina.messages.list({ chat_id });
    return messages.toReversed().map(({ sender_id, payload }) => {
      return `${sender_id === id ? 'bot' : 'Mina'}: ${'body' in payload ? payload.body : ''}`;
    });
  };
  const all = ['Mina: See you at the lake?', 'bot: See you at the lake?'];
  all.push('Mina: one', 'Mina: two', 'bot: one', 'bot: two');
  await expect.poll(said, { timeout: 10_000 }).toEqual(all);
  // Replies are not answered.
  const { messages } = await mina.messages.list({ chat_id, limit: 1 });
  const reply = { reply_to_message_id: messages[0]?.message_id ?? '' };
  await mina.realtime.send({ chat_id, type: 'text', payload: { body: 'thanks' }, ...reply });
  expect(await say(mina, chat_id, 'three')).toBe('three');
  expect(await said()).toEqual([...all, 'Mina: thanks', 'Mina: three', 'bot: three']);
});
