import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { unavailable } from '@parley/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnyEnvelope, TestServer } from './support/http.ts';
import { content, fetchBytes, key, sign, store } from './support/objects.ts';

let server: TestServer;
let address: string;
beforeAll(async () => {
  server = await TestServer.start();
  await store(server, key, content, 'image/png');
  address = await sign(server, key);
});
afterAll(() => server[Symbol.asyncDispose]());

async function refusal(path: string) {
  const { status, text, headers } = await server.call('GET', path);
  expect(headers['content-type']).toContain('application/json');
  expect(headers['cache-control']).toBe('no-store');
  return { status, error: (JSON.parse(text) as AnyEnvelope).error };
}

describe('a signed address', () => {
  test('gives the file, to anyone, as what it was stored as', async () => {
    const { status, headers, body } = await fetchBytes(server, 'GET', address);
    expect(status).toBe(200);
    expect(body).toEqual(content);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '3000',
      'content-disposition': 'inline',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      etag: expect.stringMatching(/^"[\w-]{20,}"$/),
    });
    const age = Number(/^private, max-age=(\d+)$/.exec(headers['cache-control'] ?? '')?.[1]);
    expect(age).toBeGreaterThan(3_500);
    expect(age).toBeLessThanOrEqual(3_600);
  });

  test('with a name makes it a download of that name', async () => {
    const { headers } = await fetchBytes(server, 'GET', await sign(server, key, 'зима "1".png'));
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="[ -~]*"; filename\*=UTF-8''%D0%B7/,
    );
  });

  test('answers HEAD like GET, without the body', async () => {
    const get = await fetchBytes(server, 'GET', address);
    const head = await fetchBytes(server, 'HEAD', address, { range: 'bytes=0-1' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    const { date: _then, 'x-request-id': _one, ...headers } = get.headers;
    expect(head.headers).toMatchObject({ ...headers, 'cache-control': expect.any(String) });
  });

  test('adds nothing to the type, and gives an empty file', async () => {
    await store(server, 'media/empty', Buffer.alloc(0), 'text/plain');
    const empty = await sign(server, 'media/empty');
    const { status, headers, body } = await fetchBytes(server, 'GET', empty);
    expect([status, headers['content-type'], body.length]).toEqual([200, 'text/plain', 0]);
    expect((await fetchBytes(server, 'GET', empty, { range: 'bytes=0-0' })).status).toBe(416);
  });

  test('is for reading alone', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await fetchBytes(server, method, address)).status).toBe(404);
  });

  test('may be used from other sites, as every route', async () => {
    const { headers } = await fetchBytes(server, 'GET', address, { origin: 'https://chat.example.org' });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toMatch(/^X-Request-Id, .*Content-Range/);
  });

  test('is not counted as a request without a token', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    const body = Readable.from([content], { objectMode: false });
    await limited.runtime.objects.put(key, body, { contentType: 'image/png' });
    const own = await limited.runtime.objects.url(key, { expiresInSeconds: 60 });
    for (let i = 0; i < 60; i++) expect((await limited.call('GET', own)).status).toBe(200);
  });

  test('is one line in the log, which has no key and no signature', async () => {
    const before = server.runtime.logged.length;
    await fetchBytes(server, 'GET', address);
    const lines = () => server.runtime.logged.slice(before).filter(({ msg }) => msg === 'request');
    await expect.poll(lines).toMatchObject([{ route: '/objects/{key}', status: 200 }]);
    expect(JSON.stringify(server.runtime.logged)).not.toContain('signature');
  });
});

describe('an address', () => {
  test.each([
    ['without a signature', () => `/objects/${key}`],
    ['of another object', () => address.replace('a77?', 'a78?')],
    ['with another signature', () => address.replace(/signature=..../, 'signature=AAAA')],
    ['that lives longer than it was given', () => address.replace(/expires=\d+/, 'expires=99999999999')],
    ['with a name that was not signed', () => `${address}&filename=a.html`],
    ['with two signatures', () => `${address}&signature=AAAA`],
    ['that cannot be decoded', () => `/objects/%ff${address.slice('/objects'.length)}`],
    ['of nothing', () => '/objects/?expires=1&signature=x'],
  ])('%s is 403', async (_what, path) => {
    expect(await refusal(path())).toMatchObject({ status: 403, error: { code: 'FORBIDDEN' } });
  });

  test('that has run out is 403 and says so', async () => {
    await using later = await TestServer.start();
    const old = await later.runtime.objects.url(key, { expiresInSeconds: 60 });
    later.runtime.clock.advance(61_000);
    const { status, text } = await later.call('GET', old);
    expect([status, JSON.parse(text).error.message]).toEqual([
      403,
      'This address has run out: ask for a new one',
    ]);
  });

  test('of what is not there any more is 404', async () => {
    expect(await refusal(await sign(server, 'media/gone'))).toMatchObject({
      status: 404,
      error: { code: 'NOT_FOUND' },
    });
  });

  test.each([
    '/objects/../../../../etc/passwd',
    '/objects/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/objects/%2e%2e/%2e%2e/etc/passwd',
    '/objects/media/../../incoming',
    '/objects//etc/passwd',
    '/objects/media%00',
    '/objects/..\\..\\etc\\passwd',
    '/objects',
    '/objects/.',
  ])('like %s leads nowhere', async (path) => {
    const query = address.slice(address.indexOf('?'));
    for (const target of [path, path + query]) {
      const { status, text } = await server.call('GET', target);
      expect([403, 404]).toContain(status);
      expect(text).not.toContain('root:');
    }
  });

  test('is of no use where files are kept elsewhere', async () => {
    await using elsewhere = await TestServer.start({ withObjects: false });
    expect((await elsewhere.call('GET', address)).status).toBe(404);
  });

  test('answers 503 while the store is away', async () => {
    await using broken = await TestServer.start();
    const { objects } = broken.runtime;
    objects.stat = async () => {
      throw unavailable('The object store', new Error('the disk is gone'));
    };
    const own = await objects.url(key, { expiresInSeconds: 60 });
    const { status, text } = await broken.call('GET', own);
    expect([status, JSON.parse(text).error.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });
});

test('readers that go away close their files', async () => {
  await store(server, 'media/big', Buffer.alloc(8 * 2 ** 20, 'x'), 'video/mp4');
  const path = await sign(server, 'media/big');
  const { objects } = server.runtime;
  const get = objects.get.bind(objects);
  const opened: Readable[] = [];
  objects.get = async (...of) => {
    const object = await get(...of);
    if (object) opened.push(object.body);
    return object;
  };
  for (let i = 0; i < 10; i++) {
    const sent = request({ host: '127.0.0.1', port: server.port, path, agent: false });
    sent.on('error', () => {});
    sent.end();
    const [response] = await once(sent, 'response');
    response.on('error', () => {});
    await once(response, 'readable');
    expect(opened[i]?.closed).toBe(false);
    sent.destroy();
  }
  await expect.poll(() => opened.filter(({ closed }) => closed).length).toBe(10);
  expect(server.runtime.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
