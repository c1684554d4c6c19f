import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import { ParleyError } from '../../src/errors.ts';
import { failure } from '../support/client.ts';
import { ChatServer, chat, left, makeTab, started, text } from './world.ts';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

afterEach(async () => {
  await new Promise((done) => setImmediate(done));
  expect(unhandled.splice(0)).toEqual([]);
});

describe('a message', () => {
  test('shows at once, resolves when it is stored, and is gone then', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const changes: string[] = [];
    tab.outbox.onChange((chatId) => changes.push(chatId));
    const sending = tab.outbox.send(text('hello'));
    const [item] = tab.outbox.items(chat);
    expect(item).toMatchObject({
      chat_id: chat,
      type: 'text',
      payload: { body: 'hello' },
      status: 'pending',
    });
    expect(item).toMatchObject({ file: null, error: null, reply_to_message_id: null });
    expect(tab.outbox.items(chat.toUpperCase())).toBe(tab.outbox.items(chat));
    expect(tab.outbox.items(chat)[0]).toBe(item);
    const sent = await sending;
    expect(sent).toMatchObject({ client_msg_id: item?.client_msg_id, seq: 1, version: 1 });
    expect(tab.outbox.items(chat)).toEqual([]);
    expect(tab.outbox.items(chat)).toBe(tab.outbox.items(randomUUID()));
    expect(new Set(changes)).toEqual(new Set([chat]));
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test('is written before anything of it is sent', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const seen: number[] = [];
    server.fate = async () => {
      seen.push((await left(database)).length);
      return 'stored' as const;
    };
    await tab.outbox.send(text('a'));
    await tab.outbox.send(text('b'));
    expect(seen).toEqual([1, 1]);
  });

  test('given before the session is there waits for it', async () => {
    const server = new ChatServer();
    const tab = makeTab(server);
    const early = [tab.outbox.send(text('first')), tab.outbox.send(text('second'))];
    expect(tab.outbox.items(chat)).toHaveLength(2);
    await tab.start(memoryDatabase());
    await Promise.all(early);
    expect(server.bodies).toEqual(['first', 'second']);
  });

  test('given twice is sent once; another one with its id is refused', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const draft = { ...text('twice'), client_msg_id: randomUUID() };
    const [one, other] = [tab.outbox.send(draft), tab.outbox.send({ ...draft })];
    expect(await failure(tab.outbox.send({ ...draft, payload: { body: 'else' } }))).toMatchObject({
      code: 'CONFLICT',
    });
    expect(await one).toEqual(await other);
    expect(server.came).toHaveLength(1);
  });

  test('larger than a frame is refused, and shows nowhere', async () => {
    const tab = await started(new ChatServer());
    const error = await failure(tab.outbox.send(text('x'.repeat(70_000))));
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(tab.outbox.items(chat)).toEqual([]);
  });

  test('is refused without loss where a thousand wait', async () => {
    const server = new ChatServer();
    const tab = makeTab(server);
    for (let at = 0; at < 1000; at++) void tab.outbox.send(text(String(at)));
    expect(await failure(tab.outbox.send(text('too many')))).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(tab.outbox.items(chat)).toHaveLength(1000);
    await tab.start(memoryDatabase());
    await vi.waitFor(() => expect(server.stored).toHaveLength(1000));
    expect(server.bodies).toEqual(Array.from({ length: 1000 }, (_, at) => String(at)));
  });

  test('that the device cannot keep is not sent, and can be tried again', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    tab.tap = () => 'fail';
    const refused = tab.outbox.send(text('full'));
    const error = await failure(refused);
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retriable: true });
    expect(server.came).toEqual([]);
    const [item] = tab.outbox.items(chat);
    expect(item).toMatchObject({ status: 'failed', error });
    tab.tap = () => 'write';
    await tab.outbox.retry(item?.client_msg_id ?? '');
    expect(server.bodies).toEqual(['full']);
  });

  test('dropped by its signal is not sent; one that is on its way is', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const held = Promise.withResolvers<'stored'>();
    server.fate = () => held.promise;
    const controller = new AbortController();
    const { signal } = controller;
    const onItsWay = tab.outbox.send(text('on its way'), { signal });
    const behind = failure(tab.outbox.send(text('behind'), { signal }));
    await vi.waitFor(() => expect(server.came).toHaveLength(1));
    controller.abort();
    expect(await behind).toMatchObject({ code: 'ABORTED' });
    expect(await failure(tab.outbox.send(text('late'), { signal }))).toMatchObject({ code: 'ABORTED' });
    held.resolve('stored');
    await onItsWay;
    expect(server.bodies).toEqual(['on its way']);
  });
});

