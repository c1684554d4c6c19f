// What is built, used as others will: installed as a package in Node, and by a page in Chromium.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildAll } from '../scripts/build.ts';
import type { ParleyClient } from '../src/index.ts';
import { phone, startServer } from './support/client.ts';
import type { FakeServer } from './support/server.ts';

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const run = promisify(execFile);

let folder: string;
let dist: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-sdk-'));
  dist = join(folder, 'node_modules/@parley/sdk');
  await buildAll(dist);
  // What npm would install beside it.
  const { dependencies } = JSON.parse(await readFile(join(dist, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    await symlink(join(modules, name), join(folder, 'node_modules', name));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The TypeScript of the README. */
async function examples(): Promise<string[]> {
  const readme = await readFile(join(dist, 'README.md'), 'utf8');
  return [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? '');
}

describe('the package', () => {
  test("type-checks the README's programs, for Node and for pages", async () => {
    const files = (await examples()).map((text, at) => ({ text, path: join(folder, `example-${at}.ts`) }));
    expect(files).toHaveLength(3);
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
    await symlink(join(modules, '@types/node'), join(folder, 'node_modules/@types/node'));
    for (const { path, text } of files) await writeFile(path, text);
    const node = ['--module', 'nodenext', '--types', 'node'];
    const page = [
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--lib',
      'es2022,dom',
      '--types',
      '',
    ];
    for (const platform of [node, page]) {
      const options = ['--noEmit', '--strict', '--target', 'es2022', ...platform];
      const { stdout } = await run(
        process.execPath,
        [join(modules, 'typescript/bin/tsc'), ...options, ...files.map(({ path }) => path)],
        { cwd: folder },
      ).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    }
  });

  test("runs the README's first program", async () => {
    const server = await startServer();
    const [program = ''] = await examples();
    expect(program).toContain('http://localhost:3000');
    const path = join(folder, 'program.ts');
    await writeFile(path, program.replace('http://localhost:3000', server.url));
    const { stdout } = await run(process.execPath, [path], { cwd: folder });
    expect(stdout).toMatch(/^Jonas got/);
    expect(stdout).toContain('See you at the lake?');
  });

  test('has an entry for Node alone', async () => {
    const path = join(folder, 'node-entry.mjs');
    await writeFile(path, "import { fileStorage } from '@parley/sdk/node'; console.log(typeof fileStorage);");
    expect(await run(process.execPath, [path], { cwd: folder })).toMatchObject({ stdout: 'function\n' });
  });

  test("has no zod, nothing of Node's but in its entry for Node, and none of this machine's paths", async () => {
    const source = fileURLToPath(new URL('../src', import.meta.url));
    for (const name of ['parley-sdk.js', 'index.js', 'node.js']) {
      const text = await readFile(join(dist, name), 'utf8');
      expect({ name, node: /['"`]node:/.test(text) }).toEqual({ name, node: name === 'node.js' });
      expect({ name, zod: text.includes('ZodObject'), paths: text.includes(source) }).toEqual({
        name,
        zod: false,
        paths: false,
      });
    }
  });

  test('is small for a page', async () => {
    const size = gzipSync(await readFile(join(dist, 'parley-sdk.js'))).length;
    expect(size).toBeLessThan(40 * 1024);
  });
});

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const missing = !existsSync(executablePath);
if (missing) console.warn(`No Chromium at ${executablePath} (CHROMIUM_PATH): the browser tests are skipped.`);

describe.skipIf(missing)('a page', () => {
  let browser: Browser;

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath, args });
  });

  afterAll(() => browser.close());

  async function start() {
    const server = await startServer();
    server.intercept = (request, response) => request.method === 'GET' && serve(request.url ?? '', response);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    return { server, context };
  }

  test('loads the file by a plain script, signs in and sends', async () => {
    const { server, context } = await start();
    const page = await open(context, server);
    const sent = await page.evaluate(async (number) => {
      const { client } = globalThis as unknown as Window;
      await client.signIn({ phone: number, requestCode: ({ otp_dev }) => otp_dev ?? '' });
      await client.realtime.connect();
      const chat_id = crypto.randomUUID();
      return client.realtime.send({ chat_id, type: 'text', payload: { body: 'from a page' } });
    }, phone);
    expect(sent).toMatchObject({ seq: 1 });
    expect(server.stored).toMatchObject([{ payload: { body: 'from a page' } }]);
    expect(server.sockets[0]?.conn.transport.name).toBe('websocket');
  });

  test('is still signed in when it is loaded again', async () => {
    const { server, context } = await start();
    const page = await open(context, server);
    const before = await signInOn(page);
    await page.reload();
    await page.waitForFunction(() => 'client' in globalThis);
    expect(await sessionOf(page)).toBe(before);
  });

  test('and another tab refresh at the same time, again and again, and both stay signed in', async () => {
    const { server, context } = await start();
    const first = await open(context, server);
    const before = await signInOn(first);
    const second = await open(context, server);
    expect(await sessionOf(second)).toBe(before);
    for (let round = 0; round < 3; round++) {
      server.accounts.expireAll();
      // Who sends a token that was used before this round ends the session as stolen.
      await sameStorage(context, [first, second]);
      server.accounts.endGrace();
      const calls = [first, second, first, second].map((page) =>
        page.evaluate(() => (globalThis as unknown as Window).client.users.me()),
      );
      for (const { id } of await Promise.all(calls)) expect(id).toBe(before);
    }
  });

  test('hears that another tab has signed out', async () => {
    const { server, context } = await start();
    const first = await open(context, server);
    await signInOn(first);
    const second = await open(context, server);
    await sessionOf(second);
    const heard = second.evaluate(
      () => new Promise((resolve) => (globalThis as unknown as Window).client.onSession(resolve)),
    );
    // Evaluated in order, so the listener is there.
    await sessionOf(second);
    await first.evaluate(() => (globalThis as unknown as Window).client.signOut());
    expect(await heard).toBeNull();
  });
});

interface Window {
  client: ParleyClient;
}

const html = `<!doctype html><title>Parley</title><link rel="icon" href="data:,">
<script type="module">
  import { browserStorage, createClient } from './parley-sdk.js';
  globalThis.client = createClient({ url: '/', storage: browserStorage() });
</script>`;

function serve(url: string, response: ServerResponse): boolean {
  if (url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  else if (url === '/parley-sdk.js') {
    response.setHeader('content-type', 'text/javascript');
    void readFile(join(dist, 'parley-sdk.js')).then((file) => response.end(file));
  } else return false;
  return true;
}

async function open(context: BrowserContext, server: FakeServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/page`);
  await page.waitForFunction(() => 'client' in globalThis);
  return page;
}

/** Resolves when the pages see what is stored: Chromium takes a moment, which is far less than the ten seconds of grace. */
async function sameStorage(context: BrowserContext, pages: Page[]): Promise<void> {
  const { origins } = await context.storageState();
  const [entry] = origins[0]?.localStorage ?? [];
  for (const page of pages) {
    await page.waitForFunction((item) => item && localStorage.getItem(item.name) === item.value, entry);
  }
}

function signInOn(page: Page): Promise<string> {
  return page.evaluate(async (number) => {
    const { client } = globalThis as unknown as Window;
    const user = await client.signIn({ phone: number, requestCode: ({ otp_dev }) => otp_dev ?? '' });
    return user.id;
  }, phone);
}

function sessionOf(page: Page): Promise<string | null> {
  return page.evaluate(async () => {
    const { client } = globalThis as unknown as Window;
    await client.ready;
    return client.session;
  });
}
