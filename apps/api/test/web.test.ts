/** The web client at `/`: its files as they are, the page for developers, and what it may load. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

const script = `console.log('${'a long script '.repeat(200)}')`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><html><head></head><body>chat</body></html>');
  await writeFile(join(folder, 'assets/index-abc123.js'), script);
  await writeFile(join(folder, 'assets/index-abc123.js.gz'), gzipSync(script));
  await writeFile(join(folder, '.made-of'), 'nobody needs to know');
});

afterAll(() => rm(folder, { recursive: true }));

const withWeb = (env: Record<string, string> = {}, withInbox = true) =>
  TestServer.start({ env: { WEB_DIR: folder, ...env }, withInbox });

describe('the page', () => {
  test('is the built one, asked for anew each time, under a strict policy', async () => {
    await using server = await withWeb();
    const { status, text, headers } = await server.call('GET', '/');
    expect(status).toBe(200);
    expect(text).toContain('chat');
    expect(headers['cache-control']).toBe('no-cache');
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });

  test('may load files from where they are kept, and from nowhere else', async () => {
    const s3 = { MINIO_ENDPOINT: 'files:9000', MINIO_ACCESS_KEY: 'key', MINIO_SECRET_KEY: 'secret' };
    await using server = await withWeb({ ...s3, MINIO_PUBLIC_URL: 'https://files.example.org/some/path' });
    const { headers } = await server.call('GET', '/');
    const policy = headers['content-security-policy'];
    expect(policy).toContain("img-src 'self' data: blob: https://files.example.org;");
    expect(policy).toContain("script-src 'self';");
    await using inside = await withWeb(s3);
    expect((await inside.call('GET', '/')).headers['content-security-policy']).toContain(
      'http://files:9000;',
    );
  });

  test("knows that it is a developer's only on the developer's own machine", async () => {
    const mark = '<meta name="parley-dev" content="true">';
    await using server = await withWeb();
    const local = { host: `localhost:${server.port}` };
    expect((await server.call('GET', '/', { headers: local })).text).toContain(mark);
    const proxied = { ...local, 'x-forwarded-for': '192.0.2.1' };
    expect((await server.call('GET', '/', { headers: proxied })).text).not.toContain(mark);
    expect((await server.call('GET', '/', { headers: { host: 'chat.example.org' } })).text).not.toContain(
      mark,
    );
    await using production = await withWeb({}, false);
    expect((await production.call('GET', '/', { headers: local })).text).not.toContain(mark);
    await using echoing = await withWeb({ OTP_ECHO: 'true' }, false);
    expect((await echoing.call('GET', '/', { headers: proxied })).text).toContain(mark);
  });
});

describe('its files', () => {
  test('are kept for a year, and come compressed to who asks for that', async () => {
    await using server = await withWeb();
    const plain = await server.call('GET', '/assets/index-abc123.js');
    expect(plain.text).toBe(script);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-type']).toMatch('text/javascript');
    expect(plain.headers['x-content-type-options']).toBe('nosniff');
    const headers = { 'accept-encoding': 'gzip' };
    const small = await server.call('GET', '/assets/index-abc123.js', { headers });
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(Number(small.headers['content-length'])).toBeLessThan(script.length / 10);
  });

  test('are all there is: nothing beside the folder, and nothing hidden in it', async () => {
    await using server = await withWeb();
    const outside = [
      '/.made-of',
      '/..%2fpackage.json',
      '/assets/../../package.json',
      '/assets/other.js',
      '/assets',
    ];
    for (const path of outside) {
      const { status, text } = await server.call('GET', path);
      expect([path, status]).toEqual([path, 404]);
      expect(JSON.parse(text).error.code).toBe('NOT_FOUND');
    }
    expect((await server.call('GET', '/health')).text).toBe('{"status":"ok"}');
    expect((await server.call('GET', '/docs')).status).toBe(200);
  });
});
