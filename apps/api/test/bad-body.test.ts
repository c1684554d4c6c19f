import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { limits } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallOptions, expectError, TestServer } from './support/http.ts';

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

  test('can be sent to its end by a client that reads only then', async () => {
    const body = big(2_000_000);
    const head = [
      'PATCH /api/v1/users/me HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const received = await server.raw(`${head.join('\r\n')}\r\n\r\n${body}`);
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('"code":"PAYLOAD_TOO_LARGE"');
  });

  test('without a token is 401, not 413', async () => {
    const answer = await server.rest('PATCH', '/users/me', { body: big(limits.jsonBody) });
    expectError(answer, 401, 'UNAUTHORIZED');
  });
});

test('a body that was not read does not spoil the connection', async () => {
  await using fresh = await TestServer.start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (body: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { method: 'PATCH', agent, headers: { 'content-length': Buffer.byteLength(body) } };
      const sent = request(`${fresh.url}/api/v1/users/me`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).end(body);
    });
  for (let i = 0; i < 3; i++) expect(await post('x'.repeat(100_000))).toBe(401);
  expect(await fresh.connections()).toBe(1);
  agent.destroy();
});

test('a client that leaves in the middle of its body harms nobody', async () => {
  const arrived = once(server.server, 'request');
  const sent = request({
    port: server.port,
    host: '127.0.0.1',
    method: 'PATCH',
    path: '/api/v1/users/me',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 100 },
  });
  sent.on('error', () => undefined);
  sent.write('{"display');
  await arrived;
  sent.destroy();
  await expect
    .poll(() => server.runtime.logged.some(({ status }) => status === 499), { timeout: 2_000 })
    .toBe(true);
  expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
});