describe('the order', () => {
  test('of a chat is that of the calls, through losses and passing errors', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const fates = ['stored', 'lost', 'answer lost', new ParleyError('SERVICE_UNAVAILABLE')] as const;
    server.fate = (_, times) => (times > 1 ? 'stored' : (fates[server.came.length % 4] ?? 'stored'));
    const wanted = Array.from({ length: 12 }, (_, at) => String(at));
    await Promise.all(wanted.map((body) => tab.outbox.send(text(body))));
    expect(server.bodies).toEqual(wanted);
  });

  test('goes on behind one that is refused for good, which stays to be seen', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    server.fate = ({ payload }) =>
      'body' in payload && payload.body === 'b' ? new ParleyError('USER_BLOCKED') : 'stored';
    const [a, b, c] = ['a', 'b', 'c'].map((body) => tab.outbox.send(text(body)));
    const error = await failure(b as Promise<unknown>);
    await Promise.all([a, c]);
    expect(server.bodies).toEqual(['a', 'c']);
    expect(tab.outbox.items(chat)).toMatchObject([{ payload: { body: 'b' }, status: 'failed', error }]);
  });

  test('of one chat does not hold up another', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const stuck = randomUUID();
    server.fate = ({ chat_id }) => (chat_id === stuck ? new ParleyError('SERVICE_UNAVAILABLE') : 'stored');
    void tab.outbox.send(text('stuck', stuck));
    await tab.outbox.send(text('free'));
    expect(server.bodies).toEqual(['free']);
  });

  test('is kept where the clock was set back between two runs', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    server.fate = () => 'lost';
    const before = await started(server, database);
    void before.outbox.send(text('first'));
    await vi.waitFor(() => expect(server.came.length).toBeGreaterThan(0));
    before.kill();
    vi.spyOn(Date, 'now').mockReturnValue(1000);
    const after = await started(server, database);
    void after.outbox.send(text('second'));
    server.fate = () => 'stored';
    await vi.waitFor(() => expect(server.bodies).toEqual(['first', 'second']));
    vi.restoreAllMocks();
  });
});

describe('the way', () => {
  test('is HTTP while nobody asks for the live connection, and that one when it is there', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    await tab.outbox.send(text('a'));
    tab.link.set('connecting');
    const waiting = tab.outbox.send(text('b'));
    tab.link.set('online');
    await waiting;
    tab.link.set('idle');
    await tab.outbox.send(text('c'));
    expect(server.came.map(({ way }) => way)).toEqual(['http', 'live', 'http']);
  });

  test('is HTTP where the live connection does not come', async () => {
    const server = new ChatServer();
    const tab = await started(server, memoryDatabase(), { ackMs: 20 });
    tab.link.set('connecting');
    tab.link.set('offline');
    await tab.outbox.send(text('all the same'));
    expect(server.came.map(({ way }) => way)).toEqual(['http']);
  });

  test('is shared with messages for the live connection alone, which hold up no others without it', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const live = tab.lanes.add(text('live'), undefined);
    await tab.outbox.send(text('http'));
    expect(server.bodies).toEqual(['http']);
    tab.link.set('online');
    await live;
    const held = Promise.withResolvers<'stored'>();
    server.fate = () => held.promise;
    const both = [tab.outbox.send(text('one')), tab.lanes.add(text('two'), undefined)];
    held.resolve('stored');
    await Promise.all(both);
    expect(server.bodies).toEqual(['http', 'live', 'one', 'two']);
  });

  test('is tried again when the network is back, not before', async () => {
    const server = new ChatServer();
    const tab = await started(server, memoryDatabase(), { backoffMs: 60_000, backoffMaxMs: 60_000 });
    server.fate = () => 'lost';
    const sending = [tab.outbox.send(text('a')), tab.outbox.send(text('b', randomUUID()))];
    await vi.waitFor(() => expect(server.came.length).toBeGreaterThan(0));
    await new Promise((done) => setImmediate(done));
    const tries = server.came.length;
    expect(tries).toBeLessThan(3);
    server.fate = () => 'stored';
    tab.link.set('online');
    await Promise.all(sending);
    expect(server.came).toHaveLength(tries + 2);
  });

  test('waits as long as the rate limit says, for all messages', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    const times: number[] = [];
    server.fate = (_, count) => {
      times.push(performance.now());
      return times.length === 1 && count === 1
        ? new ParleyError('TOO_MANY_REQUESTS', undefined, { retryAfter: 0.2 })
        : 'stored';
    };
    const first = tab.outbox.send(text('limited'));
    await vi.waitFor(() => expect(times).toHaveLength(1));
    await Promise.all([first, tab.outbox.send(text('other', randomUUID()))]);
    expect(times).toHaveLength(3);
    for (const at of times.slice(1)) expect(at - (times[0] ?? 0)).toBeGreaterThan(195);
  });
});

