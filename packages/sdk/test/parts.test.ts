// The parts of what a page loads, in Chromium: what is fetched when, and what happens where a part cannot be had.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleMessage } from '@parley/contract';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { bundleForPages } from '../scripts/bundle.ts';
import type { ParleyClient, Records } from '../src/index.ts';
import { ChatModel } from './support/chat-model.ts';
import { startServer } from './support/client.ts';
import type { FakeServer } from './support/server.ts';
import { launchChromium, noChromium } from './support/site.ts';
import { takeUploads } from './support/uploads.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-parts-'));
  await bundleForPages(folder);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Window {
  client: ParleyClient;
  /** The records of whoever is signed in. */
  open(): Promise<Records>;
  /** What a promise ends with. */
  outcome(promise: Promise<unknown>): Promise<unknown>;
}

const html = (database: boolean) => `<!doctype html><title>Parley</title><link rel="icon" href="data:,">
<script type="module">
  import { createClient } from './parley-sdk.js';
  ${database ? "import { indexedDbDatabase } from './parley-sdk.indexed-db.js';" : ''}
  const database = ${database ? 'indexedDbDatabase()' : 'undefined'};
  globalThis.client = createClient({ url: '/', database });
  globalThis.outcome = (promise) => promise.then(
    () => 'done',
    ({ name, code, retriable }) => ({ name, code, retriable }),
  );
  const phone = '+491511234567';
  const { id } = await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? '' });
  globalThis.open = () => database.open(location.origin + '/|' + id);
  globalThis.begun = true;
</script>`;

class Site {
  /** The scripts that were asked for, in order. */
  readonly asked: string[] = [];
  /** Errors that nobody has caught. */
  readonly errors: unknown[] = [];
  readonly server: FakeServer;
  readonly page: Page;
  /** Says of a script that it cannot be had. */
  fails: (name: string) => boolean = () => false;
  /** Resolves when scripts that are no page's first may be answered. */
  held: Promise<unknown> = Promise.resolve();

  constructor(server: FakeServer, page: Page) {
    this.server = server;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error));
    server.intercept = (request, response) => this.#serve(request.url ?? '', response);
  }

  #serve(url: string, response: ServerResponse): boolean {
    const { pathname } = new URL(url, 'http://localhost');
    const name = pathname.slice(1);
    if (name.startsWith('page')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(html(name.endsWith('database')));
    } else if (name.startsWith('parley-sdk')) {
      this.asked.push(url.slice(1));
      void this.#script(name, response);
    } else return false;
    return true;
  }

  async #script(name: string, response: ServerResponse): Promise<void> {
    if (this.fails(name)) {
      response.writeHead(503).end();
      return;
    }
    if (/^parley-sdk\.(store|transfers)\./.test(name)) await this.held;
    response.setHeader('content-type', 'text/javascript').end(await readFile(join(folder, name)));
  }
}

/** Each part cannot be had the first time that it is asked for. Returns those that were. */
function failOnce(site: Site): ReadonlySet<string> {
  const failed = new Set<string>();
  site.fails = (name) =>
    /^parley-sdk\.(store|transfers|socket-io)\./.test(name) &&
    !failed.has(name) &&
    failed.add(name).has(name);
  return failed;
}

