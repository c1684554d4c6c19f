// Tabs of one origin that share a session, in Chromium.
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ParleyClient } from '../src/client.ts';
import { noChromium, stage } from './support/chromium.ts';
import { phone, startServer } from './support/client.ts';
import type { FakeServer } from './support/server.ts';

interface Global {
  makeClient(url: string): ParleyClient;
  client: ParleyClient;
}

async function tab(context: BrowserContext, address: string, server: FakeServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await page.evaluate(async (url) => {
    const page = globalThis as unknown as Global;
    page.client = page.makeClient(url);
    await page.client.ready;
  }, server.url);
  return page;
}

const me = (page: Page) => page.evaluate(() => (globalThis as unknown as Global).client.users.me());

describe.skipIf(noChromium)('five tabs', () => {
  const here = stage(new URL('./support/session-page.ts', import.meta.url));

  async function fiveTabs() {
    const server = await startServer();
    const context = await here.browser.newContext();
    onTestFinished(() => context.close());
    const first = await tab(context, here.url, server);
    await first.evaluate(
      (number) =>
        (globalThis as unknown as Global).client.signIn({
          phone: number,
          requestCode: ({ otp_dev }) => otp_dev ?? '',
        }),
      phone,
    );
    const others = await Promise.all([1, 2, 3, 4].map(() => tab(context, here.url, server)));
    return { server, tabs: [first, ...others] };
  }

  test('refresh once between them whenever the token is over, and all go on', async () => {
    const { server, tabs } = await fiveTabs();
    for (let round = 1; round <= 8; round++) {
      server.accounts.expireAll();
      // The tokens before are of no use any more: who sent one would end the session.
      server.accounts.endGrace();
      const profiles = await Promise.all(tabs.map(me));
      expect(profiles.map((profile) => profile.phone)).toEqual(Array(5).fill(phone));
      expect(server.accounts.refreshes).toBe(round);
    }
  });

  test('go on when the one that refreshes is closed in the middle of it', async () => {
    const { server, tabs } = await fiveTabs();
    const [first, ...others] = tabs as [Page, ...Page[]];
    server.accounts.expireAll();
    const begun = Promise.withResolvers<void>();
    server.intercept = (request) => {
      if (!request.url?.includes('auth.refresh') || request.method !== 'POST') return false;
      begun.resolve();
      server.intercept = () => false;
      // Its answer never comes.
      return true;
    };
    me(first).catch(() => {});
    await begun.promise;
    const calls = others.map(me);
    await first.close();
    const profiles = await Promise.all(calls);
    expect(profiles.map((profile) => profile.phone)).toEqual(Array(4).fill(phone));
    expect(server.accounts.refreshes).toBe(1);
  });
});
