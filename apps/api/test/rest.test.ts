import { randomUUID } from 'node:crypto';
import { errorEnvelope, limits } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestAnswer, TestServer } from './support/http.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

function expectEnvelope({ body, headers }: RestAnswer) {
  expect(Object.keys(body)).toEqual(['success', 'data', 'error', 'meta']);
  expect(body.meta.request_id).toBe(headers['x-request-id']);
  expect(body.meta.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
}

describe('signing in', () => {
  test('goes from a phone to a session, its renewal and its end', async () => {
    const phone = '+491700000001';
    const asked = await server.rest('POST', '/auth/request-otp', { body: { phone } });
    expect(asked.status).toBe(200);
    expectEnvelope(asked);
    expect(asked.body).toMatchObject({ success: true, error: null, data: { expires_in_seconds: 300 } });

    const otp = server.runtime.inbox?.list()[0]?.code;
    const verified = await server.rest('POST', '/auth/verify-otp', { body: { phone, otp } });
    expect(verified.status).toBe(200);
    expect(verified.body.data.user).toMatchObject({ phone, is_new_user: true });

    const { refresh_token } = verified.body.data;
    const refreshed = await server.rest('POST', '/auth/refresh', { body: { refresh_token } });
    expect(refreshed.status).toBe(200);

    const token = refreshed.body.data.access_token;
    expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
    expect((await server.rest('POST', '/auth/logout', { token })).status).toBe(200);
    const late = await server.rest('GET', '/users/me', { token });
    expect(late.status).toBe(401);
    expect(late.body.error?.code).toBe('TOKEN_INVALID');
  });

  test('refuses a wrong code with 401 and locks after five of them with 429', async () => {
    const phone = '+491700000002';
    await server.rest('POST', '/auth/request-otp', { body: { phone } });
    const right = server.runtime.inbox?.list()[0]?.code;
    const otp = right === '000000' ? '111111' : '000000';
    for (let i = 0; i < 5; i++) {
      const wrong = await server.rest('POST', '/auth/verify-otp', { body: { phone, otp } });
      expect(wrong.body.error?.code).toBe('OTP_INVALID');
      expect(wrong.status).toBe(401);
    }
    const locked = await server.rest('POST', '/auth/verify-otp', { body: { phone, otp: right } });
    expect(locked.status).toBe(429);
    expect(locked.body.error?.code).toBe('OTP_MAX_ATTEMPTS');
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('users', () => {
  test('a profile can be read and changed, and unknown fields are ignored', async () => {
    const { token, user } = await server.signIn('+491700000003');
    const changed = await server.rest('PATCH', '/users/me', {
      token,
      body: { display_name: 'Mina 🌊', nonsense: true },
    });
    expect(changed.status).toBe(200);
    expect(changed.body.data).toMatchObject({ id: user.id, phone: user.phone, display_name: 'Mina 🌊' });
    const read = await server.rest('GET', '/users/me?nonsense=1', { token });
    expect(read.body.data.display_name).toBe('Mina 🌊');
    expectEnvelope(read);
  });

  test('others see no phone number', async () => {
    const { token } = await server.signIn('+491700000003');
    const { user } = await server.signIn('+491700000004');
    const { body } = await server.rest('GET', `/users/${user.id.toUpperCase()}`, { token });
    expect(body.data.id).toBe(user.id);
    expect(body.data).not.toHaveProperty('phone');
  });

  test('a profile that does not exist is 404', async () => {
    const { token } = await server.signIn();
    const answer = await server.rest('GET', `/users/${randomUUID()}`, { token });
    expect(answer.status).toBe(404);
    expect(errorEnvelope.safeParse(answer.body).success).toBe(true);
  });
});

describe('chats and messages', () => {
  test('a chat is 201 when it is made and 200 when it was there', async () => {
    const mina = await server.signIn('+491700000005');
    const jonas = await server.signIn('+491700000006');
    const body = { type: 'direct', participant_id: jonas.user.id };
    const first = await server.rest('POST', '/chats', { token: mina.token, body });
    const again = await server.rest('POST', '/chats', { token: mina.token, body });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.data.chat_id).toBe(first.body.data.chat_id);
  });

  test('a send is 201, its repeat 200 with the same message, and another payload 409', async () => {
    const { mina, chatId } = await server.pair();
    const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'See you <b>there</b>? 🏊' } };
    const path = `/chats/${chatId}/messages`;
    const first = await server.rest('POST', path, { token: mina.token, body });
    const again = await server.rest('POST', path, { token: mina.token, body });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(first.body.data.payload.body).toBe('See you <b>there</b>? 🏊');
    expect(again.body.data.message_id).toBe(first.body.data.message_id);
    const other = await server.rest('POST', path, {
      token: mina.token,
      body: { ...body, payload: { body: 'Something else' } },
    });
    expect(other.status).toBe(409);
    expect(other.body.error?.code).toBe('CONFLICT');
  });

  test('the path decides on the chat, whatever the body says', async () => {
    const { mina, chatId } = await server.pair();
    const sent = await server.rest('POST', `/chats/${chatId}/messages`, {
      token: mina.token,
      body: { chat_id: randomUUID(), client_msg_id: randomUUID(), type: 'text', payload: { body: 'Hello' } },
    });
    expect(sent.status).toBe(201);
    expect(sent.body.data.chat_id).toBe(chatId);
  });

  test('history comes in pages, newest first', async () => {
    const { mina, jonas, chatId } = await server.pair();
    const path = `/chats/${chatId}/messages`;
    for (const body of ['one', 'two', 'three']) {
      const message = { client_msg_id: randomUUID(), type: 'text', payload: { body } };
      await server.rest('POST', path, { token: mina.token, body: message });
    }
    const newest = await server.rest('GET', `${path}?limit=2`, { token: jonas.token });
    expect(newest.status).toBe(200);
    expect(newest.body.data.messages.map((one: { payload: { body: string } }) => one.payload.body)).toEqual([
      'three',
      'two',
    ]);
    const read = await server.rest('POST', `${path}/read`, {
      token: jonas.token,
      body: { up_to_message_id: newest.body.data.messages[1].message_id },
    });
    expect(read.body.data).toEqual({ unread_count: 1 });
    const older = await server.rest('GET', `${path}?cursor=${newest.body.data.next_cursor}`, {
      token: jonas.token,
    });
    expect(older.body.data.messages[0].payload.body).toBe('one');
  });

  test('a chat of others answers like one that does not exist', async () => {
    const { chatId } = await server.pair();
    const { token } = await server.signIn('+491700000007');
    const foreign = await server.rest('GET', `/chats/${chatId}`, { token });
    const missing = await server.rest('GET', `/chats/${randomUUID()}`, { token });
    expect(foreign.status).toBe(404);
    expect(foreign.body.error).toEqual(missing.body.error);
  });

  test('a chat with oneself is 400', async () => {
    const { token, user } = await server.signIn();
    const body = { type: 'direct', participant_id: user.id };
    expect((await server.rest('POST', '/chats', { token, body })).status).toBe(400);
  });
});

describe('an answer', () => {
  test('takes a sane request id and replaces any other', async () => {
    const own = await server.rest('GET', '/users/me', { headers: { 'x-request-id': 'trace-me.0001' } });
    expect(own.headers['x-request-id']).toBe('trace-me.0001');
    expectEnvelope(own);
    for (const id of ['short', 'has "quotes" in it', 'x'.repeat(129), '{"a":1}{}']) {
      const made = await server.rest('GET', '/users/me', { headers: { 'x-request-id': id } });
      expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expectEnvelope(made);
    }
  });

  test('carries headers that keep browsers safe, and nothing about the server', async () => {
    const { headers } = await server.rest('GET', '/users/me');
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    for (const name of ['x-powered-by', 'server', 'etag', 'strict-transport-security', 'set-cookie']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test('to HEAD is that to GET without the body', async () => {
    const { token } = await server.signIn();
    const get = await server.call('GET', '/api/v1/users/me', { token });
    const head = await server.call('HEAD', '/api/v1/users/me', { token });
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  test('over the limit of a page is refused, not cut', async () => {
    const { mina, chatId } = await server.pair();
    const path = `/chats/${chatId}/messages?limit=${limits.historyPage.max + 1}`;
    expect((await server.rest('GET', path, { token: mina.token })).status).toBe(422);
  });

  test('understands a request that names the whole address', async () => {
    const { token } = await server.signIn();
    for (const path of ['/api/v1/users/me', '/health', '/trpc/users.me?x=1']) {
      expect((await server.call('GET', `http://parley.example${path}`, { token })).status, path).toBe(200);
    }
    for (const target of ['http://', '*']) {
      const answer = await server.call('GET', target);
      expect(answer.status, target).toBe(404);
      expect(JSON.parse(answer.text).error.code).toBe('NOT_FOUND');
    }
  });
});

test('in production, browsers are told to stay with TLS', async () => {
  const env = {
    NODE_ENV: 'production',
    JWT_SECRET: 'qN3v8Zt1Lw5Xc7Rb2Ye9Ua4Ks6Jd0Hf_',
    RATE_LIMIT_SCALE: '1000',
  };
  await using strict = await TestServer.start({ env, withInbox: false });
  expect((await strict.rest('GET', '/users/me')).headers['strict-transport-security']).toMatch(/max-age=\d+/);
  expect((await strict.call('GET', '/')).headers['strict-transport-security']).toMatch(/max-age=\d+/);
});
