import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { unavailable } from '@parley/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnyEnvelope, type CallOptions, TestServer } from './support/http.ts';

let server: TestServer;
const content = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i % 251));
const key = 'media/0198c6f4-7c11-7b02-9a5e-2f6d1c0b8a77';
let address: string;
beforeAll(async () => {
  server = await TestServer.start();
  await store(key, content, 'image/png');
  address = await sign(key);
});
afterAll(() => server[Symbol.asyncDispose]());

const store = (name: string, bytes: Buffer, contentType: string) =>
  server.runtime.objects.put(name, Readable.from([bytes], { objectMode: false }), { contentType });
const sign = (name: string, filename?: string) =>
  server.runtime.objects.url(name, {
    expiresInSeconds: 3600,
    ...(filename === undefined ? {} : { filename }),
  });

/** An answer whose body is bytes. */
async function fetchBytes(method: string, path: string, headers: CallOptions['headers'] = {}) {
  const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode as number, headers: response.headers, body };
}

async function refusal(path: string) {
  const { status, text, headers } = await server.call('GET', path);
  expect(headers['content-type']).toContain('application/json');
  expect(headers['cache-control']).toBe('no-store');
  return { status, error: (JSON.parse(text) as AnyEnvelope).error };
}

describe('a signed address', () => {
  test('gives the file, to anyone, as what it was stored as', async () => {
    const { status, headers, body } = await fetchBytes('GET', address);
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
    const age = Number(/^private, max-age=(\d+)$/.exec(headers['cache-control'])?.[1]);
    expect(age).toBeGreaterThan(3_500);
    expect(age).toBeLessThanOrEqual(3_600);
  });

  test('with a name makes it a download of that name', async () => {
    const { headers } = await fetchBytes('GET', await sign(key, 'зима "1".png'));
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="[ -~]*"; filename\*=UTF-8''%D0%B7/,
    );
  });

  test('answers HEAD like GET, without the body', async () => {
    const get = await fetchBytes('GET', address);
    const head = await fetchBytes('HEAD', address, { range: 'bytes=0-1' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    const { date: _then, 'x-request-id': _one, ...headers } = get.headers;
    expect(head.headers).toMatchObject({ ...headers, 'cache-control': expect.any(String) });
  });

  test('adds nothing to the type, and gives an empty file', async () => {
    await store('media/empty', Buffer.alloc(0), 'text/plain');
    const empty = await sign('media/empty');
    const { status, headers, body } = await fetchBytes('GET', empty);
    expect([status, headers['content-type'], body.length]).toEqual([200, 'text/plain', 0]);
    expect((await fetchBytes('GET', empty, { range: 'bytes=0-0' })).status).toBe(416);
  });

  test('is for reading alone', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await fetchBytes(method, address)).status).toBe(404);
  });

  test('may be used from other sites, as every route', async () => {
    const { headers } = await fetchBytes('GET', address, { origin: 'https://chat.example.org' });
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
    await fetchBytes('GET', address);
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
    expect(await refusal(await sign('media/gone'))).toMatchObject({
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

describe('a range', () => {
  const range = (value: string, more = {}) => fetchBytes('GET', address, { range: value, ...more });

  test('gives those bytes, whatever they are', async () => {
    const position = fc.nat(3_100);
    await fc.assert(
      fc.asyncProperty(position, fc.option(position), fc.boolean(), async (first, last, fromEnd) => {
        const size = content.length;
        const value = fromEnd ? `bytes=-${first}` : `bytes=${first}-${last ?? ''}`;
        const start = fromEnd ? Math.max(0, size - first) : first;
        const end = fromEnd ? size - 1 : Math.min(last ?? size - 1, size - 1);
        const answer = await range(value);
        if (start > end) {
          expect([answer.status, answer.headers['content-range']]).toEqual([416, `bytes */${size}`]);
          expect(answer.body.length).toBe(0);
        } else {
          expect([answer.status, answer.headers['content-range']]).toEqual([
            206,
            `bytes ${start}-${end}/${size}`,
          ]);
          expect(answer.headers['content-length']).toBe(`${end - start + 1}`);
          expect(answer.body.equals(content.subarray(start, end + 1))).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    'bytes=0-1,5-6',
    'bytes=',
    'bytes=a-b',
    'bytes=-',
    'items=0-1',
    'bytes',
    'bytes=0.5-1',
    'bytes=--1',
  ])('like %s is answered with the whole', async (value) => {
    const { status, body } = await range(value);
    expect([status, body.length]).toEqual([200, 3_000]);
  });

  test('is given only of the file that the client began with', async () => {
    const { etag } = (await fetchBytes('HEAD', address)).headers;
    const of = async (condition: string) => (await range('bytes=0-9', { 'if-range': condition })).status;
    expect(await of(etag)).toBe(206);
    for (const other of ['"other"', `W/${etag}`, 'Sat, 21 Nov 2026 21:12:06 GMT'])
      expect(await of(other)).toBe(200);
  });
});

test('a file that the client has is 304, however it says so', async () => {
  const { etag } = (await fetchBytes('HEAD', address)).headers;
  for (const known of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await fetchBytes(method, address, { 'if-none-match': known });
      expect([status, headers.etag, body.length]).toEqual([304, etag, 0]);
      expect(headers['cache-control']).toMatch(/^private, max-age=/);
    }
  }
  expect((await fetchBytes('GET', address, { 'if-none-match': '"other"' })).status).toBe(200);
});

test('another object, or another size of it, has another tag', async () => {
  await store('media/twin', content, 'image/png');
  const tag = async (name: string) => (await fetchBytes('HEAD', await sign(name))).headers.etag;
  const first = await tag('media/twin');
  expect(first).not.toBe(await tag(key));
  await store('media/twin', content.subarray(1), 'image/png');
  expect(await tag('media/twin')).not.toBe(first);
});

test('readers that go away close their files', async () => {
  await store('media/big', Buffer.alloc(8 * 2 ** 20, 'x'), 'video/mp4');
  const path = await sign('media/big');
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