describe.skipIf(noChromium)('a page', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  /** Somebody is signed in there, in whose only chat there is a message. */
  async function start(path = 'page') {
    const server = await startServer();
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const site = new Site(server, await context.newPage());
    let model: ChatModel | undefined;
    const chat = () => {
      if (model) return model;
      model = new ChatModel([...server.accounts.phones.keys()][0] ?? '');
      model.send(model.everyone[1] ?? '', 'hello');
      return model;
    };
    server.overrides['sync.changes'] = (input) => chat().sync(input as Parameters<ChatModel['sync']>[0]);
    server.overrides['messages.list'] = () => {
      const { messages } = chat().page(null, 50);
      return { messages: messages.reverse(), next_cursor: null, has_more: false };
    };
    const begin = async () => {
      await site.page.goto(`${server.url}/${path}`);
      await site.page.waitForFunction(() => 'begun' in globalThis);
    };
    return { site, server, page: site.page, begin, chatId: () => chat().chat().chat_id };
  }

  test('that signs in, calls, listens and sends loads one file, and what carries its connection', async () => {
    const { site, page, begin, server } = await start();
    await begin();
    expect(site.asked).toEqual(['parley-sdk.js']);
    const seq = await page.evaluate(async () => {
      const { client } = globalThis as unknown as Window;
      await client.realtime.connect();
      await client.users.me();
      const { chat_id } = await client.chats.create({
        type: 'direct',
        participant_id: crypto.randomUUID(),
      });
      client.realtime.on('typing', () => {});
      const sent = await client.realtime.send({
        chat_id,
        type: 'text',
        payload: { body: 'by the core alone' },
      });
      return sent.seq;
    });
    expect(seq).toBe(1);
    expect(server.stored).toMatchObject([{ payload: { body: 'by the core alone' } }]);
    expect(site.asked).toEqual(['parley-sdk.js', 'parley-sdk.socket-io.js']);
  });

  test('that shows a chat loads what fills it, and what moves files with the first one', async () => {
    const { site, page, begin, chatId, server } = await start();
    takeUploads(server);
    await begin();
    const shown = await page.evaluate(async (id) => {
      const { client } = globalThis as unknown as Window;
      const view = client.messages(id);
      const before = [view.all, view.chat, view.hasOlder, view.draft, client.chats.all];
      view.setDraft('not sent');
      await view.load();
      const [message] = view.all;
      return { before, same: view === client.messages(id), draft: view.draft, payload: message?.payload };
    }, chatId());
    expect(shown).toEqual({
      before: [[], null, false, '', []],
      same: true,
      draft: 'not sent',
      payload: { body: 'hello' },
    });
    expect(site.asked).toEqual(['parley-sdk.js', 'parley-sdk.store.js']);
    await page.evaluate(() =>
      (globalThis as unknown as Window).client.media.upload(new Blob(['text']), { type: 'document' }),
    );
    expect(site.asked).toEqual(['parley-sdk.js', 'parley-sdk.store.js', 'parley-sdk.transfers.js']);
  });

  test('that keeps what it shows loads what fills it at once', async () => {
    const { site, begin } = await start('page-database');
    await begin();
    await vi.waitFor(() => expect(site.asked).toContain('parley-sdk.store.js'), { timeout: 10_000 });
  });

  test('is told that a part cannot be loaded, and has it with the next call', async () => {
    const { site, page, begin, chatId, server } = await start();
    takeUploads(server);
    const failed = new Set<string>();
    site.fails = (name) => !/^parley-sdk\.js$/.test(name) && !failed.has(name) && !!failed.add(name);
    await begin();
    const outcomes = await page.evaluate(async (id) => {
      const { client, outcome } = globalThis as unknown as Window;
      const upload = () => client.media.upload(new Blob(['text']), { type: 'document' });
      const connected = client.realtime.connect();
      const first = [await outcome(client.messages(id).load()), await outcome(upload())];
      const next = [await outcome(client.messages(id).load()), await outcome(upload())];
      // What waits for a connection anyway tries again by itself.
      return { first, next, shown: client.messages(id).all.length, online: await outcome(connected) };
    }, chatId());
    const error = { name: 'ParleyError', code: 'NETWORK_ERROR', retriable: true };
    expect(outcomes).toEqual({ first: [error, error], next: ['done', 'done'], shown: 1, online: 'done' });
    expect([...failed].toSorted()).toEqual(
      ['socket-io', 'store', 'transfers'].map((name) => `parley-sdk.${name}.js`),
    );
    expect(site.errors).toEqual([]);
  });

  test('shows what it keeps although the part that does so could not be loaded at first', async () => {
    const { site, page, begin, chatId } = await start('page-database');
    const failed = failOnce(site);
    await begin();
    await vi.waitFor(() => expect([...failed]).toEqual(['parley-sdk.store.js']), { timeout: 10_000 });
    const shown = await page.evaluate(async (id) => {
      const { client } = globalThis as unknown as Window;
      await client.loaded;
      await client.messages(id).load();
      return client.messages(id).all.length;
    }, chatId());
    expect(shown).toBe(1);
    expect(site.errors).toEqual([]);
  });

  test('shows and sends messages in the order of the calls, also while parts are being loaded', async () => {
    const { site, page, begin, chatId, server } = await start();
    takeUploads(server);
    const held = Promise.withResolvers<void>();
    site.held = held.promise;
    const arrived: unknown[] = [];
    server.overrides['messages.send'] = (input) => {
      const { payload, client_msg_id, type } = input as {
        payload: { body: string };
        client_msg_id: string;
        type: string;
      };
      arrived.push(payload.body ?? type);
      return { ...sampleMessage, client_msg_id };
    };
    await begin();
    const shown = await page.evaluate((id) => {
      const { client } = globalThis as unknown as Window;
      const view = client.messages(id);
      view.subscribe(() => {});
      view.send({ type: 'text', payload: { body: 'one' } });
      view.sendFile(new Blob(['two']), { type: 'document', filename: 'two.txt' });
      view.send({ type: 'text', payload: { body: 'three' } });
      return view.all.map(({ type, status }) => `${type} ${status}`);
    }, chatId());
    expect(shown).toEqual(['text pending', 'document pending', 'text pending']);
    await vi.waitFor(() => expect(arrived).toEqual(['one']), { timeout: 10_000 });
    held.resolve();
    await vi.waitFor(() => expect(arrived).toEqual(['one', 'document', 'three']), { timeout: 10_000 });
    expect(site.errors).toEqual([]);
  });

  test('that is closed, or whose session ends, waits for no part and leaves nothing behind', async () => {
    const { site, page, begin, chatId } = await start('page-database');
    site.held = new Promise(() => {});
    await begin();
    const kinds = () =>
      page.evaluate(async () => {
        const records = await (globalThis as unknown as Window).open();
        const keys = (await records.list('')).map(([key]) => key.split('/')[0]);
        await records.close();
        return keys;
      });
    await page.evaluate((id) => {
      const { client, outcome } = globalThis as unknown as Window;
      const view = client.messages(id);
      Object.assign(globalThis, { loaded: outcome(view.load()) });
      void view.send({ type: 'text', payload: { body: 'kept' } }).catch(() => {});
    }, chatId());
    await vi.waitFor(async () => expect(await kinds()).toEqual(['outbox']), { timeout: 5000 });
    await page.evaluate(() => (globalThis as unknown as Window).client.signOut());
    await vi.waitFor(async () => expect(await kinds()).toEqual([]), { timeout: 5000 });
    const loaded = await page.evaluate(async () => {
      const { client, loaded: ended } = globalThis as unknown as Window & { loaded: Promise<unknown> };
      await client.close();
      return ended;
    });
    expect(loaded).toEqual({ name: 'ParleyError', code: 'ABORTED', retriable: false });
    expect(site.errors).toEqual([]);
  });
});
