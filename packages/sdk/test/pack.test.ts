// The package as it is published: packed, installed into an empty project, and used there against a whole Parley.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { isPartOf } from '../scripts/bundle.ts';
import type { TransportName } from '../src/index.ts';
import { carriers } from './support/carriers.ts';
import { installPacked } from './support/pack.ts';
import { launchChromium, noChromium, serveFolder } from './support/site.ts';

const run = promisify(execFile);

let folder: string;
let project: string;
let parley: TestParley;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-pack-'));
  [project, parley] = await Promise.all([installPacked(folder), startParley()]);
}, 120_000);

afterAll(async () => {
  await parley?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const installed = (...path: string[]) => join(project, 'node_modules/@parley/sdk', ...path);

test('brings its licence, and types and maps for all that can be imported, but nothing of this repository', async () => {
  const files = await readdir(installed());
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'THIRD_PARTY_LICENSES.txt']));
  const { exports } = JSON.parse(await readFile(installed('package.json'), 'utf8'));
  for (const [entry, { types, default: file }] of Object.entries<Record<string, string>>(exports)) {
    if (!types || !file) continue;
    const text = await readFile(installed(file), 'utf8');
    expect({ entry, mapped: text.includes('//# sourceMappingURL=') }).toEqual({ entry, mapped: true });
    await Promise.all([readFile(installed(types)), readFile(installed(`${file}.map`))]);
  }
  const all = await readdir(installed(), { recursive: true, withFileTypes: true });
  const declared = all.filter((file) => file.name.endsWith('.d.ts'));
  expect(declared.length).toBeGreaterThan(20);
  for (const { parentPath, name } of declared) {
    const text = await readFile(join(parentPath, name), 'utf8');
    expect(text).not.toMatch(/from ['"]@parley\//);
  }
});

/** Somebody signs in and answers the first message; `client` and `other` are two people. */
const story = `
async function story(createClient, url, transport, phones) {
  const signIn = async (phone) => {
    const client = createClient({ url, transport });
    const user = await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev });
    await client.realtime.connect();
    return { client, user };
  };
  const [mina, jonas] = await Promise.all(phones.map(signIn));
  const { chat_id } = await mina.client.chats.create({ type: 'direct', participant_id: jonas.user.id });
  const arrived = new Promise((resolve) => jonas.client.realtime.on('message.new', resolve));
  await mina.client.realtime.send({ chat_id, type: 'text', payload: { body: 'by ' + transport } });
  const { payload } = await arrived;
  await Promise.all([mina.client.close(), jonas.client.close()]);
  return payload.body;
}`;

const phones = () => [newPhone(), newPhone()];

describe('on Node', () => {
  test.each(carriers)('sends and receives over %s', async (transport) => {
    const program = `import { createClient } from '@parley/sdk';
      import { fileStorage } from '@parley/sdk/node';
      ${story}
      console.log(typeof fileStorage, await story(createClient, ...JSON.parse(process.argv[2])));`;
    const path = join(project, 'program.mjs');
    await writeFile(path, program);
    const input = JSON.stringify([parley.url, transport, phones()]);
    const { stdout, stderr } = await run(process.execPath, [path, input], { cwd: project });
    expect({ stdout, stderr }).toEqual({ stdout: `function by ${transport}\n`, stderr: '' });
  });

  test("runs the README's first program, which has 15 lines", async () => {
    const readme = await readFile(installed('README.md'), 'utf8');
    const [, program = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    expect(program.trimEnd().split('\n')).toHaveLength(15);
    expect(program).toContain('http://localhost:3000');
    const path = join(project, 'first.ts');
    await writeFile(path, program.replace('http://localhost:3000', parley.url));
    const { stdout } = await run(process.execPath, [path], { cwd: project });
    expect(stdout).toMatch(/^Jonas got \{.*body: 'See you at the lake\?'/s);
  });
});

describe.skipIf(noChromium)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** Has a page of the folder play the story; returns what was said, and the names of the scripts that it loaded. */
  async function play(site: string, page: string, transport: TransportName | undefined) {
    await using server = await serveFolder(site);
    const context = await browser.newContext();
    try {
      const shown = await context.newPage();
      const scripts: string[] = [];
      shown.on('request', (request) => {
        if (request.resourceType() === 'script') scripts.push(request.url().replace(`${server.url}/`, ''));
      });
      await shown.goto(`${server.url}/${page}`);
      await shown.waitForFunction(() => 'play' in globalThis);
      const input = [parley.url, transport, phones()] as const;
      const said = await shown.evaluate((given) => {
        const { play: tell } = globalThis as unknown as { play(...all: unknown[]): Promise<string> };
        return tell(...given);
      }, input);
      return { said, scripts };
    } finally {
      await context.close();
    }
  }

  describe('built by Vite', () => {
    let site: string;
    beforeAll(async () => {
      const root = join(project, 'app');
      await mkdir(root);
      await writeFile(
        join(root, 'index.html'),
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>',
      );
      await writeFile(
        join(root, 'main.js'),
        `import { createClient } from '@parley/sdk';
        ${story}
        globalThis.play = (...given) => story(createClient, ...given);`,
      );
      site = join(folder, 'site');
      await build({ configFile: false, root, logLevel: 'warn', build: { outDir: site, emptyOutDir: true } });
    });

    test('loads Socket.IO where it is chosen', async () => {
      const { said, scripts } = await play(site, '', 'socket.io');
      expect(said).toBe('by socket.io');
      expect(scripts).toContainEqual(expect.stringContaining('socket-io'));
    });

    test('loads nothing of Socket.IO where it is not', async () => {
      const { said, scripts } = await play(site, '', 'websocket');
      expect(said).toBe('by websocket');
      expect(scripts).toHaveLength(1);
      const text = await readFile(join(site, scripts[0] ?? ''), 'utf8');
      expect(text).not.toContain('EIO');
    });
  });

  test.each([
    ['parley-sdk.js', 'over its own choice', undefined, ['parley-sdk.socket-io.js']],
    ['parley-sdk.js', 'over websocket', 'websocket', []],
    ['parley-sdk.websocket.js', 'over its own choice', undefined, []],
  ] as const)('of a plain script, %s %s', async (file, _, transport, more) => {
    const site = await mkdtemp(join(folder, 'page-'));
    const parts = (await readdir(installed())).filter((name) => isPartOf(file, name));
    for (const name of [file, ...parts]) await cp(installed(name), join(site, name));
    await writeFile(
      join(site, 'index.html'),
      `<!doctype html><link rel="icon" href="data:,"><script type="module">
      import { createClient } from './${file}';
      ${story}
      globalThis.play = (...given) => story(createClient, ...given);
      </script>`,
    );
    const { said, scripts } = await play(site, '', transport);
    expect(said).toBe(`by ${transport}`);
    expect(scripts).toEqual([file, ...more]);
  });
});
