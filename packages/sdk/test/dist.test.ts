// What is built, used as others will: installed as a package in Node, and by a page in Chromium.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { sampleMessage } from '@parley/contract';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { buildAll } from '../scripts/build.ts';
import { isPartOf, pageFiles } from '../scripts/bundle.ts';
import type { ParleyClient } from '../src/index.ts';
import { phone, startServer } from './support/client.ts';
import type { FakeServer } from './support/server.ts';
import { refuse, takeUploads } from './support/uploads.ts';

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

/** The React of the README. */
async function components(): Promise<string[]> {
  const readme = await readFile(join(dist, 'README.md'), 'utf8');
  return [...readme.matchAll(/```tsx\n(.*?)```/gs)].map((match) => match[1] ?? '');
}

describe('the package', () => {
  test("type-checks the README's programs, for Node and for pages", async () => {
    const programs = (await examples()).map((text, at) => ({ text, path: join(folder, `example-${at}.ts`) }));
    const react = (await components()).map((text, at) => ({ text, path: join(folder, `example-${at}.tsx`) }));
    const files = [...programs, ...react];
    expect([programs.length, react.length]).toEqual([5, 1]);
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
    for (const name of ['@types/node', '@types/react', 'react'])
      await symlink(join(modules, name), join(folder, 'node_modules', name));
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
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--jsx', 'react-jsx', ...platform];
      const { stdout } = await run(
        process.execPath,
        [join(modules, 'typescript/bin/tsc'), ...options, ...files.map(({ path }) => path)],
        { cwd: folder },
      ).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    }
  }, 90_000);

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
    const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
    expect(names.length).toBeGreaterThanOrEqual(7);
    for (const name of names) {
      const text = await readFile(join(dist, name), 'utf8');
      expect({ name, node: /['"`]node:/.test(text) }).toEqual({ name, node: name === 'node.js' });
      expect({ name, zod: text.includes('ZodObject'), paths: text.includes(source) }).toEqual({
        name,
        zod: false,
        paths: false,
      });
    }
  });

  test('names Socket.IO and React only where they are needed', async () => {
    const imports = async (name: string) => {
      const text = await readFile(join(dist, name), 'utf8');
      return [...text.matchAll(/(?:from|import) ?\(?["']([^."'][^"']*)["']/g)].map((match) => match[1]);
    };
    expect(await imports('index.js')).toEqual([]);
    expect(await imports('react.js')).toEqual(['react']);
    expect(await imports('indexed-db.js')).toEqual(['idb']);
    expect(await imports('chunks/socket-io.js')).toEqual(['socket.io-client']);
    expect(await readFile(join(dist, 'react.js'), 'utf8')).toMatch(/^'use client';/);
    for (const name of pageFiles) expect(await imports(`${name}.js`)).toEqual([]);
  });

  /** What a page loads before the script runs: the file, and all that it names in an import at its top. Gzipped, in bytes. */
  async function firstLoad(name: string): Promise<number> {
    const files = new Set([name]);
    let size = 0;
    for (const file of files) {
      const text = await readFile(join(dist, file), 'utf8');
      size += gzipSync(text).length;
      for (const [, path = ''] of text.matchAll(/(?:from|import) ?["'`]\.\/([^"'`]+)["'`]/g)) files.add(path);
    }
    return size;
  }

  /** A page's file with all that it may load later. */
  async function inAll(name: string): Promise<number> {
    const parts = (await readdir(dist)).filter((file) => isPartOf(name, file));
    const sizes = await Promise.all([name, ...parts].map((file) => readFile(join(dist, file))));
    return sizes.reduce((sum, text) => sum + gzipSync(text).length, 0);
  }

  // What a page has to load, in bytes. Who makes it larger says so here.
  test.each([
    ['parley-sdk.js', 20_000],
    ['parley-sdk.websocket.js', 20_000],
    ['parley-sdk.indexed-db.js', 2500],
  ])('is small for a page: %s has %i bytes gzipped at most', async (name, most) => {
    const size = await firstLoad(name);
    expect(size).toBeLessThanOrEqual(most);
    expect(size).toBeGreaterThan(most * 0.9);
  });

  test.each([
    ['parley-sdk.js', 48_000],
    ['parley-sdk.websocket.js', 35_000],
  ])('is small in all: %s has %i bytes at most with its parts', async (name, most) => {
    const size = await inAll(name);
    expect(size).toBeLessThanOrEqual(most);
    expect(size).toBeGreaterThan(most * 0.9);
  });

  test('has 45,000 bytes at most for a page with Socket.IO that signs in and sends', async () => {
    const carrier = gzipSync(await readFile(join(dist, 'parley-sdk.socket-io.js'))).length;
    expect((await firstLoad('parley-sdk.js')) + carrier).toBeLessThanOrEqual(45_000);
  });

  test('has parts that ask for nothing but the file that they belong to', async () => {
    for (const name of ['parley-sdk.js', 'parley-sdk.websocket.js']) {
      const parts = (await readdir(dist)).filter((file) => isPartOf(name, file));
      expect(parts.length).toBeGreaterThanOrEqual(2);
      for (const part of parts) {
        const text = await readFile(join(dist, part), 'utf8');
        const named = [...text.matchAll(/(?:from|import) ?\(?["'`]([^"'`]+)["'`]/g)].map((match) => match[1]);
        expect({ part, named }).toEqual({ part, named: [`./${name}`] });
      }
    }
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

  test('uploads a Blob, and sees how far it is', async () => {
    const { server, context } = await start();
    const side = takeUploads(server);
    // Nothing is read before the page has seen progress, and more is sent than can wait on the way.
    const seen = Promise.withResolvers<void>();
    side.before = () => seen.promise.then(() => false);
    const page = await open(context, server);
    await page.exposeFunction('sawProgress', () => seen.resolve());
    await signInOn(page);
    const { media, loaded } = await page.evaluate(async () => {
      const steps: number[] = [];
      const bytes = Uint8Array.from({ length: 20_000_000 }, (_, at) => at % 251);
      const file = new File([bytes], 'résumé "1".pdf', { type: 'application/pdf' });
      const { client: uploader, sawProgress } = globalThis as unknown as Window;
      const onProgress = ({ loaded: step }: { loaded: number }) => {
        steps.push(step);
        sawProgress();
      };
      const uploaded = await uploader.media.upload(file, { onProgress });
      return { media: uploaded, loaded: steps };
    });
    expect(media).toMatchObject({ type: 'document', size_bytes: 20_000_000 });
    const [received] = side.received;
    expect(received?.parts.map(({ name }) => name)).toEqual(['type', 'file']);
    expect(received?.parts[1]).toMatchObject({ filename: 'résumé "1".pdf', mime: 'application/pdf' });
    const expected = Buffer.from(Uint8Array.from({ length: 20_000_000 }, (_, at) => at % 251));
    expect(received?.parts[1]?.bytes.equals(expected)).toBe(true);
    expect(loaded.length).toBeGreaterThan(1);
    expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(20_000_000);
  });

  test('uploads a stream, again where the first time went wrong', async () => {
    const { server, context } = await start();
    const side = takeUploads(server);
    side.before = (request, response, times) => {
      if (times === 1) refuse(response, 'SERVICE_UNAVAILABLE');
      else if (times === 2) request.socket.resetAndDestroy();
      return times < 3;
    };
    const page = await open(context, server);
    await signInOn(page);
    server.accounts.expireAll();
    await page.evaluate(() => {
      const { client: uploader } = globalThis as unknown as Window;
      const stream = new Blob(['some text']).stream();
      return uploader.media.upload(stream, { type: 'document', size: 9, filename: 'a.txt' });
    });
    expect(side.received.map(({ parts }) => parts[1]?.bytes.toString())).toEqual(['some text']);
    expect(side.times).toBe(4);
  });

  test('ends an upload at once', async () => {
    const { server, context } = await start();
    const side = takeUploads(server);
    const closed = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    side.before = async (request) => {
      request.on('close', () => closed.resolve());
      // What does not read does not see that the other side is gone.
      await ended.promise;
      return false;
    };
    const page = await open(context, server);
    await signInOn(page);
    const code = await page.evaluate(async () => {
      const { client: uploader } = globalThis as unknown as Window;
      const controller = new AbortController();
      const { signal } = controller;
      const onProgress = () => setTimeout(() => controller.abort(new Error('changed my mind')), 10);
      const file = new Blob([new Uint8Array(50_000_000)]);
      const options = { type: 'document', signal, onProgress } as const;
      return uploader.media.upload(file, options).catch((error) => [error.code, error.cause.message]);
    });
    expect(code).toEqual(['ABORTED', 'changed my mind']);
    ended.resolve();
    await closed.promise;
    await vi.waitFor(() => expect(side).toMatchObject({ times: 1, received: [], broken: 1 }));
  });

  test('is told why a file was refused before all of it was sent', async () => {
    const { server, context } = await start();
    const side = takeUploads(server);
    side.before = (request, response) => {
      request.resume();
      refuse(response, 'MEDIA_TOO_LARGE');
      return true;
    };
    const page = await open(context, server);
    await signInOn(page);
    const code = await page.evaluate(async () => {
      const { client: uploader } = globalThis as unknown as Window;
      const file = new Blob([new Uint8Array(20_000_000)]);
      return uploader.media.upload(file, { type: 'document' }).catch((error) => error.code);
    });
    expect(code).toBe('MEDIA_TOO_LARGE');
  });

  test('sends a sound with the duration that its player finds out', async () => {
    const { server, context } = await start();
    const side = takeUploads(server);
    const sent: unknown[] = [];
    server.overrides['messages.send'] = (input) => {
      sent.push(input);
      return sampleMessage;
    };
    const page = await open(context, server);
    await signInOn(page);
    await page.evaluate(async () => {
      const wave = new DataView(new ArrayBuffer(44 + 12_000));
      const put = (at: number, text: string) =>
        [...text].forEach((letter, place) => {
          wave.setUint8(at + place, letter.charCodeAt(0));
        });
      put(0, 'RIFF');
      wave.setUint32(4, 36 + 12_000, true);
      put(8, 'WAVEfmt ');
      wave.setUint32(16, 16, true);
      wave.setUint16(20, 1, true);
      wave.setUint16(22, 1, true);
      wave.setUint32(24, 8000, true);
      wave.setUint32(28, 8000, true);
      wave.setUint16(32, 1, true);
      wave.setUint16(34, 8, true);
      put(36, 'data');
      wave.setUint32(40, 12_000, true);
      const { client: sender } = globalThis as unknown as Window;
      await sender.sendVoice(crypto.randomUUID(), new Blob([wave], { type: 'audio/wav' }));
    });
    expect(side.received).toHaveLength(1);
    expect(sent).toMatchObject([{ type: 'audio', payload: { duration_ms: 1500 } }]);
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
  sawProgress(): void;
}

const html = `<!doctype html><title>Parley</title><link rel="icon" href="data:,">
<script type="module">
  import { browserStorage, createClient } from './parley-sdk.js';
  globalThis.client = createClient({ url: '/', storage: browserStorage() });
</script>`;

function serve(url: string, response: ServerResponse): boolean {
  if (url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  else if (/^\/parley-sdk[\w.-]*\.js$/.test(url)) {
    response.setHeader('content-type', 'text/javascript');
    void readFile(join(dist, url)).then((file) => response.end(file));
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
