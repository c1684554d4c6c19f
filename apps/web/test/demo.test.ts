// "Try it with two people": two whole clients in one window.
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../../../tests/support/parley.ts';
import { phone, startBrowser, Visitor } from '../../../tests/support/web.ts';

describe.skipIf(!existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'))(
  'the demo',
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let parley: TestParley;
    beforeAll(async () => {
      // The browser first, with which the page is built that the server reads.
      browser = await startBrowser();
      parley = await startParley();
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await parley?.[Symbol.asyncDispose]();
    });

    async function begin(look = {}) {
      const visitor = await Visitor.open(browser, parley, look);
      await visitor.page.getByRole('button', { name: 'Try it with two people' }).click();
      const mina = visitor.page.getByRole('region', { name: 'Mina’s device' });
      const jonas = visitor.page.getByRole('region', { name: 'Jonas’s device' });
      await mina.getByText('Shall I bring the boat?').last().waitFor();
      return { visitor, page: visitor.page, mina, jonas };
    }

    test('two people write to each other side by side', async () => {
      const { visitor, page, mina, jonas } = await begin();
      await using _ = visitor;
      await jonas.getByText('Are you coming to the lake').last().waitFor();
      const field = mina.getByRole('textbox', { name: 'Message', exact: true });
      await field.fill('And the guitar?');
      await field.press('Enter');
      await jonas.getByText('And the guitar?').last().waitFor();
      // A back button leads to each one's own list; the window's address stays.
      await jonas.getByRole('button', { name: 'Back' }).click();
      await jonas.getByRole('link', { name: /Mina.*And the guitar\?/ }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/demo');
      expect(visitor.problems).toEqual([]);
    });

    test('a reload goes on where it was, and the end leaves nobody signed in', async () => {
      const { visitor, page, mina } = await begin();
      await using _ = visitor;
      const field = mina.getByRole('textbox', { name: 'Message', exact: true });
      await field.fill('Still here?');
      await field.press('Enter');
      await mina.getByText('Still here?').last().waitFor();
      await page.reload();
      await mina.getByText('Still here?').last().waitFor();
      await page.getByRole('button', { name: 'End the demo' }).click();
      await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    });

    test('on a phone one device is shown at a time', async () => {
      const { visitor, page, mina, jonas } = await begin({ viewport: phone });
      await using _ = visitor;
      expect(await jonas.isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Jonas', exact: true }).click();
      await jonas.getByText('Shall I bring the boat?').last().waitFor();
      expect(await mina.isVisible()).toBe(false);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });

    test('is offered by development servers alone', async () => {
      await using production = await startParley({
        NODE_ENV: 'production',
        OTP_ECHO: 'false',
        OTP_HASH_COST: '10',
        RATE_LIMIT_SCALE: '1',
        SMS_WEBHOOK_URL: 'http://127.0.0.1:9/',
      });
      await using visitor = await Visitor.open(browser, production);
      await visitor.page.getByLabel('Phone number').waitFor();
      expect(await visitor.page.getByRole('button', { name: 'Try it with two people' }).count()).toBe(0);
    });
  },
);
