import { randomUUID } from 'node:crypto';
import { limits } from '@parley/contract';
import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppRouter } from '../src/index.ts';
import { type CallOptions, TestServer } from './support/http.ts';

let server: TestServer;
let token: string;
let chatId: string;
beforeAll(async () => {
  server = await TestServer.start();
  const pair = await server.pair();
  token = pair.mina.token;
  chatId = pair.chatId;
});
afterAll(() => server[Symbol.asyncDispose]());

function client(headers: Record<string, string> = { authorization: `Bearer ${token}` }) {
  return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${server.url}/trpc`, headers })] });
}

async function errorOf(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown as unknown,
  );
  if (!(error instanceof TRPCClientError)) throw new Error('the call succeeded');
  return error as TRPCClientError<AppRouter>;
}

const raw = async (method: string, path: string, options: CallOptions = {}) => {
  const answer = await server.call(method, `/trpc/${path}`, { token, ...options });
  return { ...answer, json: JSON.parse(answer.text) };
};

describe('a plain tRPC client', () => {
  test('calls queries and mutations with their types', async () => {
    const me = await client().users.me.query();
    expect(me.phone).toBe('+491511234567');
    const changed = await client().users.updateMe.mutate({ display_name: 'Mina' });
    expect(changed.display_name).toBe('Mina');
    const sent = await client().messages.send.mutate({
      chat_id: chatId,
      client_msg_id: randomUUID(),
      type: 'text',
      payload: { body: 'Hello' },
    });
    const page = await client().messages.list.query({ chat_id: chatId, limit: 1 });
    expect(page.messages[0]?.message_id).toBe(sent.message_id);
  });

  test('learns the code, the details and the request id of an error', async () => {
    const error = await errorOf(client().auth.verifyOtp.mutate({ phone: '0151', otp: '1' }));
    expect(error.message).toBe('Some fields are not valid');
    expect(error.data).toMatchObject({ code: 'UNPROCESSABLE_CONTENT', httpStatus: 422 });
    expect(error.data?.parley.code).toBe('VALIDATION_ERROR');
    expect(error.data?.parley.details.map(({ path }) => path)).toEqual(['phone', 'otp']);
    expect(error.data?.parley.request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.data).not.toHaveProperty('stack');
  });

  test('gets the status of the catalogue', async () => {
    const missing = await errorOf(client().chats.get.query({ id: randomUUID() }));
    expect(missing.data).toMatchObject({ httpStatus: 404, parley: { code: 'CHAT_NOT_FOUND' } });
    const anonymous = await errorOf(client({}).users.me.query());
    expect(anonymous.data).toMatchObject({ httpStatus: 401, parley: { code: 'UNAUTHORIZED' } });
    const bad = await errorOf(client({ authorization: 'Bearer x' }).users.me.query());
    expect(bad.data).toMatchObject({ httpStatus: 401, parley: { code: 'TOKEN_INVALID' } });
  });

  test('without a token is refused before its input is looked at', async () => {
    const error = await errorOf(client({}).chats.get.query({ id: 'nope' }));
    expect(error.data?.parley.code).toBe('UNAUTHORIZED');
  });
});

describe('/trpc', () => {
  test('answers with a request id, safe headers and no cache', async () => {
    const { headers, status } = await raw('GET', 'users.me', { headers: { 'x-request-id': 'my-own-id-1' } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'x-request-id': 'my-own-id-1',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  test('refuses what it does not have, or has under the other method', async () => {
    const unknown = await raw('GET', 'users.nothing');
    expect([unknown.status, unknown.json.error.data.parley.code]).toEqual([404, 'NOT_FOUND']);
    const get = await raw('GET', 'users.updateMe');
    expect([get.status, get.json.error.data.parley.code]).toEqual([404, 'NOT_FOUND']);
    expect(get.headers.allow).toBe('POST');
    expect((await raw('POST', 'users.me', { body: {} })).status).toBe(404);
    const own = await raw('GET', 'constructor');
    expect(own.status).toBe(404);
  });

  test.each([
    ['malformed JSON', 'POST', 'users.updateMe', { body: '{' }],
    ['malformed JSON in the query', 'GET', 'chats.get?input=%7B', {}],
    ['a broken path', 'GET', '%E0%A4%A', {}],
    [
      'another media type',
      'POST',
      'users.updateMe',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
    ],
    ['a batch of nothing', 'GET', 'users.me?batch=1&input=1', {}],
    ['a mixed batch', 'POST', 'users.me,users.updateMe?batch=1', { body: {} }],
  ] as const)('refuses %s with 400 and the request id', async (_what, method, path, options) => {
    const { status, json, headers, text } = await raw(method, path, options);
    const error = Array.isArray(json) ? json[0].error : json.error;
    expect(status, text).toBe(400);
    expect(error.data.parley).toMatchObject({ code: 'BAD_REQUEST', request_id: headers['x-request-id'] });
    expect(text).not.toMatch(/stack|\.ts:/);
  });

  test('refuses a body over the limit with 413', async () => {
    const body = { display_name: 'x'.repeat(limits.jsonBody) };
    const { status, json } = await raw('POST', 'users.updateMe', { body });
    expect([status, json.error.data.parley.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('treats input that is no object as invalid', async () => {
    for (const body of ['null', '[]', '"text"', '1']) {
      const { status, json } = await raw('POST', 'users.updateMe', { body });
      expect([status, json.error.data.parley.code], body).toEqual([422, 'VALIDATION_ERROR']);
    }
  });

  test('hides what fails inside, and logs it', async () => {
    await using broken = await TestServer.start();
    const mine = await broken.signIn();
    broken.runtime.users.failure = new Error('secret detail');
    const { status, text, headers } = await broken.call('GET', '/trpc/users.me', { token: mine.token });
    expect(status).toBe(500);
    expect(text).not.toContain('secret detail');
    expect(JSON.parse(text).error.data.parley.code).toBe('INTERNAL_ERROR');
    const line = broken.runtime.logged.find(({ msg }) => msg === 'a request failed');
    expect(line).toMatchObject({ request_id: headers['x-request-id'], route: '/trpc/users.me' });
  });
});

describe('a batch', () => {
  test('is answered call by call', async () => {
    const batched = createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: `${server.url}/trpc`, headers: { authorization: `Bearer ${token}` } })],
    });
    const [me, chat, missing] = await Promise.allSettled([
      batched.users.me.query(),
      batched.chats.get.query({ id: chatId }),
      batched.chats.get.query({ id: randomUUID() }),
    ]);
    expect([me.status, chat.status, missing.status]).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  test('of more than 20 calls is refused', async () => {
    const paths = (count: number) => `${Array(count).fill('users.me').join(',')}?batch=1&input=%7B%7D`;
    expect((await raw('GET', paths(20))).status).toBe(200);
    const { status, json } = await raw('GET', paths(21));
    expect(status).toBe(400);
    expect(json.error.message).toContain('Batch');
  });

  test('counts as many requests as it has calls', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    const mine = await limited.signIn();
    const path = `/trpc/${Array(20).fill('users.me').join(',')}?batch=1&input=%7B%7D`;
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++)
      statuses.push((await limited.call('GET', path, { token: mine.token })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
    const refused = await limited.call('GET', path, { token: mine.token });
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(JSON.parse(refused.text)[0].error.data.parley).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      request_id: refused.headers['x-request-id'],
      retry_after: Number(refused.headers['retry-after']),
    });
  });

  test('without a token counts against the address', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    const path = `/trpc/${Array(20).fill('users.me').join(',')}?batch=1&input=%7B%7D`;
    expect((await limited.call('GET', path)).status).toBe(401);
    expect((await limited.call('GET', path)).status).toBe(429);
  });
});
