import { randomUUID } from 'node:crypto';
import { media } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, file, form, upload } from './support/forms.ts';
import { expectError, TestServer } from './support/http.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A document of Mina's, sent to Jonas. */
async function sent() {
  const { mina, jonas, chatId } = await server.pair();
  const uploaded = await upload(
    server,
    mina.token,
    form(field('type', 'document'), file('dear diary', 'зима.txt')),
  );
  const id: string = uploaded.body.data.media_id;
  const message = {
    client_msg_id: randomUUID(),
    type: 'document',
    payload: { media_id: id, filename: 'зима.txt' },
  };
  const answer = await server.rest('POST', `/chats/${chatId}/messages`, { token: mina.token, body: message });
  expect(answer.status, answer.text).toBe(201);
  return { mina, jonas, id };
}

describe('a file', () => {
  test('is known to its uploader and to who was sent it, and to nobody else', async () => {
    const { mina, jonas, id } = await sent();
    for (const { token } of [mina, jonas]) {
      const { status, body } = await server.rest('GET', `/media/${id}`, { token });
      expect(status).toBe(200);
      expect(media.parse(body.data)).toMatchObject({ media_id: id, filename: 'зима.txt' });
    }
    const { token } = await server.signIn('+491700000099');
    for (const path of [`/media/${id}`, `/media/${id}/download`, `/media/${randomUUID()}`]) {
      expectError(await server.rest('GET', path, { token }), 404, 'NOT_FOUND');
      expectError(await server.rest('GET', path), 401, 'UNAUTHORIZED');
    }
    expectError(await server.rest('GET', '/media/not-a-uuid/download', { token }), 400, 'BAD_REQUEST');
  });

  test('is downloaded by a redirect to an address that needs no token', async () => {
    const { jonas, id } = await sent();
    for (const method of ['GET', 'HEAD']) {
      const answer = await server.call(method, `/api/v1/media/${id}/download`, { token: jonas.token });
      expect([answer.status, answer.text]).toEqual([302, '']);
      expect(answer.headers).toMatchObject({
        location: expect.stringMatching(/^\/objects\/media\//),
        'cache-control': 'private, no-store',
        'content-length': '0',
        'x-request-id': expect.any(String),
      });
      const got = await server.call('GET', answer.headers.location as string);
      expect([got.status, got.text]).toEqual([200, 'dear diary']);
      expect(got.headers['content-disposition']).toContain("filename*=UTF-8''%D0%B7");
    }
  });

  test('can be asked for over tRPC, too', async () => {
    const { jonas, id } = await sent();
    const input = encodeURIComponent(JSON.stringify({ id }));
    const answer = await server.call('GET', `/trpc/media.get?input=${input}`, { token: jonas.token });
    expect(JSON.parse(answer.text).result.data.media_id).toBe(id);
  });
});

describe('a push token', () => {
  test('is kept for the session, replaced, and removed once', async () => {
    const { token, sessionId, user } = await server.signIn();
    const put = (body: unknown) => server.rest('PUT', '/users/me/fcm-token', { token, body });
    const first = await put({ token: 'first', platform: 'android' });
    expect([first.status, first.body.data]).toEqual([200, { platform: 'android' }]);
    await put({ token: 'second', platform: 'web' });
    const devices = server.runtime.devices.bySession;
    expect(devices.get(sessionId)).toEqual({ userId: user.id, token: 'second', platform: 'web' });
    const remove = () => server.rest('DELETE', '/users/me/fcm-token', { token });
    expect((await remove()).body.data).toEqual({ removed: true });
    expect((await remove()).body.data).toEqual({ removed: false });
    expect(devices.has(sessionId)).toBe(false);
  });

  test.each([
    {},
    { token: '', platform: 'ios' },
    { token: 'a b', platform: 'ios' },
    { token: 'a', platform: 'tv' },
  ])('like %j is 422', async (body) => {
    const { token } = await server.signIn();
    expectError(await server.rest('PUT', '/users/me/fcm-token', { token, body }), 422, 'VALIDATION_ERROR');
  });

  test('needs a session', async () => {
    const body = { token: 'a', platform: 'ios' };
    expectError(await server.rest('PUT', '/users/me/fcm-token', { body }), 401, 'UNAUTHORIZED');
    expectError(await server.rest('DELETE', '/users/me/fcm-token'), 401, 'UNAUTHORIZED');
  });
});
