import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

const requests = (server: TestServer) => server.runtime.logged.filter(({ msg }) => msg === 'request');

test('every request is one line: its template, status and user, at a level by its status', async () => {
  await using server = await TestServer.start();
  const { token, user } = await server.signIn();
  const id = randomUUID();
  await server.rest('GET', '/users/me', { token, headers: { 'x-request-id': 'a-request-id' } });
  await server.rest('GET', `/users/${id}?secret=1`, { token });
  server.runtime.users.failure = new Error('down');
  await server.rest('GET', '/users/me', { token });
  expect(requests(server)).toMatchObject([
    {
      level: 'debug',
      request_id: 'a-request-id',
      method: 'GET',
      route: '/api/v1/users/me',
      status: 200,
      user_id: user.id,
      ms: expect.any(Number),
    },
    { level: 'info', route: '/api/v1/users/{id}', status: 404, user_id: user.id },
    { level: 'error', route: '/api/v1/users/me', status: 500, user_id: user.id },
  ]);
  expect(JSON.stringify(server.runtime.logged)).not.toContain(id);
});

test('tRPC and the pages are logged too', async () => {
  await using server = await TestServer.start();
  const { token, user } = await server.signIn();
  await server.call('GET', '/trpc/users.me', { token });
  await server.call('GET', '/trpc/users.me,users.me?batch=1&input=%7B%7D', { token });
  await server.call('GET', '/trpc/nothing');
  await server.call('GET', '/health');
  await server.call('GET', '/some/path');
  await expect.poll(() => requests(server).length).toBe(5);
  expect(requests(server).map(({ route, status, user_id }) => [route, status, user_id])).toEqual([
    ['/trpc/users.me', 200, user.id],
    ['/trpc/batch', 200, user.id],
    ['unknown', 404, undefined],
    ['/health', 200, undefined],
    ['unknown', 404, undefined],
  ]);
});

test('no log line has a phone, a token, a code or a body', async () => {
  await using server = await TestServer.start({ env: { LOG_LEVEL: 'trace' } });
  const phone = '+491709999999';
  await server.rest('POST', '/auth/request-otp', { body: { phone } });
  const otp = server.runtime.inbox?.list()[0]?.code as string;
  const { body } = await server.rest('POST', '/auth/verify-otp', { body: { phone, otp } });
  await server.rest('PATCH', '/users/me', {
    token: body.data.access_token,
    body: { display_name: 'A secret name' },
  });
  await server.rest('PATCH', '/users/me', {
    token: body.data.access_token,
    body: '{"display_name":"A secret',
  });
  await server.rest('GET', `/users/${encodeURIComponent(phone)}`, { token: body.data.access_token });
  const text = JSON.stringify(server.runtime.logged);
  for (const secret of [
    phone,
    phone.slice(1),
    otp,
    body.data.access_token,
    body.data.refresh_token,
    'A secret',
  ]) {
    expect(text).not.toContain(secret);
  }
});

test('metrics count by template, and all that is unknown as one', async () => {
  await using server = await TestServer.start();
  const { token } = await server.signIn();
  await server.rest('GET', `/users/${randomUUID()}`, { token });
  for (let i = 0; i < 3; i++) await server.rest('GET', `/nothing/${i}`);
  await server.rest('POST', '/users/me', { token, body: {} });
  const { text, headers } = await server.call('GET', '/metrics');
  expect(headers['content-type']).toMatch('text/plain');
  const count = (labels: string) =>
    text.match(new RegExp(`parley_http_request_duration_seconds_count\\{${labels}\\} (\\d+)`))?.[1];
  expect(count('route="/api/v1/users/\\{id\\}",method="GET",status="404"')).toBe('1');
  expect(count('route="unknown",method="GET",status="404"')).toBe('3');
  expect(text).not.toContain('/nothing/');
});
