import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Refused } from './support/accounts.ts';
import { failure, makeClient, online, signedIn, startServer, status } from './support/client.ts';
import { type FakeServer, failed } from './support/server.ts';

const chat = randomUUID();

function text(body: string, chat_id = chat) {
  return { chat_id, type: 'text' as const, payload: { body } };
}

function bodies(server: FakeServer): unknown[] {
  return server.stored.map(({ payload }) => (payload as { body: string }).body);
}

/** Resolves when so many messages are stored. */
function storing(server: FakeServer, count: number): Promise<void> {
  return new Promise((resolve) => {
    server.on('stored', () => {
      if (server.stored.length === count) resolve();
    });
  });
}

describe('a message', () => {
  test('sent online resolves with what the server says', async () => {
    const server = await startServer();
    const client = await online(server);
    const sent = await client.realtime.send(text('hello'));
    expect(sent).toMatchObject({ chat_id: chat, seq: 1 });
    expect(server.stored[0]?.client_msg_id).toBe(sent.client_msg_id);
    expect(client.realtime.pending).toBe(0);
  });

  test('sent offline waits for the connection', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const sending = client.realtime.send(text('early'));
    await client.realtime.connect();
    expect(await sending).toMatchObject({ seq: 1 });
  });

  test('whose connection is lost before the answer is stored once and resolves once', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onSend = (_, times) => (times === 1 ? 'drop' : undefined);
    const client_msg_id = randomUUID();
    const sent = await client.realtime.send({ ...text('once'), client_msg_id });
    expect(sent).toMatchObject({ client_msg_id, seq: 1 });
    expect(bodies(server)).toEqual(['once']);
    const frames = server.heard.filter(({ event }) => event === 'message.send');
    expect(frames).toHaveLength(2);
    expect(new Set(frames.map(({ socketId }) => socketId)).size).toBe(2);
  });

  test('survives a server that is away and comes back', async () => {
    const server = await startServer();
    const client = await online(server);
    await server.stop();
    await status(client, 'offline');
    const sending = Promise.all([client.realtime.send(text('a')), client.realtime.send(text('b'))]);
    await server.listen();
    await sending;
    expect(bodies(server)).toEqual(['a', 'b']);
  });

  test('that is not answered in time is sent again with the same id', async () => {
    const server = await startServer();
    const client = await online(server, {}, { ackMs: 20 });
    server.onSend = (_, times) => (times < 3 ? 'ignore' : undefined);
    await client.realtime.send(text('patience'));
    expect(bodies(server)).toEqual(['patience']);
    expect(server.heard.filter(({ event }) => event === 'message.send')).toHaveLength(3);
    expect(client.realtime.status).toBe('online');
  });

  test('given twice is sent once; another one with its id is refused', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const draft = { ...text('twice'), client_msg_id: randomUUID() };
    const [first, second] = [client.realtime.send(draft), client.realtime.send({ ...draft })];
    const other = await failure(client.realtime.send({ ...draft, payload: { body: 'other' } }));
    expect(other).toMatchObject({ code: 'CONFLICT' });
    await client.realtime.connect();
    expect(await first).toEqual(await second);
    expect(server.heard.filter(({ event }) => event === 'message.send')).toHaveLength(1);
  });

  test('larger than a frame is refused before it is sent', async () => {
    const server = await startServer();
    const client = await online(server);
    const error = await failure(client.realtime.send(text('x'.repeat(70_000))));
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(server.heard).toEqual([]);
  });
});

describe('the order', () => {
  test('of a chat is that of the calls, through lost connections and passing errors', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onSend = (frame, times) => {
      const { body } = frame.payload as { body: string };
      if (times > 1) return undefined;
      if (body === '3') return 'drop';
      if (body === '5') return failed(new Refused('TOO_MANY_REQUESTS', 'slowly', 0.01));
      if (body === '7') return failed(new Refused('SERVICE_UNAVAILABLE'));
      return undefined;
    };
    const wanted = Array.from({ length: 10 }, (_, at) => String(at));
    await Promise.all(wanted.map((body) => client.realtime.send(text(body))));
    expect(bodies(server)).toEqual(wanted);
  });

  test('goes on behind a message that is refused for good', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onSend = (frame) =>
      (frame.payload as { body: string }).body === 'b' ? failed(new Refused('USER_BLOCKED')) : undefined;
    const [a, b, c] = ['a', 'b', 'c'].map((body) => client.realtime.send(text(body)));
    expect(await failure(b ?? Promise.resolve())).toMatchObject({ code: 'USER_BLOCKED' });
    await Promise.all([a, c]);
    expect(bodies(server)).toEqual(['a', 'c']);
  });

  test('of one chat does not hold up another', async () => {
    const server = await startServer();
    const client = await online(server);
    const stuck = randomUUID();
    server.onSend = (frame) => (frame.chat_id === stuck ? failed(new Refused('INTERNAL_ERROR')) : undefined);
    const waiting = failure(client.realtime.send(text('stuck', stuck)));
    await client.realtime.send(text('free'));
    expect(bodies(server)).toEqual(['free']);
    await client.close();
    expect(await waiting).toMatchObject({ code: expect.stringMatching(/ABORTED|INTERNAL_ERROR/) });
  });

  test('holds for many chats at once', async () => {
    const server = await startServer();
    const client = await online(server);
    const chats = Array.from({ length: 20 }, () => randomUUID());
    const done = storing(server, 100);
    const sends = chats.flatMap((id) =>
      [0, 1, 2, 3, 4].map((n) => client.realtime.send(text(String(n), id))),
    );
    await Promise.all(sends);
    await done;
    for (const id of chats) {
      const own = server.stored.filter(({ chat_id }) => chat_id === id);
      expect(own.map(({ payload }) => (payload as { body: string }).body)).toEqual(['0', '1', '2', '3', '4']);
    }
  });
});