describe('what failed', () => {
  test('is there after a restart with its error, and can be tried again or dropped', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const details = [{ path: 'payload.body', message: 'is rude' }];
    server.fate = () => new ParleyError('VALIDATION_ERROR', 'no', { details, requestId: 'r1' });
    const before = await started(server, database);
    await Promise.all(['a', 'b'].map((body) => failure(before.outbox.send(text(body)))));
    before.kill();
    server.fate = () => 'stored';
    const after = await started(server, database);
    const [a, b] = after.outbox.items(chat);
    expect(a?.error).toBeInstanceOf(ParleyError);
    expect(a?.error).toMatchObject({ code: 'VALIDATION_ERROR', message: 'no', details, requestId: 'r1' });
    expect(server.bodies).toEqual([]);
    const sending = after.outbox.retry(a?.client_msg_id ?? '');
    expect(after.outbox.items(chat)[0]).toMatchObject({ status: 'pending', error: null });
    await sending;
    await after.outbox.drop(b?.client_msg_id.toUpperCase() ?? '');
    expect(server.bodies).toEqual(['a']);
    expect(after.outbox.items(chat)).toEqual([]);
    expect(await left(database)).toEqual([]);
  });

  test('is tried again by sending it again', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    server.fate = () => new ParleyError('NOT_CHAT_MEMBER');
    const draft = { ...text('again'), client_msg_id: randomUUID() };
    await failure(tab.outbox.send(draft));
    server.fate = () => 'stored';
    await tab.outbox.send(draft);
    expect(server.bodies).toEqual(['again']);
  });

  test('is what the server cannot bear eight times', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    server.fate = () => new ParleyError('INTERNAL_ERROR');
    expect(await failure(tab.outbox.send(text('poison')))).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(server.came).toHaveLength(8);
  });

  test('cannot be tried again where it is not there', async () => {
    const tab = await started(new ChatServer());
    expect(await failure(tab.outbox.retry(randomUUID()))).toMatchObject({ code: 'NOT_FOUND' });
    await tab.outbox.drop(randomUUID());
  });
});

describe('a restart', () => {
  test('goes on by itself, with the same ids and in the same order', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    server.fate = (_, times) => (times === 1 && server.stored.length === 0 ? 'answer lost' : 'lost');
    const before = await started(server, database);
    for (const body of ['a', 'b', 'c']) void before.outbox.send(text(body));
    await vi.waitFor(() => expect(server.bodies).toEqual(['a']));
    before.kill();
    server.fate = () => 'lost';
    const after = await started(server, database);
    expect(after.outbox.items(chat).map(({ payload }) => payload.body)).toEqual(['a', 'b', 'c']);
    server.fate = () => 'stored';
    await vi.waitFor(() => expect(server.bodies).toEqual(['a', 'b', 'c']));
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test('leaves alone what a newer version has written', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const records = await database.open('https://parley.example/|mina');
    await records.write([{ key: 'outbox/0/strange', value: { version: 9 } }]);
    const tab = await started(server, database);
    await tab.outbox.send(text('a'));
    expect(await left(database)).toContain('outbox/0/strange');
  });

  test('works without a database that can be read', async () => {
    const server = new ChatServer();
    const tab = makeTab(server);
    const broken = {
      open: async () => ({ ...(await memoryDatabase().open('x')), list: () => Promise.reject(new Error()) }),
    };
    await tab.start(broken as never);
    expect(tab.log).toEqual(['the database of the outbox failed']);
  });
});

