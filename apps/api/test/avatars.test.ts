import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, form, upload } from './support/forms.ts';
import { TestServer } from './support/http.ts';

let server: TestServer;
let address: string;
beforeAll(async () => {
  server = await TestServer.start();
  const { token } = await server.signIn();
  const answer = await upload(server, token, form(file('image')), {
    method: 'PUT',
    path: '/users/me/avatar',
  });
  address = answer.body.data.avatar_url;
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a photo', () => {
  test('is there for whoever has its address, for a day', async () => {
    const { status, headers, text } = await server.call('GET', address);
    expect([status, text]).toEqual([200, 'image']);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '5',
      'cache-control': 'public, max-age=86400, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      etag: expect.stringMatching(/^"[\w-]{20,}"$/),
    });
    expect(headers).not.toHaveProperty('set-cookie');
    const elsewhere = await server.call('GET', address, { headers: { origin: 'https://chat.example.org' } });
    expect(elsewhere.headers['access-control-allow-origin']).toBe('*');
  });

  test('answers HEAD without the body, and 304 where the client has it', async () => {
    const { headers } = await server.call('GET', address);
    const head = await server.call('HEAD', address);
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '5']);
    const known = { headers: { 'if-none-match': headers.etag as string } };
    const again = await server.call('GET', address, known);
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', headers.etag]);
    expect(again.headers['cache-control']).toBe('public, max-age=86400, immutable');
  });

  test('is found whatever the case of its address', async () => {
    const shouted = `/avatars/${address.slice('/avatars/'.length).toUpperCase()}`;
    expect((await server.call('GET', shouted)).status).toBe(200);
  });

  test('is not counted as a request without a token', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    for (let i = 0; i < 60; i++) expect((await limited.call('GET', address)).status).toBe(404);
  });

  test('is one line in the log, which has no address', async () => {
    const before = server.runtime.logged.length;
    await server.call('GET', address);
    const lines = () => server.runtime.logged.slice(before).filter(({ msg }) => msg === 'request');
    await expect.poll(lines).toMatchObject([{ route: '/avatars/{id}', status: 200 }]);
    expect(JSON.stringify(server.runtime.logged)).not.toContain(address);
  });
});

describe('what is no photo is 404', () => {
  test.each([
    `/avatars/${randomUUID()}`,
    '/avatars/not-a-uuid',
    '/avatars/',
    '/avatars',
    '/avatars/../media/x',
    '/avatars/..%2fmedia%2fx',
    '/avatars/%ff',
  ])('%s', async (path) => {
    const { status, text, headers } = await server.call('GET', path);
    expect([status, JSON.parse(text).error.code]).toEqual([404, 'NOT_FOUND']);
    expect(headers['cache-control']).toBe('no-store');
  });

  test('nor is a file of a message, and nothing is changed by asking otherwise', async () => {
    const { token } = await server.signIn();
    const { body } = await upload(server, token, form(file('image'), Buffer.from('')), {});
    expect(body.error?.code).toBe('VALIDATION_ERROR');
    const id = randomUUID();
    const record = { ...[...server.runtime.media.byId.values()][0], media_id: id, is_avatar: false };
    await server.runtime.media.add(record as Parameters<typeof server.runtime.media.add>[0]);
    expect((await server.call('GET', `/avatars/${id}`)).status).toBe(404);
    expect((await server.call('DELETE', address)).status).toBe(404);
    expect((await server.call('GET', address)).status).toBe(200);
  });

  test('nor is one whose bytes are gone', async () => {
    const id = randomUUID();
    const record = {
      ...[...server.runtime.media.byId.values()][0],
      media_id: id,
      object_key: 'avatars/gone',
    };
    await server.runtime.media.add(record as Parameters<typeof server.runtime.media.add>[0]);
    expect((await server.call('GET', `/avatars/${id}`)).status).toBe(404);
  });
});

test('a photo whose store breaks in the middle is no whole photo', async () => {
  await using broken = await TestServer.start();
  const { token } = await broken.signIn();
  const answer = await upload(broken, token, form(file('image')), {
    method: 'PUT',
    path: '/users/me/avatar',
  });
  const { objects } = broken.runtime;
  objects.get = async () => ({
    size: 100,
    contentType: 'image/png',
    body: Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('the disk is gone');
      })(),
      { objectMode: false },
    ),
  });
  await expect(broken.call('GET', answer.body.data.avatar_url)).rejects.toThrow();
  expect(broken.runtime.logged.some(({ msg }) => msg === 'a file could not be sent whole')).toBe(true);
});