describe('a refused message', () => {
  test.each(['NOT_CHAT_MEMBER', 'CHAT_NOT_FOUND', 'VALIDATION_ERROR', 'CONFLICT'] as const)(
    'rejects with %s and is not sent again',
    async (code) => {
      const server = await startServer();
      const client = await online(server);
      server.onSend = () => failed(new Refused(code, 'no'));
      expect(await failure(client.realtime.send(text('no')))).toMatchObject({ code, message: 'no' });
      expect(server.heard.filter(({ event }) => event === 'message.send')).toHaveLength(1);
    },
  );

  test('waits as long as the rate limit says, and nothing else is sent meanwhile', async () => {
    const server = await startServer();
    const client = await online(server);
    const times: { body: unknown; at: number }[] = [];
    server.onSend = (frame, count) => {
      const { body } = frame.payload as { body: string };
      times.push({ body, at: performance.now() });
      return body === 'limited' && count === 1
        ? failed(new Refused('TOO_MANY_REQUESTS', 'slowly', 0.2))
        : undefined;
    };
    const first = client.realtime.send(text('limited'));
    await server.hears('message.send');
    // Acknowledged after the refusal, so the client knows of it now.
    await client.realtime.read(chat, randomUUID());
    const second = client.realtime.send(text('later', randomUUID()));
    await Promise.all([first, second]);
    expect(times).toHaveLength(3);
    const [refused, ...rest] = times.map(({ at }) => at);
    // Timers may fire a millisecond early.
    for (const at of rest) expect(at - (refused ?? 0)).toBeGreaterThan(195);
  });

  test('rejects in the end where the server cannot bear it', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onSend = () => failed(new Refused('INTERNAL_ERROR'));
    expect(await failure(client.realtime.send(text('poison')))).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(server.heard.filter(({ event }) => event === 'message.send')).toHaveLength(8);
  });

  test('whose token ran out is sent again with a new one', async () => {
    const server = await startServer();
    const client = await online(server);
    server.onSend = (_, times) => (times === 1 ? failed(new Refused('TOKEN_EXPIRED')) : undefined);
    await client.realtime.send(text('renewed'));
    expect(server.accounts.refreshes).toBe(1);
    await server.hears('auth');
  });
});

describe('giving up', () => {
  test('a message that was not sent drops it, and only it', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const controller = new AbortController();
    const dropped = failure(client.realtime.send(text('dropped'), { signal: controller.signal }));
    const kept = client.realtime.send(text('kept'));
    await client.ready;
    controller.abort();
    expect(await dropped).toMatchObject({ code: 'ABORTED' });
    await client.realtime.connect();
    await kept;
    expect(bodies(server)).toEqual(['kept']);
  });

  test('a message that is on its way changes nothing', async () => {
    const server = await startServer();
    const client = await online(server);
    const controller = new AbortController();
    server.onSend = (_, times) => (times === 1 ? 'drop' : undefined);
    const sending = client.realtime.send(text('on its way'), { signal: controller.signal });
    await server.hears('message.send');
    controller.abort();
    expect(await sending).toMatchObject({ seq: 1 });
  });

  test('by disconnect keeps what waits; by close rejects it', async () => {
    const server = await startServer();
    const client = await online(server);
    client.realtime.disconnect();
    const kept = client.realtime.send(text('kept'));
    await client.realtime.connect();
    await kept;
    client.realtime.disconnect();
    const rejected = failure(client.realtime.send(text('rejected')));
    expect(client.realtime.pending).toBe(1);
    await client.close();
    expect(await rejected).toMatchObject({ code: 'ABORTED' });
  });

  test('the session rejects what waits, and nothing of it is sent as the next user', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const rejected = failure(client.realtime.send(text('mine')));
    await client.signIn({ phone: '+4917000', requestCode: () => '042137' });
    expect(await rejected).toMatchObject({ code: 'UNAUTHORIZED' });
    await client.realtime.connect();
    await client.realtime.send(text('theirs'));
    expect(bodies(server)).toEqual(['theirs']);
  });

  test('happens to what nobody can send', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    const early = failure(client.realtime.send(text('before the storage was read')));
    expect(client.realtime.pending).toBe(1);
    expect(await early).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await failure(client.realtime.send(text('nobody')))).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
