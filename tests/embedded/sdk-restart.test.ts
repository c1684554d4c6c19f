/** The SDK while the server restarts. */
import { createStandalone } from '@parley/standalone';
import { expect, it } from 'vitest';
import { testConfig } from '../support/parley.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { person } from '../support/sdk.ts';

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
