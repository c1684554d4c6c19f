import { describe, expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

const origin = 'https://chat.example.org';
const preflight = {
  headers: {
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,content-type,x-request-id',
  },
};

describe('with all origins allowed', () => {
  test.each([
    '/api/v1/users/me',
    '/api/v1/nothing',
    '/trpc/users.me',
    '/health',
    '/openapi.json',
    '/nothing',
  ])('%s may be read from anywhere', async (path) => {
    await using server = await TestServer.start();
    const { headers } = await server.call('GET', path, { headers: { origin } });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toBe('X-Request-Id, Retry-After');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('preflights are answered, without a token and without being counted', async () => {
    await using server = await TestServer.start({ env: { RATE_LIMIT_SCALE: '1' } });
    for (let i = 0; i < 40; i++) {
      const { status, headers, text } = await server.call('OPTIONS', '/api/v1/users/me', preflight);
      expect(status).toBe(204);
      expect(text).toBe('');
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-allow-methods']).toBe('GET, POST, PUT, PATCH, DELETE');
      expect(headers['access-control-allow-headers']).toMatch(/^Authorization, Content-Type, X-Request-Id/);
    }
    expect((await server.call('OPTIONS', '/trpc/users.me', preflight)).status).toBe(204);
  });
});

describe('with a list of origins', () => {
  const env = { CORS_ORIGINS: `${origin},http://localhost:5173` };

  test('those may read, others may not, and caches are told', async () => {
    await using server = await TestServer.start({ env });
    for (const path of ['/api/v1/users/me', '/trpc/users.me', '/health']) {
      const allowed = await server.call('GET', path, { headers: { origin } });
      expect(allowed.headers['access-control-allow-origin'], path).toBe(origin);
      expect(allowed.headers.vary?.toLowerCase(), path).toContain('origin');
      for (const other of ['https://evil.example', 'null', `${origin}.evil.example`, origin.toUpperCase()]) {
        const { headers } = await server.call('GET', path, { headers: { origin: other } });
        expect(headers, other).not.toHaveProperty('access-control-allow-origin');
        expect(headers.vary?.toLowerCase(), path).toContain('origin');
      }
    }
  });

  test('a preflight of another origin is answered without permission', async () => {
    await using server = await TestServer.start({ env });
    const headers = { ...preflight.headers, origin: 'https://evil.example' };
    const answer = await server.call('OPTIONS', '/api/v1/users/me', { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(answer.headers).not.toHaveProperty('access-control-allow-methods');
  });
});
