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

  test.each([
    ['401', 401, 100, undefined],
    ['413', 413, 10 ** 9, 'good'],
  ] as const)('is refused without having sent its body (%s)', async (_n, status, length, who) => {
    await using server = await TestServer.start();
    const { token } = await server.signIn();
    const sent = begin(server, who && token, { ...headers, 'content-length': length });
    let asked = false;
    sent.on('continue', () => {
      asked = true;
    });
    sent.flushHeaders();
    const answer = await answerTo(sent);
    expect([answer.status, asked, answer.headers.connection]).toEqual([status, false, 'close']);
    // Nothing is waited for: the client sends nothing more.
    await expect.poll(() => server.connections()).toBe(0);
  });

  test('is told so on every other route too', async () => {
    const options = { token: here.token, body: '{"display_name":"Mina"}', headers };
    expect((await here.server.rest('PATCH', '/users/me', options)).status).toBe(200);
    const trpc = { token: here.token, body: '{"display_name":"Mina"}', headers };
    expect((await here.server.call('POST', '/trpc/users.updateMe', trpc)).status).toBe(200);
  });
});
