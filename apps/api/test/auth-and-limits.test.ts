import type { RateLimiter } from '@parley/core';
import { describe, expect, test } from 'vitest';
import { addressKey } from '../src/http/client-address.ts';
import { TestServer } from './support/http.ts';

const limited = { RATE_LIMIT_SCALE: '1' };

describe('a token', () => {
  test('is needed for all but signing in, before anything else is looked at', async () => {
    await using server = await TestServer.start();
    for (const [method, path] of [
      ['GET', '/users/me'],
      ['PATCH', '/users/me'],
      ['GET', '/users/not-a-uuid'],
      ['POST', '/chats'],
      ['GET', '/chats/not-a-uuid/messages?limit=x'],
      ['POST', '/auth/logout'],
    ] as const) {
      const answer = await server.rest(method, path, method === 'GET' ? {} : { body: '{broken' });
      expect(answer.status, path).toBe(401);
      expect(answer.body.error?.code).toBe('UNAUTHORIZED');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test.each(['Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'token', ''])(
    'that is none (%j) is UNAUTHORIZED',
    async (authorization) => {
      await using server = await TestServer.start();
      const { status, body } = await server.rest('GET', '/users/me', { headers: { authorization } });
      expect([status, body.error?.code]).toEqual([401, 'UNAUTHORIZED']);
    },
  );

  test('that is nonsense, forged or unsigned is TOKEN_INVALID', async () => {
    await using server = await TestServer.start();
    const { token } = await server.signIn();
    const [head, claims, signature] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const bad = [
      'x',
      'a.b.c',
      `${head}.${claims}.${'A'.repeat(43)}`,
      `${none}.${claims}.`,
      `${head}.${claims}`,
    ];
    for (const one of [...bad, `${token}x`, `${claims}.${head}.${signature}`]) {
      const { status, body } = await server.rest('GET', '/users/me', { token: one });
      expect([status, body.error?.code], one).toEqual([401, 'TOKEN_INVALID']);
    }
  });

  test('that has run out is TOKEN_EXPIRED', async () => {
    await using server = await TestServer.start();
    const { token } = await server.signIn();
    server.runtime.clock.advance(901_000);
    const { status, body } = await server.rest('GET', '/users/me', { token });
    expect([status, body.error?.code]).toEqual([401, 'TOKEN_EXPIRED']);
  });

  test('that is bad does not keep anyone from signing in', async () => {
    await using server = await TestServer.start();
    const body = { phone: '+491511234567' };
    expect((await server.rest('POST', '/auth/request-otp', { token: 'bad', body })).status).toBe(200);
  });

  test('is taken whatever the case of its scheme', async () => {
    await using server = await TestServer.start();
    const { token } = await server.signIn();
    const headers = { authorization: `bearer ${token}` };
    expect((await server.rest('GET', '/users/me', { headers })).status).toBe(200);
  });
});

describe('the rate limit', () => {
  test('of a signed-in user is 100 and a burst of 20, whatever the address', async () => {
    await using server = await TestServer.start({ env: limited });
    const { token } = await server.signIn();
    const statuses: number[] = [];
    for (let i = 0; i < 121; i++) statuses.push((await server.rest('GET', '/users/me', { token })).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(120);
    const refused = await server.rest('GET', '/users/me', { token });
    expect([refused.status, refused.body.error?.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    const other = await server.signIn('+491517654321');
    expect((await server.rest('GET', '/users/me', { token: other.token })).status).toBe(200);
  });

  test('without a valid token is 30 per address, over all routes', async () => {
    await using server = await TestServer.start({ env: limited });
    for (let i = 0; i < 15; i++) {
      expect((await server.rest('GET', '/users/me')).status).toBe(401);
      expect((await server.rest('GET', '/users/me', { token: 'bad' })).status).toBe(401);
    }
    const refused = await server.rest('POST', '/auth/request-otp', { body: { phone: '+491511234567' } });
    expect([refused.status, refused.body.error?.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
    expect(server.runtime.inbox?.list()).toHaveLength(0);
    const { token } = await server.signIn();
    expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
  });

  test('believes as many proxies as it is told, and no more', async () => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': `6.6.6.6, ${address}` } });
    await using proxied = await TestServer.start({ env: { ...limited, TRUST_PROXY: '1' } });
    for (let i = 0; i < 30; i++) await proxied.rest('GET', '/users/me', from('10.0.0.1'));
    expect((await proxied.rest('GET', '/users/me', from('10.0.0.1'))).status).toBe(429);
    expect((await proxied.rest('GET', '/users/me', from('10.0.0.2'))).status).toBe(401);
    await using direct = await TestServer.start({ env: limited });
    for (let i = 0; i < 30; i++) await direct.rest('GET', '/users/me', from(`10.0.0.${i}`));
    expect((await direct.rest('GET', '/users/me', from('10.0.0.99'))).status).toBe(429);
  });

  test('does not hold for health, docs and metrics', async () => {
    await using server = await TestServer.start({ env: limited });
    for (let i = 0; i < 40; i++) expect((await server.call('GET', '/health')).status).toBe(200);
    for (const path of ['/ready', '/metrics', '/docs', '/openapi.json']) {
      expect((await server.call('GET', path)).status, path).toBe(200);
    }
  });

  test('lets through and says so, once in a while, when it cannot count', async () => {
    const rates: RateLimiter = {
      consume: () => Promise.reject(new Error('no engine')),
      peek: async () => ({ allowed: true }),
      reset: async () => undefined,
    };
    await using server = await TestServer.start({ parts: { rates } });
    const { token } = await server.signIn();
    for (let i = 0; i < 5; i++) expect((await server.rest('GET', '/users/me', { token })).status).toBe(200);
    const warnings = () => server.runtime.logged.filter(({ level }) => level === 'warn').length;
    expect(warnings()).toBe(1);
    server.runtime.clock.advance(10_000);
    await server.rest('GET', '/users/me', { token });
    expect(warnings()).toBe(2);
    // Accounts are protected all the same.
    const otp = await server.rest('POST', '/auth/request-otp', { body: { phone: '+491511234567' } });
    expect(otp.status).toBe(503);
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('an address %s is counted as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key);
});
