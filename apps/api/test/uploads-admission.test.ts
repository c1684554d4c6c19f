import { once } from 'node:events';
import { limits } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { answerTo, begin, field, file, form, upload } from './support/forms.ts';
import { expectError, TestServer } from './support/http.ts';
import { uploading } from './support/uploading.ts';

const here = uploading();

describe('who uploads', () => {
  test('must be signed in, which is seen before the body', async () => {
    for (const [method, path] of [
      ['POST', '/media/upload'],
      ['PUT', '/users/me/avatar'],
      ['PUT', `/chats/${crypto.randomUUID()}/avatar`],
    ] as const) {
      expectError(
        await upload(here.server, undefined, form(file('i')), { method, path }),
        401,
        'UNAUTHORIZED',
      );
      expectError(await upload(here.server, 'bad', form(file('i')), { method, path }), 401, 'TOKEN_INVALID');
    }
    const sent = begin(here.server, undefined, { 'content-length': limits.mediaBytes.image });
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expectError(answer, 401, 'UNAUTHORIZED');
    expect(answer.headers.connection).toBe('close');
    sent.destroy();
  });

  test('may upload ten files a minute, which is seen before the body', async () => {
    await using limited = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    const mina = await limited.signIn();
    const body = form(field('type', 'image'), file('i'));
    for (let i = 0; i < 9; i++) expect((await upload(limited, mina.token, body)).status).toBe(201);
    const photo = { method: 'PUT', path: '/users/me/avatar' };
    expect((await upload(limited, mina.token, form(file('i')), photo)).status).toBe(200);
    const sent = begin(limited, mina.token, { 'content-length': 1_000_000 });
    sent.flushHeaders();
    const refused = await answerTo(sent);
    expectError(refused, 429, 'TOO_MANY_REQUESTS');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    sent.destroy();
    const jonas = await limited.signIn('+491517654321');
    expect((await upload(limited, jonas.token, body)).status).toBe(201);
  });

  test('is let through where uploads cannot be counted, which is logged', async () => {
    const rates = {
      consume: () => Promise.reject(new Error('no engine')),
      peek: async () => ({ allowed: true }) as const,
      reset: async () => undefined,
    };
    await using open = await TestServer.start({ parts: { rates } });
    const mina = await open.signIn();
    expect((await upload(open, mina.token, form(field('type', 'image'), file('i')))).status).toBe(201);
    expect(open.runtime.logged.some(({ level }) => level === 'warn')).toBe(true);
  });
});

describe('a client that asks first', () => {
  const headers = { expect: '100-continue' };

  test('is told to go on once it may', async () => {
    const body = form(field('type', 'image'), file('i'));
    const sent = begin(here.server, here.token, { ...headers, 'content-length': body.length });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(body);
    expect((await answerTo(sent)).status).toBe(201);
    here.accepted++;
  });

  const head = (length: number, more: string) =>
    `POST /api/v1/media/upload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n${more}\r\n`;

  test.each([
    ['401', 100, () => ''],
    ['413', 10 ** 9, () => `Authorization: Bearer ${here.token}\r\n`],
  ])('is refused without having sent its body (%s)', async (status, length, more) => {
    const started = performance.now();
    const received = await here.server.raw(head(length, more()));
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(received).toMatch(/^connection: close/im);
    // Nothing is waited for: a client that was refused sends nothing more.
    expect(performance.now() - started).toBeLessThan(1_900);
  });

  test.each([
    ['PATCH', '/api/v1/users/me'],
    ['POST', '/trpc/users.updateMe'],
  ])('is told so on every other route too (%s %s)', async (method, path) => {
    const body = '{"display_name":"Mina"}';
    const own = { ...headers, 'content-type': 'application/json', 'content-length': body.length };
    const sent = begin(here.server, here.token, own, [method, path]);
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(body);
    expect((await answerTo(sent)).status).toBe(200);
  });
});
