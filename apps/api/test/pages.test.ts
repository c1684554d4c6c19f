import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isLocal } from '../src/pages/inbox.ts';
import { TestServer } from './support/http.ts';

const local = (port: number) => ({ host: `localhost:${port}` });

describe('for operators', () => {
  test('/health says that the process lives', async () => {
    await using server = await TestServer.start();
    const { status, text, headers } = await server.call('GET', '/health');
    expect([status, text]).toEqual([200, '{"status":"ok"}']);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect((await server.call('HEAD', '/health')).status).toBe(200);
  });

  test('/ready follows the dependencies and the drain', async () => {
    await using server = await TestServer.start();
    let up = true;
    server.runtime.readiness.add('database', async () => {
      if (!up) throw new Error('down');
    });
    const ready = await server.call('GET', '/ready');
    expect([ready.status, JSON.parse(ready.text).checks.database.ok]).toEqual([200, true]);
    up = false;
    const down = await server.call('GET', '/ready');
    expect([down.status, JSON.parse(down.text).checks.database.ok]).toEqual([503, false]);
    up = true;
    server.runtime.readiness.drain();
    const draining = await server.call('GET', '/ready');
    expect([draining.status, JSON.parse(draining.text).draining]).toEqual([503, true]);
  });

  test('a page that fails is an opaque 500', async () => {
    await using server = await TestServer.start();
    server.runtime.metrics.text = () => Promise.reject(new Error('secret detail'));
    const { status, text } = await server.call('GET', '/metrics');
    expect(status).toBe(500);
    expect(text).not.toContain('secret detail');
    expect(JSON.parse(text).error.code).toBe('INTERNAL_ERROR');
  });
});

describe('the landing page', () => {
  test('links to what there is', async () => {
    const env = { WEB_DIR: 'none' };
    await using server = await TestServer.start({ env });
    const { text, headers } = await server.call('GET', '/');
    expect(headers['content-type']).toMatch('text/html');
    for (const href of ['/docs', '/dev/inbox', '/health']) expect(text).toContain(`href="${href}"`);
    await using bare = await TestServer.start({ env, withInbox: false });
    expect((await bare.call('GET', '/')).text).not.toContain('/dev/inbox');
  });
});

describe('the docs', () => {
  test('come from this server alone, under a strict policy', async () => {
    await using server = await TestServer.start();
    const page = await server.call('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'none';script-src 'self'");
    const urls = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(urls.length).toBeGreaterThan(3);
    for (const url of urls) {
      expect(url).toMatch(/^\//);
      const { status, headers } = await server.call('GET', url);
      expect(status, url).toBe(200);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    expect(page.text).not.toMatch(/<script>|<style>|\son\w+="/);
  });

  test('show nothing else of the package they are made of', async () => {
    await using server = await TestServer.start();
    for (const name of ['package.json', 'index.html', 'swagger-initializer.js', '..%2fpackage.json']) {
      expect((await server.call('GET', `/docs/${name}`)).status, name).toBe(404);
    }
  });
});

describe('the dev inbox', () => {
  test('lists what was sent, newest first, as JSON or as a page', async () => {
    await using server = await TestServer.start();
    for (const phone of ['+491511111111', '+491512222222']) {
      await server.rest('POST', '/auth/request-otp', { body: { phone } });
    }
    const json = await server.call('GET', '/dev/inbox', { headers: { accept: 'application/json' } });
    const { items } = JSON.parse(json.text);
    expect(items.map((item: { to: string }) => item.to)).toEqual(['+491512222222', '+491511111111']);
    expect(items[0]).toMatchObject({ kind: 'sms', code: expect.stringMatching(/^\d{6}$/) });
    expect(json.headers['cache-control']).toBe('no-store');
    const page = await server.call('GET', '/dev/inbox', { headers: { accept: 'text/html,*/*' } });
    expect(page.headers['content-type']).toMatch('text/html');
    expect(page.headers['content-security-policy']).toContain("script-src 'self';style-src 'self'");
    expect(page.text).not.toMatch(/<script>|<style>|style="|\son\w+="/);
  });

  test('tells live what is sent', async () => {
    await using server = await TestServer.start();
    const [stream] = await once(get(`${server.url}/dev/inbox/events`), 'response');
    expect(stream.headers['content-type']).toMatch('text/event-stream');
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text).toContain('event: items\ndata: []\n\n');
    server.runtime.inbox?.add({ kind: 'sms', to: '+49151', text: 'Two\nlines', code: '042137' });
    await expect.poll(() => text).toMatch(/event: item\ndata: \{.*"code":"042137".*\}\n\n/);
    stream.destroy();
  });

  test('is not there in production or on distributed engines', async () => {
    await using server = await TestServer.start({ withInbox: false });
    for (const path of ['/dev/inbox', '/dev/inbox/events', '/dev/inbox/inbox.js']) {
      expect((await server.call('GET', path)).status, path).toBe(404);
    }
  });

  test.each([
    ['a proxy', { 'x-forwarded-for': '127.0.0.1' }],
    ['another proxy', { forwarded: 'for=127.0.0.1' }],
    ['a foreign host name', { host: 'evil.example' }],
    ['a host name that only looks local', { host: 'localhost.evil.example' }],
    ['an address of the network', { host: '192.168.0.7:8080' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port', { 'sec-fetch-site': 'same-site' }],
  ])('is hidden from %s', async (_what, headers) => {
    await using server = await TestServer.start();
    for (const path of ['/dev/inbox', '/dev/inbox/events', '/dev/inbox/inbox.js']) {
      const answer = await server.call('GET', path, { headers: { ...local(server.port), ...headers } });
      expect(answer.status, path).toBe(404);
      expect(JSON.parse(answer.text).error.code).toBe('NOT_FOUND');
    }
  });

  test('is never shared with scripts of other origins', async () => {
    await using server = await TestServer.start();
    const { status, headers } = await server.call('GET', '/dev/inbox', {
      headers: { ...local(server.port), origin: 'https://evil.example', accept: 'application/json' },
    });
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('answers only loopback addresses', () => {
    const from = (remoteAddress: string | undefined, host = 'localhost:8080') =>
      isLocal({ headers: { host }, socket: { remoteAddress } } as Parameters<typeof isLocal>[0]);
    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      expect(from(address), address).toBe(true);
    }
    for (const address of ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '1127.0.0.1', undefined]) {
      expect(from(address), address).toBe(false);
    }
    for (const host of ['localhost', '127.0.0.1:80', '[::1]:8080', 'LOCALHOST:1']) {
      expect(from('::1', host), host).toBe(true);
    }
  });
});
