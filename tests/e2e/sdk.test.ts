/** The SDK against the real server: typed calls, live events, and sends that survive what networks and servers do. */
import { createClient, type ParleyClient, ParleyError } from '@parley/sdk';
import { createStandalone } from '@parley/standalone';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { newPhone, startParley, type TestParley, testConfig } from '../support/parley.ts';
import { createTestDatabase } from '../support/postgres.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

async function person(url: string, name: string): Promise<ParleyClient & { id: string }> {
  const client = createClient({ url });
  const user = await client.signIn({
    phone: newPhone(),
    requestCode: async ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '',
  });
  await client.users.updateMe({ display_name: name });
  return Object.assign(client, { id: user.id });
}

/** The first event that matches, from now on. */
function once<E extends Parameters<ParleyClient['realtime']['on']>[0]>(
  client: ParleyClient,
  event: E,
  match: (data: never) => boolean = () => true,
): Promise<unknown> {
  return new Promise((resolve) => {
    const off = client.realtime.on(event, (data: unknown) => {
      if (!match(data as never)) return;
      off();
      resolve(data);
    });
  });
}

describe('two people', () => {
  it('sign in, open a chat, talk, and see ticks, typing and presence', async () => {
    const [ada, ben] = [await person(parley.url, 'Ada'), await person(parley.url, 'Ben')];
    await Promise.all([ada.realtime.connect(), ben.realtime.connect()]);
    const chat = await ada.chats.create({ type: 'direct', participant_id: ben.id });
    expectTypeOf(chat.chat_id).toEqualTypeOf<string>();

    const arrives = once(ben, 'message.new');
    const sent = await ada.realtime.send({
      chat_id: chat.chat_id,
      type: 'text',
      payload: { body: 'Hello!' },
    });
    expect(await arrives).toMatchObject({ message_id: sent.message_id, payload: { body: 'Hello!' } });

    const read = once(ada, 'message.status', (status: { status: string }) => status.status === 'read');
    expect(await ben.realtime.read(chat.chat_id, sent.message_id)).toEqual({ unread_count: 0 });
    expect(await read).toMatchObject({ user_id: ben.id, up_to_seq: 1 });

    const typing = once(ada, 'typing');
    ben.realtime.typing(chat.chat_id, true);
    expect(await typing).toEqual({ chat_id: chat.chat_id, user_id: ben.id, is_typing: true });

    const online = once(ada, 'presence');
    await ada.realtime.subscribePresence([ben.id]);
    expect(await online).toMatchObject({ user_id: ben.id, online: true });
    const offline = once(ada, 'presence', (presence: { online: boolean }) => !presence.online);
    await ben.close();
    await offline;

    const page = await ada.messages.list({ chat_id: chat.chat_id });
    expect(page.messages.map((message) => message.status)).toEqual(['read']);
    await ada.close();
  });

  it('get typed errors', async () => {
    const ada = await person(parley.url, 'Ada');
    const chats = ada.chats.create({ type: 'direct', participant_id: ada.id });
    await expect(chats).rejects.toMatchObject({ name: 'ParleyError', code: 'BAD_REQUEST' });
    const name = ada.users.updateMe({ display_name: 'x'.repeat(65) });
    const error = await name.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ParleyError);
    expect((error as ParleyError).details[0]?.path).toBe('display_name');
    await ada.close();
  });
});

it('sends through a restart of the server: each once, in order', async () => {
  await using database = await createTestDatabase();
  let server = await createStandalone(testConfig({ DATABASE_URL: database.url }));
  const port = new URL(server.url).port;
  const [ada, ben] = [await person(server.url, 'Ada'), await person(server.url, 'Ben')];
  await Promise.all([ada.realtime.connect(), ben.realtime.connect()]);
  const chat = await ada.chats.create({ type: 'direct', participant_id: ben.id });
  const say = (body: string) => ada.realtime.send({ chat_id: chat.chat_id, type: 'text', payload: { body } });

  const before = Array.from({ length: 20 }, (_, n) => say(`before ${n}`));
  await before[0];
  const away = new Promise<void>((resolve) => {
    ada.realtime.onStatus((status) => status !== 'online' && resolve());
  });
  await server.close();
  await away;
  const during = Array.from({ length: 20 }, (_, n) => say(`during ${n}`));
  server = await createStandalone(testConfig({ DATABASE_URL: database.url, PORT: port }));
  const all = await Promise.all([...before, ...during]);
  expect(all.map((sent) => sent.seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  const history = await ben.messages.list({ chat_id: chat.chat_id, limit: 100 });
  const bodies = history.messages.map((message) => message.payload).reverse();
  expect(bodies).toEqual([
    ...Array.from({ length: 20 }, (_, n) => ({ body: `before ${n}` })),
    ...Array.from({ length: 20 }, (_, n) => ({ body: `during ${n}` })),
  ]);
  await Promise.all([ada.close(), ben.close()]);
  await server.close();
});
