import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { errorEnvelope, limits } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallOptions, type RestAnswer, TestServer } from './support/http.ts';

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

const patchMe = (body: unknown, options: CallOptions = {}) =>
  server.rest('PATCH', '/users/me', { token, body, ...options });
const send = (body: unknown) => server.rest('POST', `/chats/${chatId}/messages`, { token, body });

function expectError(answer: RestAnswer, status: number, code: string) {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body.error?.code).toBe(code);
  expect(errorEnvelope.safeParse(answer.body).error).toBeUndefined();
  expect(answer.text).not.toMatch(/at .*\.ts|node_modules|stack/);
}

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
  ])('with %.40j for a UUID is 400', async (id) => {
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

describe('a body', () => {
  test.each([
    '{',
    '{"a":}',
    "{'a': 1}",
    'hello',
    '{"a":1}{',
    '\u0000',
    '[1,',
    'NaN',
    '{"display_name":"a\nb"}',
  ])('%j is no JSON: 400', async (body) => {
    expectError(await patchMe(body), 400, 'BAD_REQUEST');
  });

  test('that is not UTF-8 is 400', async () => {
    const body = Buffer.concat([
      Buffer.from('{"display_name":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expectError(await patchMe(body), 400, 'BAD_REQUEST');
  });

  test.each([[null], [[]], [[{}]], ['text'], [1], [true]])('%j is JSON but no object: 422', async (body) => {
    expectError(await patchMe(JSON.stringify(body)), 422, 'VALIDATION_ERROR');
    expectError(await send(JSON.stringify(body)), 422, 'VALIDATION_ERROR');
  });

  test('that is empty reads as {}', async () => {
    expect((await server.rest('PATCH', '/users/me', { token })).status).toBe(200);
    expect((await patchMe('')).status).toBe(200);
    const chunked = { headers: { 'transfer-encoding': 'chunked', 'content-length': [] } };
    expect((await server.rest('PATCH', '/users/me', { token, ...chunked })).status).toBe(200);
    expectError(await server.rest('POST', '/auth/refresh'), 422, 'VALIDATION_ERROR');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=latin1',
    '',
  ])('of type %j is 400 with a message that says what to do', async (type) => {
    const answer = await patchMe('{"display_name":"Mina"}', { headers: { 'content-type': type } });
    expectError(answer, 400, 'BAD_REQUEST');
    expect(answer.body.error?.message).toContain('application/json');
  });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=UTF-8',
    'application/json;x=y',
  ])('of type %j is read', async (type) => {
    const answer = await patchMe('{"display_name":"Mina"}', { headers: { 'content-type': type } });
    expect(answer.status).toBe(200);
  });

  test('that is compressed is 400', async () => {
    expectError(await patchMe('{}', { headers: { 'content-encoding': 'gzip' } }), 400, 'BAD_REQUEST');
  });

  test('with missing and wrong fields is 422 and lists them', async () => {
    const missing = await server.rest('POST', '/auth/verify-otp', { body: { phone: '0151', otp: 42 } });
    expectError(missing, 422, 'VALIDATION_ERROR');
    expect(missing.body.error?.details.map(({ path }) => path)).toEqual(['phone', 'otp']);
    const nested = await send({ client_msg_id: randomUUID(), type: 'text', payload: { body: 7 } });
    expect(nested.body.error?.details[0]?.path).toBe('payload.body');
    const unknownType = await send({ client_msg_id: randomUUID(), type: 'hologram', payload: {} });
    expect(unknownType.body.error?.details[0]?.path).toBe('type');
    const system = await send({ client_msg_id: randomUUID(), type: 'system', payload: { body: 'x' } });
    expectError(system, 422, 'VALIDATION_ERROR');
  });

  test.each([
    ['a lone surrogate', '"\\ud800"'],
    ['too many characters', JSON.stringify('x'.repeat(limits.messageBody + 1))],
    ['only white space', '"  \\n "'],
    ['only control characters', '"\\u0000\\u0007"'],
    ['a number', '1'],
    ['null', 'null'],
    ['an object', '{"$gt":""}'],
  ])('with %s for text is 422', async (_what, text) => {
    const id = randomUUID();
    const body = `{"client_msg_id":"${id}","type":"text","payload":{"body":${text}}}`;
    expectError(await send(body), 422, 'VALIDATION_ERROR');
  });

  test('counts characters, not UTF-16 units', async () => {
    const body = '🏊'.repeat(limits.messageBody);
    expect((await send({ client_msg_id: randomUUID(), type: 'text', payload: { body } })).status).toBe(201);
  });

  test('cannot reach prototypes', async () => {
    const body =
      '{"__proto__":{"display_name":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const answer = await patchMe(body);
    expect(answer.status).toBe(200);
    expect(answer.body.data.display_name).not.toBe('evil');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const sent = await send(
      `{"__proto__":{"chat_id":"x"},"client_msg_id":"${randomUUID()}","type":"text","payload":{"__proto__":{"a":1},"body":"hi"}}`,
    );
    expect(sent.status).toBe(201);
    expect(sent.body.data.payload).toEqual({ body: 'hi' });
  });

  test.each([
    ['deep arrays', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['deep objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
    ['a deep field that is read', `{"display_name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['many fields', `{${Array.from({ length: 20_000 }, (_, i) => `"f${i}":1`).join(',')}}`],
    ['a huge array', `{"display_name":[${'1,'.repeat(100_000)}1]}`],
    ['a huge number', `{"display_name":${'9'.repeat(200_000)}}`],
  ])('of %s does no harm', async (_what, body) => {
    const started = performance.now();
    const answer = await patchMe(body);
    expect([200, 422]).toContain(answer.status);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a body over the limit', () => {
  const big = (bytes: number) => `{"display_name":"${'x'.repeat(bytes)}"}`;

  test('is 413, whether its length was told or not', async () => {
    expectError(await patchMe(big(limits.jsonBody)), 413, 'PAYLOAD_TOO_LARGE');
    const chunked = { 'transfer-encoding': 'chunked', 'content-length': [] };
    expectError(await patchMe(big(limits.jsonBody), { headers: chunked }), 413, 'PAYLOAD_TOO_LARGE');
    expectError(await patchMe(big(3_000_000)), 413, 'PAYLOAD_TOO_LARGE');
  });

  test('of exactly the limit is read', async () => {
    const body = JSON.stringify({ display_name: 'Mina' }).padEnd(limits.jsonBody, ' ');
    expect((await patchMe(body)).status).toBe(200);
  });

  test('is answered before it has all come, and the connection is closed after', async () => {
    const sent = request({
      port: server.port,
      host: '127.0.0.1',
      method: 'PATCH',
      path: '/api/v1/users/me',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': 50_000_000,
      },
    });
    sent.on('error', () => undefined);
    sent.write('{');
    const [response] = await once(sent, 'response');
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe('close');
    await response.toArray();
    sent.destroy();
  });

  test('without a token is 401, not 413', async () => {
    const answer = await server.rest('PATCH', '/users/me', { body: big(limits.jsonBody) });
    expectError(answer, 401, 'UNAUTHORIZED');
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
    const { unavailable } = await import('@parley/core');
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

test('a client that leaves in the middle of its body harms nobody', async () => {
  const sent = request({
    port: server.port,
    host: '127.0.0.1',
    method: 'PATCH',
    path: '/api/v1/users/me',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 100 },
  });
  sent.on('error', () => undefined);
  sent.write('{"display');
  await new Promise((resolve) => setTimeout(resolve, 50));
  sent.destroy();
  await expect
    .poll(() => server.runtime.logged.some(({ status }) => status === 499), { timeout: 2_000 })
    .toBe(true);
  expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
});
