import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Refused } from './support/accounts.ts';
import { failure, online, signedIn, startServer, status } from './support/client.ts';
import { type FakeServer, failed } from './support/server.ts';

const id = randomUUID();

function frames(server: FakeServer): unknown[] {
  return server.heard
    .filter(({ event }) => event.startsWith('message.'))
    .map(({ event, data }) => [event, data]);
}

describe('what is done to a message', () => {
  test('is told with its data, and resolves with the answer', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onEvent = (event) => {
      if (event === 'message.delete') return { ok: true, data: { message_id: id, deleted_for: 'everyone' } };
      if (event === 'message.react') return { ok: true, data: { message_id: id, reactions: {} } };
      return event === 'message.edit' ? { ok: true, data: { message_id: id, version: 2 } } : undefined;
    };
    expect(await client.realtime.editMessage(id, { body: 'better' })).toMatchObject({ version: 2 });
    expect(await client.realtime.react(id, null)).toEqual({ message_id: id, reactions: {} });
    expect(await client.realtime.deleteMessage(id, 'everyone')).toMatchObject({ deleted_for: 'everyone' });
    await client.realtime.deleteMessage(id);
    expect(frames(server)).toEqual([
      ['message.edit', { message_id: id, payload: { body: 'better' } }],
      ['message.react', { message_id: id, emoji: null }],
      ['message.delete', { message_id: id, for: 'everyone' }],
      ['message.delete', { message_id: id, for: 'me' }],
    ]);
  });

  test('waits for a connection, and is repeated when its answer was lost', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    let times = 0;
    server.onEvent = (event) => {
      if (event !== 'message.react' || ++times > 1) return undefined;
      for (const socket of server.sockets) socket.conn.transport.close();
      return 'ignore';
    };
    const reacting = client.realtime.react(id, '🛶');
    await client.realtime.connect();
    await reacting;
    expect(times).toBe(2);
  });

  test('happens in the order of the calls, whatever the first one has to wait for', async () => {
    const server = await startServer();
    const client = await online(server);
    let times = 0;
    server.onEvent = (event) =>
      event === 'message.react' && ++times === 1
        ? failed(new Refused('SERVICE_UNAVAILABLE', 'away', 0))
        : undefined;
    await Promise.all([
      client.realtime.react(id, '👍'),
      client.realtime.react(id, '🛶'),
      client.realtime.react(id, null),
    ]);
    expect(frames(server).map((frame) => (frame as [string, { emoji: string | null }])[1].emoji)).toEqual([
      '👍',
      '👍',
      '🛶',
      null,
    ]);
  });

  test('rejects with a refusal, which does not hold up the next', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onEvent = (event) => (event === 'message.edit' ? failed(new Refused('FORBIDDEN')) : undefined);
    const editing = failure(client.realtime.editMessage(id, { body: 'too late' }));
    const reacting = client.realtime.react(id, '👍');
    expect(await editing).toMatchObject({ code: 'FORBIDDEN' });
    await reacting;
  });

  test('is given up with its signal, and when the session ends', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const stop = new AbortController();
    const dropped = failure(client.realtime.react(id, '👍', { signal: stop.signal }));
    stop.abort();
    expect(await dropped).toMatchObject({ code: 'ABORTED' });
    const waiting = failure(client.realtime.deleteMessage(id));
    await client.signOut();
    expect(await waiting).toMatchObject({ code: 'UNAUTHORIZED' });
    await status(client, 'idle');
    expect(await failure(client.realtime.react(id, '👍'))).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
