/** Bad input gets the contract's answer, crashes nothing and stores nothing. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startParley, type TestParley } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';
import { ioSocket, rawSocket } from '../support/sockets.ts';

let parley: TestParley;
let ada: SignedIn;
let ben: SignedIn;
let chat: string;
beforeAll(async () => {
  parley = await startParley();
  [ada, ben] = await Promise.all([parley.user('Ada'), parley.user('Ben')]);
  chat = await parley.rest.chat(ada, ben);
});
afterAll(() => parley[Symbol.asyncDispose]());

const code = (answer: { body: { error: { code: string } | null } }) => answer.body.error?.code;
const count = async () =>
  (
    await parley.rest.call<{ messages: unknown[] }>('GET', `/chats/${chat}/messages?limit=100`, {
      token: ada.token,
    })
  ).data.messages.length;

describe('REST', () => {
  const messages = () => `/chats/${chat}/messages`;
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const message = (payload: unknown, more: object = {}) =>
    JSON.stringify({ client_msg_id: randomUUID(), type: 'text', payload, ...more });

  it.each<[string, () => string, number, string]>([
    ['malformed JSON', () => '{"client_msg_id": ', 400, 'BAD_REQUEST'],
    ['a body that is a list', () => '[]', 422, 'VALIDATION_ERROR'],
    ['a body that is null', () => 'null', 422, 'VALIDATION_ERROR'],
    ['a body that is a string', () => '"hello"', 422, 'VALIDATION_ERROR'],
    ['an empty body', () => '', 422, 'VALIDATION_ERROR'],
    ['missing fields', () => '{}', 422, 'VALIDATION_ERROR'],
    ['wrong types', () => message({ body: 7 }), 422, 'VALIDATION_ERROR'],
    ['a payload of another type', () => message({ media_id: randomUUID() }), 422, 'VALIDATION_ERROR'],
    ['an unknown type', () => message({ body: 'x' }, { type: 'gif' }), 422, 'VALIDATION_ERROR'],
    [
      'a malformed id in the body',
      () => message({ body: 'x' }, { client_msg_id: 'one' }),
      422,
      'VALIDATION_ERROR',
    ],
    ['deep nesting', () => `{"payload": ${deep(50_000)}}`, 422, 'VALIDATION_ERROR'],
    ['deep nesting that never ends', () => '['.repeat(100_000), 400, 'BAD_REQUEST'],
    ['a huge body', () => message({ body: 'x'.repeat(300_000) }), 413, 'PAYLOAD_TOO_LARGE'],
    [
      'a location off the globe',
      () => message({ latitude: 91, longitude: 0 }, { type: 'location' }),
      422,
      'VALIDATION_ERROR',
    ],
  ])('answers %s', async (_, raw, status, expected) => {
    const before = await count();
    const answer = await parley.rest.call('POST', messages(), {
      token: ada.token,
      raw: raw(),
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, code(answer)]).toEqual([status, expected]);
    expect(Object.keys(answer.body).sort()).toEqual(['data', 'error', 'meta', 'success']);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|at .*:\d+:\d+|SELECT|zod/i);
    expect(await count()).toBe(before);
  });

  it('takes NUL and other control characters out, and stores the rest', async () => {
    const answer = await parley.rest.call<{ payload: { body: string } }>('POST', messages(), {
      token: ada.token,
      raw: message({ body: 'nul\u0000here' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.data.payload.body).toBe('nulhere');
    const profile = await parley.rest.call('PATCH', '/users/me', {
      token: ada.token,
      body: { display_name: 'A\u0000da' },
    });
    expect(profile.data).toMatchObject({ display_name: 'Ada' });
  });

  it('ignores unknown fields, __proto__ among them', async () => {
    const answer = await parley.rest.call('POST', messages(), {
      token: ada.token,
      raw: `{"__proto__": {"type": "system"}, "constructor": 1, "extra": [1], "client_msg_id": "${randomUUID()}", "type": "text", "payload": {"body": "x", "more": 1}}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(201);
    expect(answer.data).toMatchObject({ type: 'text', payload: { body: 'x' } });
    expect((answer.data as { payload: object }).payload).toEqual({ body: 'x' });
  });

  it.each([
    ['GET', '/users/not-a-uuid'],
    ['GET', '/users/%00'],
    ['GET', '/chats/123'],
    ['GET', '/chats/123/messages'],
    ['POST', '/chats/123/messages'],
  ])('answers a malformed id in the path of %s %s', async (method, path) => {
    const answer = await parley.rest.call(method, path, {
      token: ada.token,
      ...(method === 'POST' ? { body: {} } : {}),
    });
    expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  it('answers what does not exist', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/users/me'],
      ['GET', '/'],
    ] as const) {
      const answer = await parley.rest.call(method, path, { token: ada.token });
      expect([answer.status, code(answer)]).toEqual([404, 'NOT_FOUND']);
    }
    expect(code(await parley.rest.call('GET', `/users/${randomUUID()}`, { token: ada.token }))).toBe(
      'NOT_FOUND',
    );
  });

  it('survives a body that stops half-way', async () => {
    await new Promise<void>((resolve) => {
      const half = request(`${parley.url}/api/v1/chats`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': '500',
          authorization: `Bearer ${ada.token}`,
        },
      });
      half.on('error', () => resolve());
      half.write('{"type":', () => half.destroy(new Error('gone')));
    });
    expect((await parley.rest.call('GET', '/users/me', { token: ada.token })).status).toBe(200);
  });

  it('takes a sane request id and makes one otherwise', async () => {
    const own = await parley.rest.call('GET', '/users/me', {
      token: ada.token,
      headers: { 'x-request-id': 'my-request-0001' },
    });
    expect([own.body.meta.request_id, own.headers.get('x-request-id')]).toEqual([
      'my-request-0001',
      'my-request-0001',
    ]);
    const bad = await parley.rest.call('GET', '/users/me', {
      token: ada.token,
      headers: { 'x-request-id': 'a b<script>' },
    });
    expect(bad.body.meta.request_id).toMatch(/^[\w.:-]{8,128}$/);
  });
});

describe('frames', () => {
  it.each<[string, string | Buffer]>([
    ['text that is not JSON', 'hello'],
    ['JSON that is no frame', '[1,2]'],
    ['a frame without an event', '{"data":{}}'],
    ['an unknown event', '{"event":"message.teleport","data":{},"req_id":"r-1"}'],
    ['a binary frame', Buffer.from([1, 2, 3])],
    ['data that breaks the schema', '{"event":"message.send","data":{"chat_id":"x"},"req_id":"r-2"}'],
    ['data that is missing', '{"event":"typing.start"}'],
    [
      'a lone surrogate',
      `{"event":"message.send","data":{"chat_id":"${randomUUID()}","client_msg_id":"${randomUUID()}","type":"text","payload":{"body":"\\ud800"}}}`,
    ],
  ])('answer %s with 4022, and the connection stays', async (_, frame) => {
    const socket = new WebSocket(`${parley.url.replace('http', 'ws')}/ws`, {
      headers: { authorization: `Bearer ${ada.token}` },
    });
    const received: { event: string; data: Record<string, unknown>; req_id?: string }[] = [];
    const waiting: (() => void)[] = [];
    socket.on('message', (text) => {
      received.push(JSON.parse(String(text)));
      for (const resolve of waiting.splice(0)) resolve();
    });
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(frame);
    socket.send('{"event":"ping"}');
    while (!received.some((f) => f.event === 'pong') || received.length < 2) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    const error = received.find((f) => f.event === 'error');
    expect(error?.data.code).toBe(4022);
    const sentId = /"req_id":"(r-\d)"/.exec(String(frame))?.[1];
    expect(error?.req_id).toBe(sentId);
    socket.close();
  });

  it('of 65 KB close the connection with 1009 and harm nobody else', async () => {
    const [big, other] = await Promise.all([
      rawSocket(parley.url, ada.token),
      ioSocket(parley.url, ben.token),
    ]);
    big.emit('message.send', { chat_id: chat, padding: 'x'.repeat(65 * 1024) });
    expect(await big.closed).toBe(1009);
    const bigIo = await ioSocket(parley.url, ada.token);
    bigIo.emit('message.send', { chat_id: chat, padding: 'x'.repeat(65 * 1024) });
    await bigIo.closed;
    expect((await other.send(chat, 'still fine')).seq).toBeGreaterThan(0);
  });

  it('for another’s chat or message are refused', async () => {
    const eve = await parley.user();
    const socket = await rawSocket(parley.url, eve.token);
    expect(await socket.send(chat, 'let me in')).toMatchObject({ code: 4004, reason: 'CHAT_NOT_FOUND' });
    socket.emit('typing.start', { chat_id: chat });
    socket.emit('message.read', { chat_id: chat, up_to_message_id: randomUUID() });
    await socket.next('error', () => socket.received.filter((frame) => frame.event === 'error').length >= 3);
    const reasons = socket.received
      .filter((frame) => frame.event === 'error')
      .map((frame) => frame.data.reason);
    expect(new Set(reasons)).toEqual(new Set(['CHAT_NOT_FOUND']));
  });

  it('over Socket.IO answer in the acknowledgement or as an error event', async () => {
    const socket = await ioSocket(parley.url, ada.token);
    await expect(socket.send(randomUUID(), 'nowhere')).rejects.toThrow('CHAT_NOT_FOUND');
    socket.emit('message.send', 'not an object');
    expect(await socket.next('error')).toMatchObject({ code: 4022, reason: 'VALIDATION_ERROR' });
    socket.emit('no.such.event', {});
    await socket.next('error', (data) => data.reason !== 'VALIDATION_ERROR');
    expect((await socket.send(chat, 'still here')).chat_id).toBe(chat);
  });
});
