// The page as Vite builds it, in Chromium, against a whole Parley.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test, vi } from 'vitest';
import { newPhone, startParley, type TestParley } from '../../../tests/support/parley.ts';
import { person } from '../../../tests/support/sdk.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const noChromium = !existsSync(executablePath);
if (noChromium)
  console.warn(`No Chromium at ${executablePath} (CHROMIUM_PATH): the browser tests are skipped.`);

describe.skipIf(noChromium)('the page', () => {
  let site: string;
  let served: PreviewServer;
  let browser: Browser;
  let parley: TestParley;

  beforeAll(async () => {
    site = await mkdtemp(join(tmpdir(), 'parley-component-'));
    const root = fileURLToPath(new URL('..', import.meta.url));
    const common = { configFile: false, root, logLevel: 'warn' } as const;
    const output = { outDir: site, emptyOutDir: true };
    // React as it is shipped: what is defined, and how JSX becomes calls, both go by this variable.
    vi.stubEnv('NODE_ENV', 'production');
    await build({ ...common, build: output }).finally(() => vi.unstubAllEnvs());
    served = await preview({ ...common, build: output, preview: { host: '127.0.0.1', port: 0 } });
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    [browser, parley] = await Promise.all([chromium.launch({ executablePath, args }), startParley()]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    served?.httpServer.close();
    if (served) await once(served.httpServer, 'close');
    await parley?.[Symbol.asyncDispose]();
    await rm(site, { recursive: true, force: true });
  });

  test('signs in, shows the chat, who types and what comes, and sends', async () => {
    const phone = newPhone();
    const mina = await parley.user('Mina', phone);
    const jonas = await person(parley.url, 'Jonas');
    onTestFinished(() => jonas.close());
    await jonas.realtime.connect();
    const { chat_id } = await jonas.chats.create({ type: 'direct', participant_id: mina.id });
    const { message_id } = await jonas.realtime.send({ chat_id, type: 'text', payload: { body: 'Lake?' } });

    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const errors: unknown[] = [];
    page.on('pageerror', (error) => errors.push(error));
    // A page that is broken shows nothing, so that all one hears of is a wait that ends.
    onTestFailed(() => console.error('Errors of the page:', errors));
    const address = served.resolvedUrls?.local[0] ?? '';
    await page.goto(`${address}?server=${encodeURIComponent(parley.url)}&chat=${chat_id}`);

    const read = new Promise((resolve) => {
      jonas.realtime.on('message.status', ({ status, user_id }) => {
        if (status === 'read' && user_id === mina.id) resolve(message_id);
      });
    });
    await page.getByLabel('Phone').fill(phone);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Jonas Lake?').waitFor();
    await read;

    jonas.realtime.typing(chat_id, true);
    await page.getByText('Jonas …').waitFor();
    const typing = new Promise((resolve) => jonas.realtime.on('typing', resolve));
    const arrived = new Promise((resolve) => jonas.realtime.on('message.new', resolve));
    await page.getByLabel('Message').pressSequentially('At ten.');
    expect(await typing).toMatchObject({ user_id: mina.id, is_typing: true });
    await page.keyboard.press('Enter');
    expect(await arrived).toMatchObject({ payload: { body: 'At ten.' } });
    await page.locator('li[data-own=true]', { hasText: 'At ten.' }).waitFor();
    expect(await page.getByLabel('Message').inputValue()).toBe('');

    // It is kept over a reload, and Jonas' receipt arrives.
    await page.reload();
    const view = jonas.messages(chat_id);
    await view.load();
    await view.markRead();
    await page.locator('li[data-status=read]', { hasText: 'At ten.' }).waitFor();
    expect(errors).toEqual([]);
  }, 60_000);
});
