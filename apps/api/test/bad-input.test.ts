import { randomUUID } from 'node:crypto';
import { unavailable } from '@parley/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectError, TestServer } from './support/http.ts';

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

describe('a path', () => {
  test.each([
    'not-a-uuid',
    '123',
    `${randomUUID()}x`,
    '%00',
    '%E0%A4%A',
    '%',
    "1' OR '1'='1",
    '..%2f..%2fetc%2fpasswd',
    'me%2f',
    'x'.repeat(4000),
  ])('with anything else for a UUID is 400 (%#)', async (id) => {
    expectError(
      await server.rest('GET', `/users/${id.replaceAll(' ', '%20')}`, { token }),
      400,
      'BAD_REQUEST',
    );
  });

  test('may be percent-encoded', async () => {
    const id = randomUUID();
    const encoded = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`;
    expectError(await server.rest('GET', `/users/${encoded}`, { token }), 404, 'NOT_FOUND');
  });

  test('that is broken is refused before the body is looked at', async () => {
    const answer = await server.rest('POST', '/chats/nope/messages', { token, body: '{"broken' });
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('chat_id');
  });

  test.each([
    '',
    '/',
    '/users',
    '/users/',
    '/users/me/',
    '//users/me',
    '/users//presence',
    '/nothing',
    '/auth/request-otp/x',
    '/__proto__',
    '/constructor',
    '/users/me/../../../health',
  ])('that does not exist (%j) is 404', async (path) => {
    expectError(await server.rest('GET', path, { token }), 404, 'NOT_FOUND');
  });

  test('beside the API is 404 as well, in the same envelope', async () => {
    for (const path of ['/api', '/api/v2/users/me', '/api/v1x', '/nothing', '/docs/../package.json']) {
      const answer = await server.call('GET', path);
      expectError({ ...answer, body: JSON.parse(answer.text) }, 404, 'NOT_FOUND');
    }
  });

  test('that Express cannot decode is 400', async () => {
    const answer = await server.call('GET', '/docs/%E0%A4%A');
    expect([400, 404]).toContain(answer.status);
    expect(JSON.parse(answer.text).success).toBe(false);
  });

  test('with another method is 404, and Allow says which it takes', async () => {
    const answer = await server.rest('DELETE', '/users/me', { token });
    expectError(answer, 404, 'NOT_FOUND');
    expect(answer.headers.allow).toBe('GET, PATCH, HEAD');
    expect((await server.rest('GET', '/auth/refresh')).headers.allow).toBe('POST');
    expect((await server.rest('OPTIONS', '/auth/refresh')).headers.allow).toBe('POST');
  });
});

describe('a query', () => {
  const list = (query: string) => server.rest('GET', `/chats/${chatId}/messages?${query}`, { token });

  test.each([
    'limit=2',
    'limit=1&limit=abc',
    'limit=100&x=1',
    'a[b]=1&__proto__=2&limit=3',
    '&&&=',
    '%%%',
    '',
  ])('%j is read', async (query) => {
    expect((await list(query)).status).toBe(200);
  });

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=',
    'limit=two',
    'limit=0x10',
    'limit=1e2',
  ])('%j is 422', async (query) => {
    const answer = await list(query);
    expectError(answer, 422, 'VALIDATION_ERROR');
    expect(answer.body.error?.details[0]?.path).toBe('limit');
  });

  test('with a cursor that cannot be read is 400', async () => {
    expectError(await list('cursor=nonsense'), 400, 'BAD_REQUEST');
    expectError(await list(`cursor=${randomUUID()}`), 400, 'BAD_REQUEST');
    expectError(await list(`cursor=${'x'.repeat(300)}`), 422, 'VALIDATION_ERROR');
  });

  test('cannot change what the path says', async () => {
    expect((await list(`chat_id=${randomUUID()}`)).status).toBe(200);
  });
});

describe('what fails inside', () => {
  test('is an opaque 500, and the log has it with the request id', async () => {
    await using broken = await TestServer.start();
    const { token: mine } = await broken.signIn();
    broken.runtime.users.failure = Object.assign(new Error('connection to secret-host:5432 lost'), {
      detail: 'Key (phone)=(+491511234567)',
    });
    const answer = await broken.rest('GET', '/users/me', { token: mine });
    expectError(answer, 500, 'INTERNAL_ERROR');
    expect(answer.text).not.toContain('secret-host');
    const line = broken.runtime.logged.find(({ msg }) => msg === 'a request failed');
    expect(line).toMatchObject({
      level: 'error',
      request_id: answer.body.meta.request_id,
      route: '/api/v1/users/me',
      error: { message: 'connection to secret-host:5432 lost' },
    });
    expect(JSON.stringify(broken.runtime.logged)).not.toContain('+491511234567');
  });

  test('is a 503 with Retry-After where a store is down', async () => {
    await using broken = await TestServer.start();
    const { token: mine } = await broken.signIn();
    broken.runtime.users.failure = unavailable('The database', new Error('ECONNREFUSED 10.0.0.7'));
    const answer = await broken.rest('GET', '/users/me', { token: mine });
    expectError(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.text).not.toContain('10.0.0.7');
  });

  test('is an opaque 500 where an answer would break its schema', async () => {
    await using broken = await TestServer.start();
    const { token: mine, user } = await broken.signIn();
    user.created_at = 'yesterday';
    expectError(await broken.rest('GET', '/users/me', { token: mine }), 500, 'INTERNAL_ERROR');
  });
});