describe('dropping', () => {
  test('takes a message that waits out of everything', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    tab.link.set('connecting');
    const dropped = failure(tab.outbox.send({ ...text('dropped'), client_msg_id: 'AA' }));
    const kept = tab.outbox.send(text('kept'));
    await vi.waitFor(async () => expect(await left(database)).toHaveLength(2));
    await tab.outbox.drop('aa');
    expect(await dropped).toMatchObject({ code: 'ABORTED' });
    tab.link.set('online');
    await kept;
    expect(server.bodies).toEqual(['kept']);
  });

  test('before it was written leaves nothing', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = makeTab(server);
    const dropped = failure(tab.outbox.send({ ...text('dropped'), client_msg_id: 'aa' }));
    await tab.outbox.drop('aa');
    expect(await dropped).toMatchObject({ code: 'ABORTED' });
    await tab.start(database);
    await tab.outbox.send(text('kept'));
    expect(server.bodies).toEqual(['kept']);
  });
});

describe('a message that others say was stored', () => {
  test('is shown no more; its promise still gets the answer', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const held = Promise.withResolvers<'stored'>();
    server.fate = () => held.promise;
    const sending = tab.outbox.send({ ...text('seen'), client_msg_id: 'aa' });
    await vi.waitFor(() => expect(server.came).toHaveLength(1));
    tab.outbox.accepted('AA');
    expect(tab.outbox.items(chat)).toEqual([]);
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
    held.resolve('stored');
    expect(await sending).toMatchObject({ client_msg_id: 'aa', seq: 1 });
    expect(await left(database)).toEqual([]);
  });

  test('is sent no more where its answer is given', async () => {
    const server = new ChatServer();
    const tab = await started(server);
    tab.link.set('connecting');
    const sending = tab.outbox.send({ ...text('seen'), client_msg_id: 'aa' });
    const sent = { message_id: 'm', client_msg_id: 'aa', chat_id: chat, seq: 4, version: 5, timestamp: '' };
    tab.outbox.accepted('aa', sent);
    expect(await sending).toEqual(sent);
    tab.link.set('online');
    await tab.outbox.send(text('next'));
    expect(server.bodies).toEqual(['next']);
  });
});

describe('the end of a session', () => {
  test('rejects what waits, and sends nothing of it as the next user', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    tab.link.set('connecting');
    const mine = failure(tab.outbox.send(text('mine')));
    await vi.waitFor(async () => expect(await left(database)).toHaveLength(1));
    const over = new ParleyError('UNAUTHORIZED', 'The session ended');
    tab.close(over);
    expect(await mine).toBe(over);
    expect(tab.outbox.items(chat)).toEqual([]);
    expect(await failure(tab.outbox.send(text('nobody')))).toBe(over);
    await tab.start(database, 'jonas');
    tab.link.set('online');
    await tab.outbox.send(text('theirs'));
    expect(server.bodies).toEqual(['theirs']);
    // It was closed, not cleared: its own user finds it again.
    expect(await left(database)).toHaveLength(1);
    tab.close(over);
    await tab.start(database, 'mina');
    await vi.waitFor(() => expect(server.bodies).toEqual(['theirs', 'mine']));
  });

  test('writes nothing into records that were cleared', async () => {
    const server = new ChatServer();
    const database = memoryDatabase();
    const tab = await started(server, database);
    const held = Promise.withResolvers<'stored'>();
    server.fate = () => held.promise;
    void tab.outbox.send(text('on its way'));
    void tab.outbox.send(text('waits'));
    await vi.waitFor(() => expect(server.came).toHaveLength(1));
    tab.close(new ParleyError('UNAUTHORIZED'));
    await (await database.open('https://parley.example/|mina')).clear();
    held.resolve('stored');
    await new Promise((done) => setImmediate(done));
    expect(await left(database)).toEqual([]);
    expect(server.came).toHaveLength(1);
  });
});
