// The hooks in Chromium, in React's StrictMode (which mounts everything twice), against a whole Parley.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { createClient, type ParleyClient } from '../src/index.ts';
import type { Harness } from './react/app.tsx';
import { launchChromium, noChromium, serveFolder } from './support/site.ts';

/** In the page. */
declare const hooks: Harness;

const polling = { timeout: 10_000 };

type Person = ParleyClient & { id: string };

describe.skipIf(noChromium)('a page', () => {
  let site: string;
  let served: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  let parley: TestParley;

  beforeAll(async () => {
    site = await mkdtemp(join(tmpdir(), 'parley-react-'));
    await build({
      configFile: false,
      root: fileURLToPath(new URL('react', import.meta.url)),
      logLevel: 'warn',
      // React mounts everything twice only where it is told to look for mistakes.
      define: { 'process.env.NODE_ENV': '"development"' },
      oxc: { jsx: { runtime: 'automatic' } },
      build: { outDir: site, emptyOutDir: true, minify: false },
    });
    [served, browser, parley] = await Promise.all([serveFolder(site), launchChromium(), startParley()]);
  });

  afterAll(async () => {
    await browser?.close();
    await served?.[Symbol.asyncDispose]();
    await parley?.[Symbol.asyncDispose]();
    await rm(site, { recursive: true, force: true });
  });

  async function person(name: string): Promise<Person> {
    const client = createClient({ url: parley.url, transport: 'websocket' });
    onTestFinished(() => client.close());
    const user = await client.signIn({
      phone: newPhone(),
      requestCode: ({ otp_dev }) => otp_dev ?? '',
    });
    await client.users.updateMe({ display_name: name });
    await client.realtime.connect();
    return Object.assign(client, { id: user.id });
  }

  /** A page whose client is not signed in yet. */
  async function open(): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.on('pageerror', (error) => expect.unreachable(String(error)));
    await page.goto(served.url);
    await page.waitForFunction(() => 'hooks' in globalThis);
    await page.evaluate((url) => hooks.start(url), parley.url);
    return page;
  }

  const show = (page: Page, ...names: string[]) => page.evaluate((all) => hooks.show(...all), names);

  function signIn(page: Page, phone = newPhone()): Promise<string> {
    return page.evaluate(async (number) => {
      const { client } = hooks;
      const requestCode = ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '';
      const { id } = await client.signIn({ phone: number, requestCode });
      await client.realtime.connect();
      return id;
    }, phone);
  }

  /** Resolves when the component shows this. */
  async function shows(page: Page, name: string, what: Record<string, unknown>): Promise<void> {
    const texts = Object.entries(what).map(
      ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
    );
    await page
      .waitForFunction(
        ([id, all]) => {
          const text = document.getElementById(id)?.textContent ?? '';
          return all.every((part) => text.includes(part));
        },
        [name, texts] as const,
        { timeout: 10_000 },
      )
      .catch(async () => expect(await page.textContent(`#${name}`)).toContain(texts.join(' and ')));
  }

  /** Calls what a hook answered. */
  const call = (page: Page, name: string, action: string, ...input: unknown[]) =>
    page.evaluate(
      ([component, member, given]) => {
        const act = hooks.told[component]?.[member] as (...all: unknown[]) => unknown;
        void act(...given);
      },
      [name, action, input] as const,
    );

  /** What a hook answered last. */
  const told = (page: Page, name: string, member: string): Promise<unknown> =>
    page.evaluate(([component, of]) => hooks.told[component]?.[of], [name, member] as const);

  const rendersOf = (page: Page, name: string) => page.evaluate((of) => hooks.renders[of] ?? 0, name);

  /** A group of somebody else's with whoever is on the page. */
  async function groupWith(page: Page, name: string, bodies: readonly string[] = []) {
    const me = await signIn(page);
    const jonas = await person('Jonas');
    const { chat_id } = await jonas.chats.create({ type: 'group', name, participant_ids: [me] });
    for (const body of bodies) await jonas.realtime.send({ chat_id, type: 'text', payload: { body } });
    return { me, jonas, chat_id };
  }

  test('shows who is signed in and the connection, from before there is anybody', async () => {
    const page = await open();
    await show(page, 'session');
    await shows(page, 'session', { user: null, connection: 'idle' });
    const id = await signIn(page);
    await shows(page, 'session', { user: id, connection: 'online' });
    await page.evaluate(() => hooks.client.signOut());
    await shows(page, 'session', { user: null, connection: 'idle' });
  });

  test('loads chats when somebody signs in, and shows what comes', async () => {
    const page = await open();
    await show(page, 'chats');
    await shows(page, 'chats', { names: [], loaded: false, error: null });
    const me = await signIn(page);
    await shows(page, 'chats', { names: [], loaded: true });
    const jonas = await person('Jonas');
    const { chat_id } = await jonas.chats.create({ type: 'group', name: 'The lake', participant_ids: [me] });
    await shows(page, 'chats', { names: ['The lake'] });
    await jonas.chats.update({ id: chat_id, name: 'The pier' });
    await shows(page, 'chats', { names: ['The pier'] });
  });

  test('pages through chats', async () => {
    const [page, mina, jonas] = await Promise.all([open(), person('Mina'), person('Jonas')]);
    for (let at = 0; at < 21; at++)
      await jonas.chats.create({ type: 'group', name: `No ${at}`, participant_ids: [mina.id] });
    await signIn(page, (await mina.users.me()).phone);
    await show(page, 'chats');
    await shows(page, 'chats', { loaded: true });
    while (await told(page, 'chats', 'hasMore')) {
      const before = (await told(page, 'chats', 'names')) as string[];
      await call(page, 'chats', 'loadMore');
      await expect.poll(() => told(page, 'chats', 'names'), polling).not.toEqual(before);
    }
    expect(await told(page, 'chats', 'names')).toHaveLength(21);
  });

  test('shows a chat, sends to it, and reads it', async () => {
    const page = await open();
    const { jonas, chat_id } = await groupWith(page, 'The lake', ['one', 'two']);
    await show(page, 'chats', `chat:${chat_id}`, `messages:${chat_id}`);
    await shows(page, 'messages', { bodies: ['one', 'two'], people: 2, of: chat_id, loaded: true });
    await shows(page, 'chat', { name: 'The lake' });
    await call(page, 'messages', 'markRead');
    await call(page, 'messages', 'send', { type: 'text', payload: { body: 'three' } });
    await shows(page, 'messages', { bodies: ['one', 'two', 'three'] });
    const view = jonas.messages(chat_id);
    await view.load();
    const read = Promise.withResolvers<void>();
    const two = () => view.all.find(({ payload }) => 'body' in payload && payload.body === 'two');
    const look = () => two()?.status === 'read' && read.resolve();
    view.subscribe(look);
    look();
    await read.promise;
  });

  test('pages through messages', async () => {
    const page = await open();
    const bodies = Array.from({ length: 60 }, (_, at) => `No ${at}`);
    const { chat_id } = await groupWith(page, 'Much', bodies);
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: true, hasOlder: true });
    await call(page, 'messages', 'loadOlder');
    await shows(page, 'messages', { bodies: [...bodies], hasOlder: false });
  });

  test('reaches an old message, and says what was unread', async () => {
    const page = await open();
    const bodies = Array.from({ length: 130 }, (_, at) => `No ${at}`);
    const { jonas, chat_id } = await groupWith(page, 'Much', bodies);
    const { messages } = await jonas.messages.search({ q: 'No 3' });
    const third = messages.find(({ payload }) => 'body' in payload && payload.body === 'No 3')?.message_id;
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: true, hasOlder: true });
    await call(page, 'messages', 'reach', third);
    await expect.poll(() => told(page, 'messages', 'bodies'), polling).toContain('No 3');
    await call(page, 'messages', 'toNewest');
    await shows(page, 'messages', { hasNewer: false });
    expect(await told(page, 'messages', 'firstUnread')).not.toBeNull();
    await call(page, 'messages', 'markRead');
    await shows(page, 'messages', { firstUnread: null });
  });

  test('keeps what is being written, over another chat in between', async () => {
    const page = await open();
    const { chat_id } = await groupWith(page, 'The lake');
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: true, draft: '' });
    await call(page, 'messages', 'setDraft', 'At t');
    await shows(page, 'messages', { draft: 'At t' });
    await show(page, 'session');
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { draft: 'At t' });
  });

  test('shows what was refused until it is discarded, and sends files', async () => {
    const page = await open();
    const { me, jonas, chat_id } = await groupWith(page, 'The lake');
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: true });
    const file = new Promise((resolve) => jonas.realtime.on('message.new', resolve));
    await page.evaluate(() => {
      const { sendFile } = hooks.told.messages as { sendFile(file: File): void };
      sendFile(new File(['What to bring: soup'], 'list.txt', { type: 'text/plain' }));
    });
    expect(await file).toMatchObject({ type: 'document', payload: { filename: 'list.txt' } });
    await jonas.chats.removeParticipant({ id: chat_id, user_id: me });
    await call(page, 'messages', 'send', { type: 'text', payload: { body: 'too late' } });
    await shows(page, 'messages', { bodies: ['too late'] });
    await expect.poll(() => told(page, 'messages', 'statuses'), polling).toContain('failed');
    const id = await page.evaluate((of) => hooks.client.messages(of).all.at(-1)?.client_msg_id, chat_id);
    await call(page, 'messages', 'retry', id);
    await expect.poll(() => told(page, 'messages', 'statuses'), polling).toContain('failed');
    await call(page, 'messages', 'discard', id);
    await shows(page, 'messages', { bodies: [] });
  });

  test("shows what is the user's own", async () => {
    const page = await open();
    await show(page, 'account');
    await shows(page, 'account', { name: null, blocked: [] });
    await signIn(page);
    const jonas = await person('Jonas');
    await page.evaluate(() => hooks.client.users.updateMe({ display_name: 'Mina' }));
    await shows(page, 'account', { name: 'Mina', blocked: [] });
    await page.evaluate((id) => hooks.client.users.block({ id }), jonas.id);
    await shows(page, 'account', { blocked: [jonas.id] });
  });

  test('shows another chat in the place of the first, and lets go of that', async () => {
    const page = await open();
    const { me, jonas, chat_id } = await groupWith(page, 'First', ['of the first']);
    const second = await jonas.chats.create({ type: 'group', name: 'Second', participant_ids: [me] });
    await page.evaluate((id) => {
      const view = hooks.client.messages(id);
      const release = view.release.bind(view);
      view.release = () => {
        hooks.renders.released = (hooks.renders.released ?? 0) + 1;
        release();
      };
    }, chat_id);
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { bodies: ['of the first'] });
    await show(page, `messages:${second.chat_id}`);
    await shows(page, 'messages', { of: second.chat_id, bodies: [], loaded: true });
    await page.waitForFunction(() => (hooks.renders.released ?? 0) > 0);
  });

  test('renders only what shows what has changed', async () => {
    const page = await open();
    const { jonas, chat_id } = await groupWith(page, 'The lake', ['one']);
    await show(page, 'session', 'chats', `chat:${chat_id}`, `messages:${chat_id}`, `typing:${chat_id}`);
    await shows(page, 'messages', { bodies: ['one'], loaded: true });
    await shows(page, 'chats', { loaded: true });
    const others = ['session', 'chats', 'chat', 'messages'];
    const before = await Promise.all(others.map((name) => rendersOf(page, name)));
    jonas.realtime.typing(chat_id, true);
    await shows(page, 'typing', { typing: [jonas.id] });
    jonas.realtime.typing(chat_id, false);
    await shows(page, 'typing', { typing: [] });
    expect(await Promise.all(others.map((name) => rendersOf(page, name)))).toEqual(before);
  });

  test('says that the user types', async () => {
    const page = await open();
    const { me, jonas, chat_id } = await groupWith(page, 'The lake');
    const heard = new Promise((resolve) => jonas.realtime.on('typing', resolve));
    await show(page, `typing:${chat_id}`);
    await call(page, 'typing', 'setTyping', true);
    expect(await heard).toMatchObject({ chat_id, user_id: me, is_typing: true });
  });

  test('asks once for the presence of all that is shown, and no more when it is gone', async () => {
    const page = await open();
    const asked: { event: string; ids: string[] }[] = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const { event, data } = JSON.parse(String(payload));
        if (event.startsWith('presence.')) asked.push({ event, ids: data.user_ids });
      }),
    );
    await signIn(page);
    const [jonas, lena] = await Promise.all([person('Jonas'), person('Lena')]);
    const one = `presence:${jonas.id}`;
    await show(page, one, one, `presence:${lena.id}`);
    await shows(page, 'presence', { online: true });
    expect(asked).toEqual([{ event: 'presence.subscribe', ids: [jonas.id, lena.id] }]);
    // One of those that show it goes, and one stays.
    await show(page, one);
    await expect.poll(() => asked.length).toBe(2);
    expect(asked[1]).toEqual({ event: 'presence.unsubscribe', ids: [lena.id] });
    await jonas.close();
    await shows(page, 'presence', { online: false });
    await page.evaluate(() => hooks.client.realtime.disconnect());
    await shows(page, 'presence', { online: null });
  });

  test('says what went wrong, and loads as soon as it can', async () => {
    const page = await open();
    const { chat_id } = await groupWith(page, 'The lake', ['one']);
    const context = page.context();
    await page.evaluate(() => hooks.client.realtime.disconnect());
    await context.setOffline(true);
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: false, error: 'NETWORK_ERROR' });
    await context.setOffline(false);
    await shows(page, 'messages', { bodies: ['one'], loaded: true, error: null });
  });

  test('says at once what trying again cannot help', async () => {
    const page = await open();
    await signIn(page);
    const jonas = await person('Jonas');
    const { chat_id } = await jonas.chats.create({
      ...{ type: 'group', name: 'Not mine', participant_ids: [(await person('Lena')).id] },
    } as const);
    await show(page, `messages:${chat_id}`);
    await shows(page, 'messages', { loaded: false, error: 'CHAT_NOT_FOUND' });
  });

  test('shows nothing of one user to the next', async () => {
    const page = await open();
    const { chat_id } = await groupWith(page, 'The lake', ['one']);
    await show(page, 'chats', `messages:${chat_id}`);
    await shows(page, 'messages', { bodies: ['one'], loaded: true });
    await page.evaluate(() => hooks.client.signOut());
    await shows(page, 'messages', { bodies: [], loaded: false, error: null });
    await signIn(page);
    await shows(page, 'chats', { names: [], loaded: true });
    await shows(page, 'messages', { bodies: [], error: 'CHAT_NOT_FOUND' });
  });
});
