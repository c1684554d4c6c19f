import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './support/http.ts';
import { content, fetchBytes, key, sign, store } from './support/objects.ts';

let server: TestServer;
let address: string;
beforeAll(async () => {
  server = await TestServer.start();
  await store(server, key, content, 'image/png');
  address = await sign(server, key);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a range', () => {
  const range = (value: string, more = {}) => fetchBytes(server, 'GET', address, { range: value, ...more });

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
    const etag = (await fetchBytes(server, 'HEAD', address)).headers.etag as string;
    const of = async (condition: string) => (await range('bytes=0-9', { 'if-range': condition })).status;
    expect(await of(etag)).toBe(206);
    for (const other of ['"other"', `W/${etag}`, 'Sat, 21 Nov 2026 21:12:06 GMT'])
      expect(await of(other)).toBe(200);
  });
});

test('a file that the client has is 304, however it says so', async () => {
  const etag = (await fetchBytes(server, 'HEAD', address)).headers.etag as string;
  for (const known of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await fetchBytes(server, method, address, { 'if-none-match': known });
      expect([status, headers.etag, body.length]).toEqual([304, etag, 0]);
      expect(headers['cache-control']).toMatch(/^private, max-age=/);
    }
  }
  expect((await fetchBytes(server, 'GET', address, { 'if-none-match': '"other"' })).status).toBe(200);
});

test('another object, or another size of it, has another tag', async () => {
  await store(server, 'media/twin', content, 'image/png');
  const tag = async (name: string) =>
    (await fetchBytes(server, 'HEAD', await sign(server, name))).headers.etag;
  const first = await tag('media/twin');
  expect(first).not.toBe(await tag(key));
  await store(server, 'media/twin', content.subarray(1), 'image/png');
  expect(await tag('media/twin')).not.toBe(first);
});
