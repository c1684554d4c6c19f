// What only a browser can tell: that the pages work under their own policy, which allows nothing inline.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

describe.skipIf(!existsSync(executablePath))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 30_000);
  afterAll(() => browser?.close());

  /** Opens a page and keeps what the browser complains about, and what it asks other hosts for. */
  async function open(server: TestServer, path: string, viewport = { width: 1000, height: 800 }) {
    const context = await browser.newContext({ viewport });
    const page: Page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol !== 'data:' && hostname !== 'localhost') problems.push(request.url());
    });
    await page.goto(`http://localhost:${server.port}${path}`);
    return { page, problems, [Symbol.asyncDispose]: () => context.close() };
  }

  test('the inbox shows codes as they are sent, as text and on a phone', async () => {
    await using server = await TestServer.start();
    const add = (text: string, code: string | null) =>
      server.runtime.inbox?.add({ kind: 'sms', to: '+491511234567', text, code });
    add('<img src=x onerror="document.title=1">', null);
    await using tab = await open(server, '/dev/inbox', { width: 360, height: 640 });
    const { page, problems } = tab;
    await page.waitForSelector('.item');
    add('Your code is 042137', '042137');
    await page.waitForSelector('.code');
    expect(await page.locator('.item .text').allTextContents()).toEqual([
      'Your code is 042137',
      '<img src=x onerror="document.title=1">',
    ]);
    expect(await page.locator('.code').textContent()).toBe('042137');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(problems).toEqual([]);
  });

  test('the docs list every route and can call one', async () => {
    await using server = await TestServer.start();
    await using tab = await open(server, '/docs');
    const { page, problems } = tab;
    await page.waitForSelector('.opblock');
    expect(await page.locator('.opblock').count()).toBe(
      Object.values(server.api.openApi.paths).flatMap(Object.keys).length,
    );
    await page.click('#operations-Auth-requestOtp .opblock-summary');
    await page.click('#operations-Auth-requestOtp .execute');
    await page.waitForSelector('#operations-Auth-requestOtp .live-responses-table');
    expect(server.runtime.inbox?.list()[0]?.to).toBe('+491511234567');
    expect(problems).toEqual([]);
  });
});
